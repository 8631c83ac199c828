"""A port is opened, opened again after an unplug, and left to others while it is lent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ardugate.errors import PortBusy, PortDenied, PortError
from ardugate.runtime.ports.pipe import Pipe
from ardugate.runtime.ports.transports import Port

# Opening again after an unplug: soon at first (a board that resets itself is back in 100 ms), then without haste; a
# second is what somebody who plugs a board in waits without noticing.
REOPEN_FIRST_S = 0.1
REOPEN_MOST_S = 1.0
# udev gives a new port its owner and mode a moment after it appears.
DENIED_PATIENCE_S = 2.0
# An aborted transport is closed in the loop's next rounds; a driver that hangs in close() is not waited for.
CLOSE_WITHIN_S = 1.0


class Opener:
    """Keeps one port open. ``run`` is the task; the rest is called on the same loop.

    ``new_pipe`` makes the pipe of an attempt; ``opened`` hears of one that is tied to the port, ``failed`` why there
    is none.
    """

    def __init__(
        self,
        port: Port,
        new_pipe: Callable[[], Pipe],
        opened: Callable[[Pipe], None],
        failed: Callable[[PortError], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._port = port
        self._new_pipe = new_pipe
        self._opened = opened
        self._failed = failed
        self._now_ns = now_ns
        self._pipe: Pipe | None = None
        self._lent = False
        self._at_once = asyncio.Event()  # there is a reason to try now
        self._turn = asyncio.Lock()  # held while the port is being opened

    async def open_first(self, *, wait: bool) -> None:
        """Open the port for the first time.

        Raises what ``--port`` promises: PortMissing and PortNotATty at once, PortDenied after 2 s; none with ``wait``.
        A busy port is left to ``run`` in any case.
        """
        patience_ends_ns = self._now_ns() + int(DENIED_PATIENCE_S * 1e9)
        while (error := await self._open()) is not None and not wait and not isinstance(error, PortBusy):
            if not isinstance(error, PortDenied) or self._now_ns() >= patience_ends_ns:
                raise error
            await asyncio.sleep(REOPEN_FIRST_S)

    async def run(self) -> None:
        """Keep the port open until cancelled."""
        delay_s = REOPEN_FIRST_S
        while True:
            if self._pipe is not None:
                await self._pipe.over.wait()
                delay_s = REOPEN_FIRST_S
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._lent else delay_s):
                    await self._at_once.wait()
                    delay_s = REOPEN_FIRST_S
            self._at_once.clear()
            delay_s = min(delay_s * 2, REOPEN_MOST_S)
            await self._open()

    def look(self) -> None:
        """The port may be there now: try at once, if it is not open."""
        self._at_once.set()

    async def let_go(self) -> None:
        """Close the port and leave it closed until ``take_back``; it is free when this returns."""
        self._lent = True
        async with self._turn:  # an opening that has begun is waited for
            if self._pipe is not None:
                self._pipe.abort()
                with suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_WITHIN_S):
                        await self._pipe.closed.wait()

    def take_back(self) -> None:
        """Open it again."""
        self._lent = False
        self._at_once.set()

    async def _open(self) -> PortError | None:
        async with self._turn:
            if self._lent or (self._pipe is not None and not self._pipe.over.is_set()):
                return None
            self._at_once.clear()
            pipe = self._new_pipe()
            try:
                await self._port.open(pipe)
            except PortError as error:
                self._pipe = None
                self._failed(error)
                return error
            self._pipe = pipe
            self._opened(pipe)
            return None
