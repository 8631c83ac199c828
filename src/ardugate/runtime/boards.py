"""The boards of one gateway: which ports are opened, by name or by ``auto``; and what happens to them at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from ardugate.errors import RequestError
from ardugate.runtime.board_task import BoardTask
from ardugate.runtime.clock import GatewayClock
from ardugate.runtime.gateway import Gateway
from ardugate.runtime.identities import Identities
from ardugate.runtime.options import PortOption, ServeOptions
from ardugate.runtime.ports.listing import PortInfo, is_auto, present_ports
from ardugate.runtime.ports.offering import serving
from ardugate.runtime.ports.plugging import Plugging
from ardugate.runtime.ports.suitors import Suitors
from ardugate.runtime.ports.transports import SerialPort, port_of
from ardugate.runtime.safety import safe_values
from ardugate.runtime.state import StateFolder

logger = logging.getLogger(__name__)

AUTO = "auto"
# How often `auto` looks for new ports where the system does not tell of them: somebody who plugs a board in waits a
# second without noticing.
AUTO_PERIOD_S = 1.0
# How often the computer's clock is looked at: a step is followed within two seconds.
CLOCK_PERIOD_S = 1.0
# When the gateway ends: how long boards may take to answer what they were asked before, and then to confirm safe
# outputs. 3 s are there for all of the ending.
SETTLE_WITHIN_S = 0.5
SAFE_WITHIN_S = 1.5


class Boards:
    """Opens what the options name. ``open`` first, ``make_safe`` and ``close`` at the end.

    Raises PortError for a URL that cannot be, before anything is opened.
    """

    def __init__(self, gateway: Gateway, options: ServeOptions, state: StateFolder, clock: GatewayClock) -> None:
        self._gateway = gateway
        self._clock = clock
        self._baud = options.baud
        self._wait = options.wait
        self._lend = options.lend
        self._state = state
        self._identities = Identities(state, [option.id for option in options.ports if option.id])
        self._auto = any(option.port == AUTO for option in options.ports)
        named = {option.port: option for option in options.ports if option.port != AUTO}
        self._named = [(self._add(option), option) for option in named.values()]
        self._running: set[asyncio.Task[None]] = set()
        self._appeared = asyncio.Event()
        gateway.offering.serve = self._serve
        self._plugging = Plugging(lambda: [task.port.address for task in gateway.tasks], self._look)

    async def open(self) -> None:
        """Open the named ports for the first time, then keep all open. Raises what ``BoardTask.open_first`` raises."""
        await asyncio.gather(*(task.open_first(wait=self._wait or option.configured) for task, option in self._named))
        for task, _ in self._named:
            self._run(task)
        if self._auto:
            self._start(asyncio.create_task(self._watch(), name="auto"))
        self._start(asyncio.create_task(self._watch_clock(), name="clock"))
        if self._auto or any(isinstance(task.port, SerialPort) for task, _ in self._named):
            self._start(asyncio.create_task(self._plugging.run(), name="plugging"))
            if self._lend:
                suitors = Suitors(self._gateway.tasks, self._gateway.lending)
                self._start(asyncio.create_task(suitors.run(), name="suitors"))

    async def introduced(self) -> None:
        """Wait until each named port's board is live, or why not is known."""
        await asyncio.gather(*(task.introduced.wait() for task, _ in self._named))

    async def make_safe(self) -> None:
        """Put every output that a gateway can hold at its safe value, as far as boards answer within two seconds.

        From now on clients' requests are refused. What was asked before is awaited first: it may make a pin an output.
        An output is set whatever its last sample said, which may be older than the last request.
        """
        self._gateway.ending = True
        if self._gateway.unanswered:
            await asyncio.wait(self._gateway.unanswered, timeout=SETTLE_WITHIN_S)
        asked = [
            task.ask(request, SAFE_WITHIN_S) for task in self._gateway.tasks for request in safe_values(task.board)
        ]
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(answer, RequestError):
                logger.warning("an output was not put at its safe value by the gateway, the board will: %s", answer)
            elif isinstance(answer, BaseException):
                raise answer

    async def close(self) -> None:
        """Let go of every port."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for task in self._gateway.tasks:
            task.close()

    def _add(self, option: PortOption) -> BoardTask:
        task = BoardTask(
            port_of(option.port, self._baud, self._clock.steady_ns),
            option,
            hearer=self._gateway,
            identities=self._identities,
            clock=self._clock,
            taken=[task.board.id for task in self._gateway.tasks],
        )
        self._gateway.tasks.append(task)
        return task

    def _run(self, task: BoardTask) -> None:
        self._start(asyncio.create_task(task.run(), name=f"port {task.board.port}"))

    def _start(self, running: asyncio.Task[None]) -> None:
        self._running.add(running)
        running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        """The boundary: none of these tasks ends by itself but by a mistake of ours."""
        self._running.discard(running)
        if not running.cancelled() and (error := running.exception()) is not None:
            self._gateway.failures += 1
            logger.error("%s has ended", running.get_name(), exc_info=error)

    async def _watch(self) -> None:
        """``auto``: open a board maker's ports, and those that spoke our wire before, whenever they appear."""
        loop = asyncio.get_running_loop()
        logger.info("looking for boards; other ports are opened when they are named: `ardugate ports` lists them")
        while True:
            ports = await loop.run_in_executor(None, present_ports)
            spoke = self._state.known().ports
            for port in ports:
                if is_auto(port, spoke) and serving(self._gateway.tasks, port) is None:
                    logger.info("found %s (%s)", port.path, port.board or port.description)
                    await self._serve(port, ports)
            with suppress(TimeoutError):
                async with asyncio.timeout(AUTO_PERIOD_S):
                    await self._appeared.wait()
            self._appeared.clear()

    def _look(self) -> None:
        """A port may be there now."""
        self._appeared.set()
        for task in self._gateway.tasks:
            task.opener.look()

    async def _watch_clock(self) -> None:
        """Follow the computer's clock when somebody sets it."""
        while True:
            await asyncio.sleep(CLOCK_PERIOD_S)
            if by_ns := self._clock.follow():
                self._gateway.clock_set(by_ns)

    async def _serve(self, port: PortInfo, among: Sequence[PortInfo] = ()) -> BoardTask:
        """Open a port, now and whenever it is there; by the name that stays its own among these."""
        serials = [each.serial_number for each in among]
        unique = port.serial_number is not None and serials.count(port.serial_number) == 1
        task = self._add(PortOption(port.serial_number if unique and port.serial_number else port.path))
        await task.open_first(wait=True)
        self._run(task)
        return task
