"""A WebSocket connection: an ``asyncio.Protocol`` in uvicorn's ``ws=`` slot, over websockets' Sans-I/O protocol.

uvicorn parses the request's head and hands it here; Host, Origin and secret are judged on it before any WebSocket
object exists. After that a connection costs no task: whole text messages go to the handler, frames made once go out.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.exceptions import NegotiationError
from websockets.frames import CloseCode, Opcode
from websockets.frames import Frame as Received
from websockets.http11 import Request
from websockets.protocol import Event, State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from ardugate.model import Principal
from ardugate.runtime.http.access import Head, Refusal, parse_head
from ardugate.runtime.http.connection import Door, Handler
from ardugate.runtime.http.inbox import Inbox
from ardugate.runtime.http.straight import straight_writer
from ardugate.runtime.http.timers import Timers
from ardugate.session.encode import Frame
from ardugate.session.limits import MAX_TEXT_BYTES

logger = logging.getLogger(__name__)

PING_EVERY_S = 20.0  # keeps proxies' and NATs' entries alive: theirs last 30 s and more
PONG_WITHIN_S = 20.0  # a phone that wakes up answers late
CLOSE_WITHIN_S = 1.0  # for the other side's close frame; the gateway itself must end within 3 s
STALL_S = 20.0  # docs/reference/gateway.md, 5: a connection that takes nothing for so long is closed
HIGH_WATER_BYTES = 65_536  # beyond it a connection is slow and passed over: a few ticks of the largest streams
SEND_BUFFER_BYTES = 131_072  # the kernel's own, else up to 4 MB a socket that no count of ours would see
# A read of so much may have left something in its socket: loops read 250 KiB at a time, at most.
_FULL_READ_BYTES = 131_072
SUBPROTOCOLS = (Subprotocol("ardugate.v1"), Subprotocol("ardugate.v1.json"))
_QUIET = logging.Logger("quiet", logging.CRITICAL)  # the library's words about strangers' bad frames: for nobody


class WebSocketProtocol(asyncio.Protocol):
    """One connection. ``write`` and ``close`` are the gateway's, the rest is asyncio's and uvicorn's."""

    max_message_bytes = MAX_TEXT_BYTES  # a security limit

    def __init__(self, door: Door, *, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        self._door = door
        self._connections: set[Any] = server_state.connections  # uvicorn's: those that get ``shutdown()``
        self._websocket: ServerProtocol | None = None
        self._handler: Handler | None = None
        self._parts: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._timers = Timers(self._loop)
        self._inbox = Inbox()
        self._late = False  # what is in it may have been sent before this process stood still
        self._more_waits = False  # the last read did not empty the socket
        self._next_turn: asyncio.Handle | None = None  # while there is more in it than is done at a time
        self._deaf = False  # what the client says counts no more
        self.paused = False
        self._speaks = False  # the WebSocket is open; kept here because it is asked for each message to each client

    # What the gateway calls.

    def send(self, frames: Sequence[Frame], wire: bytes) -> None:
        """Send messages in one write. Dropped once the connection is closing."""
        if self._speaks:
            self._write(wire)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; whoever does not answer within a second is cut off."""
        self._deaf = True
        if self._websocket is not None and self._speaks:
            self._websocket.send_close(code, reason)
            self._flush(self._websocket)

    @property
    def remote(self) -> str:
        """The other side's address."""
        return str((self._transport.get_extra_info("peername") or ("",))[0])

    # What asyncio and uvicorn call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        self._transport = transport = cast("asyncio.Transport", transport)  # uvloop's are none by name
        self._write = straight_writer(transport)
        self._connections.add(self)
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        if self._websocket is None:
            self._judge(data)
            return
        self._late = self._door.stood_still() or (self._late and (bool(self._inbox) or self._more_waits))
        self._more_waits = len(data) >= _FULL_READ_BYTES
        self._inbox.put(data)
        if self._next_turn is None:
            self._take_turn(self._websocket)

    def eof_received(self) -> None:  # noqa: D102
        if self._websocket is not None:
            self._websocket.receive_eof()
            self._flush(self._websocket)

    def pause_writing(self) -> None:  # noqa: D102
        self.paused = True
        self._timers.arm("stall", STALL_S, partial(self._give_up, f"has taken nothing for {STALL_S:.0f} s"))

    def resume_writing(self) -> None:  # noqa: D102
        self.paused = False
        self._timers.disarm("stall")
        if self._handler is not None:
            self._handler.writable()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._speaks, self._deaf = False, True
        if self._next_turn is not None:
            self._next_turn.cancel()
        self._inbox.clear()
        self._connections.discard(self)
        self._timers.disarm_all()
        if self._handler is not None:
            self._handler.connection_lost()

    def shutdown(self) -> None:
        """The server ends."""
        if self._handler is None:
            self._transport.abort()
        self.close(CloseCode.GOING_AWAY, "the gateway ends")

    def _judge(self, data: bytes) -> None:
        head = parse_head(data, str((self._transport.get_extra_info("sockname") or ("",))[0]), self.remote)
        match self._door.admit(head, self.remote):
            case Refusal() as refusal:
                logger.info("WebSocket from %s refused: %s", self.remote, refusal.cause)
                self._transport.write(refusal.response())
                self._transport.close()
            case principal:
                self._open(data, head, principal)

    def _open(self, data: bytes, head: Head, principal: Principal) -> None:
        self._websocket = websocket = ServerProtocol(
            select_subprotocol=_select_subprotocol, max_size=self.max_message_bytes, logger=_QUIET
        )
        websocket.receive_data(data)
        for event in websocket.events_received():
            if isinstance(event, Request):
                websocket.send_response(websocket.accept(event))
        self._flush(websocket)
        if self._speaks:
            self._timers.arm("ping", PING_EVERY_S, self._ping)
            self._handler = self._door.open(self, head, principal, websocket.subprotocol or "")

    def _take_turn(self, websocket: ServerProtocol) -> None:
        """Do a part of what came. While there is more, nothing else is read, and others have their turns between."""
        more = self._next_turn is not None
        self._next_turn = None
        if piece := self._inbox.piece():
            websocket.receive_data(piece)
            self._flush(websocket)  # what the library answers comes before what the handler says
            for event in websocket.events_received():
                self._handle_event(websocket, event)
        for message, overtaken in self._inbox.turn():
            self._hand_on(message, overtaken=overtaken)
        self._flush(websocket)
        if self._inbox and not self._transport.is_closing():
            self._next_turn = self._loop.call_soon(self._take_turn, websocket)
            if not more:
                self._transport.pause_reading()
        elif more and not self._transport.is_closing():
            self._transport.resume_reading()

    def _handle_event(self, websocket: ServerProtocol, event: Event) -> None:
        match event:
            case Received(opcode=Opcode.TEXT | Opcode.CONT, data=data, fin=fin):
                self._parts.append(bytes(data))
                if fin:
                    self._receive_message(websocket)
            case Received(opcode=Opcode.BINARY):
                websocket.fail(CloseCode.UNSUPPORTED_DATA, "expected text")
            case Received(opcode=Opcode.PONG):
                self._timers.disarm("pong")
            case _:
                pass  # pings and closes are answered by the library

    def _receive_message(self, websocket: ServerProtocol) -> None:
        message, self._parts = b"".join(self._parts), []
        try:
            message.decode()
        except UnicodeDecodeError:
            websocket.fail(CloseCode.INVALID_DATA, "expected UTF-8")
            return
        if not self._inbox.add(message):
            self._hand_on(message)

    def _hand_on(self, message: bytes, *, overtaken: bool = False) -> None:
        if self._handler is not None and not self._deaf:
            self._handler.receive_text(message, overtaken=overtaken, late=self._late)

    def _flush(self, websocket: ServerProtocol) -> None:
        for data in websocket.data_to_send():
            if data:
                self._transport.write(data)
            elif not self._transport.is_closing():
                self._transport.write_eof()
        self._speaks = websocket.state is State.OPEN
        if websocket.close_expected():
            self._timers.arm("close", CLOSE_WITHIN_S, self._transport.abort)

    def _ping(self) -> None:
        if self._websocket is not None and self._speaks:
            self._websocket.send_ping(b"")
            self._flush(self._websocket)
            self._timers.arm("pong", PONG_WITHIN_S, partial(self._give_up, "no longer answers"))
            self._timers.arm("ping", PING_EVERY_S, self._ping)

    def _give_up(self, why: str) -> None:
        logger.info("client %s %s", self.remote, why)
        self._transport.abort()


def _select_subprotocol(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    if not offered:
        return None
    for known in SUBPROTOCOLS:
        if known in offered:
            return known
    raise NegotiationError(f"expected one of {', '.join(SUBPROTOCOLS)}, or none")
