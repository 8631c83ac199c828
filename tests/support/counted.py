"""``python -m tests.support.counted``: the command line as it is, which upon SIGUSR2 says how many tasks it has.

``tasks 17``, a line on stderr: what leaks a task leaks memory too slowly to be seen in a test's time.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal

from ardugate.cli import main


def _say(*_: object) -> None:
    tasks = sum(isinstance(each, asyncio.Task) and not each.done() for each in gc.get_objects())
    os.write(2, f"tasks {tasks}\n".encode())


if __name__ == "__main__":
    signal.signal(signal.SIGUSR2, _say)
    main()
