"""An HTTP connection: uvicorn's, with buffers bounded as a WebSocket's, and a way to cut it off."""

from __future__ import annotations

import asyncio
import logging
import socket
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ardugate.runtime.http.door import App, Receive, Scope, Send
from ardugate.runtime.http.websocket import HIGH_WATER_BYTES, SEND_BUFFER_BYTES

logger = logging.getLogger(__name__)

# A security limit: a request, which has 64 KiB at most, is there within this time, on any line. uvicorn itself waits
# for ever for the end of a head or a body.
REQUEST_WITHIN_S = 10.0


class HttpProtocol(H11Protocol):
    """Puts ``abort`` into each request's scope: a client that never reads its answer must not hold a connection; nor
    must one that never finishes its request."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        """A connection is open."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._await_request()
        app: Any = partial(_with_abort, self.app, transport)
        self.app = app

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        super().data_received(data)
        upgraded = self.transport.get_protocol() is not self
        if not upgraded and self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._await_request()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(REQUEST_WITHIN_S, self._cut_off)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cut_off(self) -> None:
        peer = self.client[0] if self.client else "somebody"
        logger.info("%s did not finish its request within %.0f s", peer, REQUEST_WITHIN_S)
        self.transport.abort()


async def _with_abort(app: App, transport: asyncio.Transport, scope: Scope, receive: Receive, send: Send) -> None:
    scope["abort"] = transport.abort
    await app(scope, receive, send)
