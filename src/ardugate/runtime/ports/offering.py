"""Ports of this machine, and serving one that the gateway did not serve, because somebody says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

from ardugate.errors import Reason, RequestError
from ardugate.runtime.board_task import BoardTask
from ardugate.runtime.ports.listing import PortInfo, present_ports
from ardugate.runtime.ports.transports import SerialPort
from ardugate.session.shapes import Json

logger = logging.getLogger(__name__)

Serve = Callable[[PortInfo], Coroutine[None, None, BoardTask]]


def serving(tasks: Sequence[BoardTask], port: PortInfo) -> BoardTask | None:
    """Who serves this port."""
    for task in tasks:
        if task.board.port == port.path or (isinstance(task.port, SerialPort) and task.port.key == port.key):
            return task
    return None


class Offering:
    """Lists ports and takes one into service. ``serve`` opens a port; who opens ports sets it."""

    def __init__(self, tasks: Sequence[BoardTask]) -> None:
        self._tasks = tasks
        self.serve: Serve | None = None

    async def ports(self) -> Json:
        """PORT of docs/reference/gateway.md, 3.31, for each port that there is. Opens none."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, present_ports)
        return {"ports": [self._shape(port, await loop.run_in_executor(None, _holders, port)) for port in found]}

    async def use(self, path: str) -> Json:
        """Serve the port with this path from now on. It may be in use: then its entry says so, and it is tried again.

        Raises RequestError: ``unknown_board`` where there is no such port, ``refused`` where none can be opened.
        """
        found = await asyncio.get_running_loop().run_in_executor(None, present_ports)
        port = next((each for each in found if each.path == path), None)
        if port is None:
            names = ", ".join(each.path for each in found) or "none"
            raise RequestError(Reason.UNKNOWN_BOARD, f"there is no serial port {path!r}", f"there are: {names}")
        task = serving(self._tasks, port)
        if task is None:
            if self.serve is None:
                raise RequestError(Reason.REFUSED, "this gateway opens no ports", "start one with `ardugate serve`")
            logger.info("%s is served because somebody asked for it", port.path)
            task = await self.serve(port)
        return {"port": task.board.port, "board": task.board.id}

    def _shape(self, port: PortInfo, holders: tuple[str, ...]) -> Json:
        task = serving(self._tasks, port)
        return {
            "port": port.path,
            "kind": port.kind.value,
            "description": port.board or port.description,
            # Its own hold on a port is no news: the entry tells.
            "holders": list(holders) if task is None else [],
            "board": None if task is None else task.board.id,
        }


def _holders(port: PortInfo) -> tuple[str, ...]:
    from ardugate.runtime.ports.serial_port import holders

    return holders(port.path)
