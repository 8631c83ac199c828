"""Programs that upload sketches and are after a port that the gateway has: it is lent to them while they run.

An uploader gives up at once when its port is in use, so it must be noticed before it opens it. On Linux the system
tells when a file is opened, and so when a program is started; Arduino's own tools name the port on their command line.
Nothing is noticed of other users' programs, nor of the IDE's serial monitor, which names no port.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ardugate.errors import RequestError
from ardugate.runtime.board_task import BoardTask
from ardugate.runtime.ports.lending import Lending
from ardugate.runtime.ports.listing import real_path
from ardugate.runtime.ports.transports import SerialPort

logger = logging.getLogger(__name__)

# Programs that take a port on their command line, by the names that Arduino's tools and boards' cores give them.
UPLOADERS = ("arduino-cli", "avrdude", "bossac", "esptool", "esptool.py", "dfu-util", "openocd", "picotool")
# Where Arduino's tools keep those that came with a board's core.
_TOOLS = "packages/*/tools/*/*"
# A program is opened a moment before its command line is its own.
LOOK_AGAIN_S = (0.0, 0.002, 0.01, 0.03, 0.1)
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Suitor:
    """A process that names a port."""

    pid: int
    name: str


class Suitors:
    """Notices who is after the ports of ``tasks``. ``run`` is the task."""

    def __init__(self, tasks: Sequence[BoardTask], lending: Lending) -> None:
        self._tasks = tasks
        self._lending = lending
        self._served = set[asyncio.Task[None]]()

    async def run(self) -> None:
        """Until cancelled; at once over where the system does not tell."""
        if sys.platform != "linux":
            return
        from asyncinotify import Inotify, Mask

        try:
            with Inotify() as inotify:
                for program in installed():
                    inotify.add_watch(program, Mask.OPEN)  # pyright: ignore[reportUnknownMemberType] (a bare PathLike)
                while True:
                    await inotify.get()
                    for delay_s in LOOK_AGAIN_S:
                        await asyncio.sleep(delay_s)
                        if await self._look():
                            break
        except OSError as error:  # a limit of the system
            logger.info("uploads are not noticed, lend the port by hand: %s", error)
        finally:
            for each in self._served:
                each.cancel()

    async def _look(self) -> bool:
        """Whether somebody is after a port."""
        ours = [task for task in self._tasks if isinstance(task.port, SerialPort) and not task.lent_to]
        wanted = {task: task.port.address for task in ours}
        found = await asyncio.get_running_loop().run_in_executor(None, suitors, list(wanted.values()))
        for task, address in wanted.items():
            if suitor := found.get(address):
                serving = asyncio.create_task(self._serve(task, suitor), name=f"lent to {suitor.name}")
                self._served.add(serving)
                serving.add_done_callback(self._served.discard)
        return bool(found)

    async def _serve(self, task: BoardTask, suitor: Suitor) -> None:
        """Lend a port to a process until it ends."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            watched = os.pidfd_open(suitor.pid)
        except OSError:  # it has ended already
            return
        loop.add_reader(watched, ended.set)
        try:
            await self._lending.lend(task.port.address, suitor.name)
            await ended.wait()
            self._lending.take_back_when_free(task)
        except RequestError as error:
            logger.info("%s is not lent to %s: %s", task.port.address, suitor.name, error)
        finally:
            loop.remove_reader(watched)
            os.close(watched)


def installed() -> list[Path]:
    """The uploaders that are there: on the path, and below Arduino's own folder."""
    own = Path(os.environ.get("ARDUINO_DIRECTORIES_DATA") or Path.home() / ".arduino15")
    found = {Path(place) for name in UPLOADERS if (place := shutil.which(name))}
    for folder in own.glob(_TOOLS):
        found.update(path for name in UPLOADERS for path in (folder / name, folder / "bin" / name))
    return sorted({path.resolve() for path in found if path.is_file()})


def suitors(addresses: Iterable[str]) -> dict[str, Suitor]:
    """Which of these ports a running uploader names, and who that is, the newest first."""
    names = {address: {address, str(real_path(address))} for address in addresses}
    found = dict[str, Suitor]()
    if not names:
        return found
    for pid in sorted((int(each) for each in os.listdir(_PROC) if each.isdigit()), reverse=True):  # noqa: PTH208 (thousands of Paths less)
        try:
            name = (_PROC / str(pid) / "comm").read_text("utf-8", errors="replace").strip()
            if name not in UPLOADERS:
                continue
            words = (_PROC / str(pid) / "cmdline").read_text("utf-8", errors="replace").split("\0")
        except OSError:  # it has ended, or it is somebody else's
            continue
        for address, called in names.items():
            if any(word.endswith(one) for word in words for one in called):
                found.setdefault(address, Suitor(pid, name))
    return found
