"""When a port may have come: told by the system on Linux, elsewhere nobody tells, and ports are looked for in turns.

A port's node, its link below ``/dev/serial/by-id`` and its permissions come within moments, in this order; so whoever
waits for a port looks at once and a little later again.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

logger = logging.getLogger(__name__)

DEVICES = Path("/dev")
# After something appeared: udev makes links and sets permissions within this on a machine that is not busy; a busy one
# is served by the look once a second.
AGAIN_S = (0.0, 0.05, 0.15)


class Plugging:
    """Watches the folders of ports. ``run`` is the task.

    ``addresses`` gives the paths that are waited for, with whatever else ports are called; ``appeared`` is called when
    one of them, or any serial device, may be there now.
    """

    def __init__(self, addresses: Callable[[], Iterable[str]], appeared: Callable[[], None]) -> None:
        self._addresses = addresses
        self._appeared = appeared
        self._later = list[asyncio.TimerHandle]()

    async def run(self) -> None:
        """Until cancelled; at once over where the system does not tell."""
        if sys.platform != "linux":
            return
        from asyncinotify import Inotify, Mask

        wanted = Mask.CREATE | Mask.MOVED_TO | Mask.ATTRIB | Mask.DELETE_SELF | Mask.ONLYDIR
        try:
            with Inotify() as inotify:
                watched: set[Path] = set()
                while True:
                    for folder in self._folders() - watched:
                        inotify.add_watch(folder, wanted)  # pyright: ignore[reportUnknownMemberType] (a bare PathLike)
                        watched.add(folder)
                    event = await inotify.get()
                    if event.mask & (Mask.DELETE_SELF | Mask.IGNORED) and event.watch is not None:
                        watched.discard(Path(event.watch.path))
                    if event.mask & Mask.Q_OVERFLOW or self._is_meant(event.path):
                        self._tell()
        except OSError as error:  # a limit of the system: as elsewhere, then
            logger.info("ports are looked for once a second, the system does not tell: %s", error)
        finally:
            for each in self._later:
                each.cancel()

    def _folders(self) -> set[Path]:
        """The folder of each address, or as much of it as there is."""
        folders = {DEVICES} if DEVICES.is_dir() else set[Path]()
        for address in self._paths():
            folders.add(next(folder for folder in address.parents if folder.is_dir()))
        return folders

    def _paths(self) -> list[Path]:
        return [Path(each).absolute() for each in self._addresses() if "/" in each and "://" not in each]

    def _is_meant(self, path: Path | None) -> bool:
        if path is None:
            return False
        if path.parent == DEVICES and path.name.startswith("tty"):
            return True
        return any(path == each or path in each.parents for each in self._paths())

    def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        for each in self._later:
            each.cancel()
        self._later = [loop.call_later(delay_s, self._appeared) for delay_s in AGAIN_S]
