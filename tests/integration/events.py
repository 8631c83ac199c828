"""Server-Sent Events as a test reads them, and a socket that takes little."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import urlsplit

from ardugate.runtime import Ready
from tests.integration.helpers import PATIENCE_S, Message, bearer

# Of a client's socket, set before it is connected: later the kernel has offered more. It makes some 4 KiB of it.
SMALL_BYTES = 2_048


def connected(ready: Ready, buffer_bytes: int) -> socket.socket:
    """A socket to the gateway that takes so much before it is read."""
    address = urlsplit(ready.url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    sock.connect((address.hostname, address.port))
    return sock


class Events:
    """A reader of Server-Sent Events, written from their specification: fields, then an empty line."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.reader = reader
        self.last_id = ""

    async def next(self) -> Message | None:
        """The next message; None at the end."""
        data: list[str] = []
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self.reader.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "data":
                    data.append(value)
                elif line == "\n" and data:
                    return cast("Message", json.loads("\n".join(data)))
        return None

    async def until(self, method: str) -> Message:
        """The params of the next notification of a kind."""
        while message := await self.next():
            if message["method"] == method:
                return cast("Message", message["params"])
        raise AssertionError(f"no {method} before the end")


@asynccontextmanager
async def events(ready: Ready, query: str = "", *, buffer_bytes: int = 2**20, **headers: str) -> AsyncGenerator[Events]:
    """A stream. HTTP/1.0, so that the body is the stream itself. Takes ``buffer_bytes`` before it is read."""
    address = urlsplit(ready.url)
    sock = connected(ready, buffer_bytes)
    reader, writer = await asyncio.open_connection(sock=sock, limit=max(buffer_bytes, 16_384))
    lines = {
        "Host": address.netloc,
        **bearer(ready),
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"GET /api/v1/stream?{query} HTTP/1.0\r\n{head}\r\n".encode())
    try:
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert answer.split()[1] == "200", answer
        assert "text/event-stream" in answer
        yield Events(reader)
    finally:
        writer.close()
