"""One opening of a port, between the transport and the board task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, cast, runtime_checkable

from ardugate.runtime.watching.traffic import Traffic

logger = logging.getLogger(__name__)


@runtime_checkable
class RatedTransport(Protocol):
    """A transport whose line has a rate that can be changed while it is open."""

    def set_baud(self, baud: int) -> None:
        """Send and receive at this rate from now on. A device that is gone ends the transport as an unplug does."""


class Pipe(asyncio.Protocol):
    """Tells what happens on a transport; its loss exactly once, and nothing after that.

    ``opened`` and ``lost`` get the pipe itself, ``lost`` also the cause in a few words. ``over`` is set at the end,
    ``closed`` when the transport has let go of what it held, which is a moment later where we ended it. ``traffic``
    counts its bytes.
    """

    def __init__(
        self,
        opened: Callable[[Pipe], None],
        received: Callable[[bytes], None],
        writable: Callable[[], None],
        lost: Callable[[Pipe, str], None],
        traffic: Traffic,
    ) -> None:
        self._traffic = traffic
        self._opened = opened
        self._received = received
        self._writable = writable
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self.paused = False
        self.over = asyncio.Event()
        self.closed = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Send bytes; the caller looks at ``paused`` first."""
        if self._transport is not None:
            self._traffic.sent_bytes += len(data)
            self._transport.write(data)

    def set_baud(self, baud: int) -> None:
        """Go to another line rate, where the transport's line has one."""
        if isinstance(self._transport, RatedTransport):
            logger.debug("the line goes to %d baud", baud)
            self._traffic.baud = baud
            self._transport.set_baud(baud)

    def abort(self) -> None:
        """End it now, whatever waits to be written. ``lost`` is not called."""
        self.over.set()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        transport = cast("asyncio.Transport", transport)  # uvloop's are none by name
        self._transport = transport
        if self.over.is_set():
            transport.abort()
        else:
            self._opened(self)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        if not self.over.is_set():
            self._traffic.received_bytes += len(data)
            self._received(data)

    def pause_writing(self) -> None:  # noqa: D102
        self.paused = True

    def resume_writing(self) -> None:  # noqa: D102
        self.paused = False
        self._writable()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self.closed.set()
        if not self.over.is_set():
            self.over.set()
            logger.debug("the pipe is gone: %s", exc)
            self._lost(self, "unplugged" if exc is not None else "the other side closed the connection")
