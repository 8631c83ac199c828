"""A folder that one gateway at a time writes into."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

# Gateways that share a state folder, each with a ring of its own: more have none.
_MOST: Final = 8
_PRIVATE: Final = 0o600


class Claim:
    """A folder that is ours until ``release`` or the end of this process, however it ends."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock

    def release(self) -> None:
        """Let others have it."""
        os.close(self._lock)


def claim(base: Path, name: str) -> Claim | None:
    """The folder ``name`` in ``base``, or the next (``name-2`` ...) that no other process has; None for none. Raises
    OSError."""
    for number in range(1, _MOST + 1):
        folder = base / (name if number == 1 else f"{name}-{number}")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, _PRIVATE)
        try:
            if sys.platform != "win32":
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return Claim(folder, lock)
    return None
