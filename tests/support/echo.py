"""A WebSocket server that says back what it hears, made of the product's own server class: for conformance suites.

The product has no such path. Here it takes messages of both kinds and of any size, which the product refuses; all else
is the product's.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs

from websockets.frames import Frame as Received
from websockets.frames import Opcode
from websockets.protocol import Event
from websockets.server import ServerProtocol

from ardugate.model import Principal, Role
from ardugate.runtime.http.access import Head, Refusal
from ardugate.runtime.http.connection import Connection
from ardugate.runtime.http.door import Receive, Scope, Send
from ardugate.runtime.http.lobby import Lobby
from ardugate.runtime.http.open_files import MAX_CALLERS
from ardugate.runtime.http.server import listen, make_server
from ardugate.runtime.http.websocket import WebSocketProtocol
from ardugate.session.encode import frame

PATIENCE_S = 10.0
MAX_BYTES = 1 << 25  # the suite's longest message has 16 MiB


class EchoProtocol(WebSocketProtocol):
    """The product's connection, open to long and to binary messages."""

    max_message_bytes = MAX_BYTES
    _binary: list[bytes] | None = None

    def _handle_event(self, websocket: ServerProtocol, event: Event) -> None:
        if isinstance(event, Received) and (
            event.opcode is Opcode.BINARY or (event.opcode is Opcode.CONT and self._binary is not None)
        ):
            self._binary = [*(self._binary or []), bytes(event.data)]
            if event.fin:
                said = frame(b"".join(self._binary), text=False)
                self._binary = None
                self.send([said], said.wire)
        else:
            super()._handle_event(websocket, event)


class Echo:
    """Says back what one connection says."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def receive_text(self, data: bytes, *, overtaken: bool = False, late: bool = False) -> None:
        said = frame(data, text=True)
        self._connection.send([said], said.wire)

    def writable(self) -> None: ...

    def connection_lost(self) -> None: ...


class EchoDoor:
    """Lets in who shows the token, which a suite can only put into the query."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe()

    def admit(self, head: Head, remote: str) -> Principal | Refusal:
        del remote
        if hmac.compare_digest(parse_qs(head.query).get("token", [""])[0], self.token):
            return Principal("suite", Role.VIEW)
        return Refusal(HTTPStatus.UNAUTHORIZED, "this server does not know you", "show its token")

    def open(self, connection: Connection, head: Head, principal: Principal, subprotocol: str) -> Echo:
        del head, principal, subprotocol
        return Echo(connection)

    def stood_still(self) -> bool:
        return False


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """There is no HTTP here."""


def _nobody(remote: str, refusal: Refusal) -> None:
    """Nobody writes down who was turned away."""


@asynccontextmanager
async def echo_server() -> AsyncGenerator[str]:
    """Its address, the token in it."""
    door = EchoDoor()
    listening = listen("127.0.0.1", 0)
    server = make_server(_nothing, door, _nobody, Lobby(MAX_CALLERS), EchoProtocol)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/echo?token={door.token}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(PATIENCE_S):
            await serving
