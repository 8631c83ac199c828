"""A connection with a transport in the hand: what is written to it, and its other side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

from ardugate.model import Principal, Role
from ardugate.runtime.http import websocket as ws_protocol
from ardugate.runtime.http.access import Head, Refusal
from ardugate.runtime.http.connection import Connection
from ardugate.runtime.http.websocket import WebSocketProtocol
from ardugate.session.encode import Frame

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class Wire(asyncio.Transport):
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.news = asyncio.Event()
        self.aborted = asyncio.Event()
        self.closed = False
        self.ended = False
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))
        self.news.set()

    def write_eof(self) -> None:
        self.ended = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del low
        assert high == ws_protocol.HIGH_WATER_BYTES

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 8765), "peername": ("127.0.0.1", 50_000)}.get(name, default)

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def is_reading(self) -> bool:
        return self.reading

    def is_closing(self) -> bool:
        return self.closed or self.aborted.is_set()

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted.set()


class Gate:
    """A door and a handler that keep what they are told."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self.refusal = refusal
        self.opened: list[tuple[str, str]] = []
        self.texts: list[bytes] = []
        self.overtaken = 0
        self.late: list[bool] = []
        self.after_a_pause = False
        self.told: list[str] = []
        self.lost = asyncio.Event()
        self.connection: Connection | None = None

    def admit(self, head: Head, remote: str) -> Principal | Refusal:
        assert remote == "127.0.0.1"
        return self.refusal or Principal("token", Role.ADMIN)

    def open(self, connection: Connection, head: Head, principal: Principal, subprotocol: str) -> Gate:
        self.connection = connection
        self.opened.append((head.path, subprotocol))
        return self

    def stood_still(self) -> bool:
        return self.after_a_pause

    def receive_text(self, data: bytes, *, overtaken: bool = False, late: bool = False) -> None:
        self.texts.append(data)
        self.overtaken += overtaken
        self.late.append(late)

    def writable(self) -> None:
        self.told.append("writable")

    def connection_lost(self) -> None:
        self.told.append("lost")
        self.lost.set()


class Opened:
    """A connection, after its opening; ``client`` is the other side."""

    def __init__(self, gate: Gate, subprotocol: str | None = "ardugate.v1.json") -> None:
        self.gate = gate
        self.wire = Wire()
        state = ServerState()
        self.connections: set[object] = state.connections  # type: ignore[assignment]  # uvicorn lists its own protocols
        config = Config(app=nothing, ws="none", log_config=None)
        self.protocol = WebSocketProtocol(gate, config=config, server_state=state, app_state={})
        self.protocol.connection_made(self.wire)
        self.client = ClientProtocol(parse_uri("ws://127.0.0.1:8765/ws"))
        lines = [
            "GET /ws?channels=A0 HTTP/1.1",
            "host: 127.0.0.1:8765",
            "upgrade: websocket",
            "connection: Upgrade",
            f"sec-websocket-key: {KEY}",
            "sec-websocket-version: 13",
        ]
        if subprotocol is not None:
            lines.append(f"sec-websocket-protocol: {subprotocol}")
        self.protocol.data_received(("\r\n".join(lines) + "\r\n\r\n").encode())

    @property
    def head(self) -> str:
        return self.wire.writes[0].decode()

    def hear(self) -> list[Any]:
        """What the client makes of everything after the opening."""
        client = ClientProtocol(parse_uri("ws://127.0.0.1:8765/ws"), state=State.OPEN)
        client.receive_data(b"".join(self.wire.writes[1:]))
        return list(client.events_received())

    def say(self, send: Callable[[ClientProtocol], None]) -> None:
        client = ClientProtocol(parse_uri("ws://127.0.0.1:8765/ws"), state=State.OPEN)
        send(client)
        self.protocol.data_received(b"".join(client.data_to_send()))

    def say_each(self, texts: Iterable[bytes]) -> None:
        """Messages that come in one piece."""

        def send_all(client: ClientProtocol) -> None:
            for text in texts:
                client.send_text(text)

        self.say(send_all)


async def rounds(count: int) -> None:
    """Let the loop go round so often."""
    for _ in range(count):
        await asyncio.sleep(0)


async def nothing(*_: object) -> None:
    """An application that nobody asks."""


def send(opened: Opened, *frames: Frame) -> None:
    opened.protocol.send(frames, b"".join(frame.wire for frame in frames))
