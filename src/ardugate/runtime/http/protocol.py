"""An HTTP connection: uvicorn's, with buffers bounded as a WebSocket's, a way to cut it off, and an end for whatever is
no HTTP."""

from __future__ import annotations

import asyncio
import logging
import socket
from functools import partial
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ardugate.runtime.http.access import Refusal
from ardugate.runtime.http.door import App, Receive, Scope, Send, TurnedAway
from ardugate.runtime.http.lobby import Lobby
from ardugate.runtime.http.turns import Turns
from ardugate.runtime.http.websocket import HIGH_WATER_BYTES, SEND_BUFFER_BYTES

logger = logging.getLogger(__name__)

# A security limit: a request, which has 64 KiB at most, is there within this time, on any line. uvicorn itself waits
# for ever for the end of a head or a body.
REQUEST_WITHIN_S = 10.0
# How a TLS client begins: a record with a handshake in it, of some version 3 (RFC 8446, 5.1).
_TLS_BEGINS = b"\x16\x03"
_NO_HTTP = Refusal(HTTPStatus.BAD_REQUEST, "this is no HTTP", "look at /openapi.json for what can be asked")
_TLS = Refusal(
    HTTPStatus.BAD_REQUEST,
    "this gateway speaks http, and was asked for https",
    "use http://, or start it with --tls-cert and --tls-key",
)
_CROWDED = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections ask for nothing", "connect again")


class HttpProtocol(H11Protocol):
    """Puts ``abort`` into each request's scope: a client that never reads its answer must not hold a connection; nor
    must one that never finishes its request. ``turned_away`` hears of who is cut off; the rest is uvicorn's."""

    def __init__(self, turned_away: TurnedAway, lobby: Lobby, turns: Turns, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._turned_away = turned_away
        self._lobby = lobby
        self._turns = turns
        self._in_line = False
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        """A connection is open."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._await_request()
        app: Any = partial(_with_abort, self.app, transport)
        self.app = app
        self._lobby.enter(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if self.scheme == "http" and self.conn.their_state is h11.IDLE and data.startswith(_TLS_BEGINS):
            logger.warning("%s: %s (%s)", self._peer, _TLS.cause, _TLS.remedy)
            self._refuse(_TLS)
        else:
            super().data_received(data)

    def handle_events(self) -> None:
        """Do what is asked, when it is its turn; until then nothing more is read."""
        if self._in_line:
            return
        if self._turns.now():
            self._handle()
        else:
            self._in_line = True
            self.transport.pause_reading()
            self._turns.later(self._take_turn)

    def _take_turn(self) -> None:
        self._in_line = False
        if not self.transport.is_closing():
            if not self.flow.read_paused:
                self.transport.resume_reading()
            self._handle()

    def _handle(self) -> None:
        super().handle_events()
        upgraded = self.transport.get_protocol() is not self
        if upgraded:
            self._lobby.leave(self)
        if not upgraded and self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._await_request()
        else:
            self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP. uvicorn's own would answer in the middle of another answer, or to a HEAD with a body:
        its state machine raises then, and asyncio logs each as a mistake of ours."""
        del msg
        self._refuse(_NO_HTTP)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._stop_waiting()
        self._lobby.leave(self)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """A request was answered; another may follow."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._lobby.enter(self)

    @property
    def idle(self) -> bool:
        """Nothing is being answered."""
        cycle: Any = self.cycle  # None before the first request, which its type does not say
        return cycle is None or bool(cycle.response_complete)

    def make_way(self) -> None:
        """End at once: there are too many."""
        self._turned_away(self._peer, _CROWDED)
        self.transport.abort()

    def _refuse(self, refusal: Refusal) -> None:
        """The end of this connection; with an answer, unless another one has begun."""
        self._turned_away(self._peer, refusal)
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(refusal.response())
        if not self.idle:
            # The body of what is being answered has broken off: for the application its client has gone.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else "somebody"

    def _await_request(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(REQUEST_WITHIN_S, self._cut_off)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cut_off(self) -> None:
        logger.info("%s did not finish its request within %.0f s", self._peer, REQUEST_WITHIN_S)
        self.transport.abort()


async def _with_abort(app: App, transport: asyncio.Transport, scope: Scope, receive: Receive, send: Send) -> None:
    scope["abort"] = transport.abort
    await app(scope, receive, send)
