"""A gateway inside this process, for a command whose board no gateway serves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ardugate.client.find import Target

if TYPE_CHECKING:
    from ardugate.runtime import Ready, ServeOptions

# A gateway ends within 3 s, outputs safe; the rest is for a machine that is busy.
_END_TIMEOUT_S: Final = 6.0


@contextmanager
def embedded(options: ServeOptions) -> Generator[Target]:
    """Run a gateway in a thread of its own for the length of a ``with`` block; leaving it puts the outputs safe.

    It listens on any free port of the loopback interface and writes no runtime file. Raises what ``runtime.running``
    raises.
    """
    box = _Box()
    quiet = replace(options, listen="127.0.0.1:0", publish=False)
    thread = threading.Thread(target=lambda: asyncio.run(_run(quiet, box)), name="ardugate gateway", daemon=True)
    thread.start()
    box.settled.wait()
    if box.error is not None:
        thread.join(_END_TIMEOUT_S)
        raise box.error
    assert box.ready is not None
    assert box.loop is not None
    try:
        yield Target(box.ready.url, box.ready.ws, box.ready.token, published=False)
    finally:
        box.loop.call_soon_threadsafe(box.end.set)
        thread.join(_END_TIMEOUT_S)


class _Box:
    """What the gateway's thread tells the command's."""

    def __init__(self) -> None:
        self.settled = threading.Event()
        self.ready: Ready | None = None
        self.error: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.end = asyncio.Event()


async def _run(options: ServeOptions, box: _Box) -> None:
    from ardugate.runtime import running

    box.loop = asyncio.get_running_loop()
    try:
        async with running(options) as ready:
            box.ready = ready
            box.settled.set()
            await box.end.wait()
    except BaseException as error:  # noqa: BLE001 - it is raised in the command's thread
        box.error = error
    finally:
        box.settled.set()
