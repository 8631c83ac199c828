"""How long this machine let processes wait for a processor: what promises in wall time are held against.

A promise like "live 3 s after a reset" is the gateway's. Where other programs take the processor away from it, that
much time is theirs, and the kernel counts it. On an idle machine next to nothing is added, so the promise stands.
"""

from __future__ import annotations

import re
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")


class Waited:
    """Seconds since this was made in which anything here was ready to run and had no processor.

    That is at most what a chain of processes can have been late for want of one. Always 0 where the kernel does not
    count it: promises then hold as they are.
    """

    def __init__(self) -> None:
        self._began_us = _waited_us()

    @property
    def seconds(self) -> float:
        """So long until now."""
        return (_waited_us() - self._began_us) / 1e6


def _waited_us() -> int:
    try:
        said = _PRESSURE.read_text(encoding="ascii")
    except OSError:  # not Linux, or a kernel that does not count
        return 0
    found = re.search(r"^some .*total=(\d+)$", said, re.MULTILINE)
    return int(found[1]) if found else 0
