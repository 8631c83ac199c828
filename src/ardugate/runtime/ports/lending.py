"""Ports that others have for a while: lent when somebody asks, taken back when they are done with them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ardugate.errors import Reason, RequestError
from ardugate.runtime.board_task import BoardTask
from ardugate.runtime.ports.transports import SerialPort
from ardugate.session.shapes import Json

logger = logging.getLogger(__name__)

# How often it is looked whether a program still has a port: no event tells, and a second is soon enough after a flash.
FREE_PERIOD_S = 0.25


@dataclass(frozen=True, slots=True)
class _Lent:
    """``session``: the connection that it is bound to. ``before``: who had the port open beside us: a relay, say."""

    session: str | None
    before: frozenset[str]


class Lending:
    """Which ports of ``tasks`` are lent. Needs a running loop; ``stop`` at the end."""

    def __init__(self, tasks: Sequence[BoardTask]) -> None:
        self._tasks = tasks
        self._lent: dict[BoardTask, _Lent] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    async def lend(self, port: str, to: str, session: str | None = None) -> Json:
        """Let ``to`` have a port; it is free when this returns. ``session``: until that connection ends.

        Raises RequestError: ``unknown_board``, or ``refused`` where it is lent already.
        """
        task = self._find(port)
        to = " ".join(to.split()) or "another program"
        # Looked up meanwhile: who uploads does not wait. The port is nobody's yet when this returns.
        before = asyncio.create_task(_users(task))
        try:
            await task.lend(to)
        finally:
            users = frozenset(await before)
        self._lent[task] = _Lent(session, users)
        return {"port": task.board.port, "board": task.board.id, "to": to}

    async def reclaim(self, port: str) -> Json:
        """Take a port back. Raises RequestError: ``unknown_board``, or ``refused`` while another program has it open:
        opening it would reset the board in the midst of what that program does."""
        task = self._find(port)
        if users := await self._others(task):
            raise RequestError(Reason.REFUSED, f"{', '.join(users)} still has {task.board.port} open", "end it first")
        self._take_back(task)
        return {"port": task.board.port, "board": task.board.id}

    def left(self, session: str) -> None:
        """A connection has ended: what was lent for as long is taken back as soon as nobody has it open."""
        for task, lent in self._lent.items():
            if lent.session == session:
                self.take_back_when_free(task)

    def take_back_when_free(self, task: BoardTask) -> None:
        """Take a port back as soon as no other program has it open."""
        waiting = asyncio.create_task(self._wait(task), name=f"lent {task.board.port}")
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)

    def stop(self) -> None:
        """Wait for nobody any more."""
        for waiting in self._waiting:
            waiting.cancel()

    async def _wait(self, task: BoardTask) -> None:
        lent = self._lent.get(task)
        while lent is not None and self._lent.get(task) is lent:
            if not await self._others(task):
                self._take_back(task)
                return
            await asyncio.sleep(FREE_PERIOD_S)

    def _take_back(self, task: BoardTask) -> None:
        self._lent.pop(task, None)
        task.reclaim()

    async def _others(self, task: BoardTask) -> list[str]:
        lent = self._lent.get(task)
        return [] if lent is None else [each for each in await _users(task) if each not in lent.before]

    def _find(self, port: str) -> BoardTask:
        for task in self._tasks:
            if port in (task.board.id, task.port.address):
                return task
            if isinstance(task.port, SerialPort) and task.port.is_called(port):
                return task
        known = ", ".join(task.port.address for task in self._tasks) or "none"
        message = f"this gateway does not have the port {port!r}"
        raise RequestError(Reason.UNKNOWN_BOARD, message, f"it has: {known}")


async def _users(task: BoardTask) -> tuple[str, ...]:
    """Other programs that have its port open, as far as the system tells."""
    from ardugate.runtime.ports.serial_port import holders

    if not isinstance(task.port, SerialPort):
        return ()
    return await asyncio.get_running_loop().run_in_executor(None, holders, task.port.address)
