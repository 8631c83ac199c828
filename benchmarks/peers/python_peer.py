"""``websockets.broadcast()`` and asyncio's ``transport.write``: ``python -m benchmarks.peers.python_peer KIND``."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import resource
import sys
from collections.abc import Awaitable, Callable

from websockets.asyncio.server import ServerConnection, broadcast, serve

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Send = Callable[[bytes], Awaitable[None]]


class _Bare(asyncio.Protocol):
    """The handshake, and nothing of a WebSocket besides."""

    def __init__(self, transports: set[asyncio.Transport]) -> None:
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._transport in self._transports:
            return
        key = next(
            line.split(b":", 1)[1].strip() for line in data.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key:")
        )
        accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self._transport.write(head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        self._transports.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transports.discard(self._transport)


async def main(kind: str) -> None:
    """Serve until stdin ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    loop = asyncio.get_running_loop()
    if kind == "write":
        transports: set[asyncio.Transport] = set()
        server = await loop.create_server(lambda: _Bare(transports), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        async def send(payload: bytes) -> None:
            size = len(payload)
            head = bytes((0x82, size)) if size < 126 else b"\x82\x7e" + size.to_bytes(2, "big")
            for transport in transports:
                transport.write(head + payload)

    else:
        connections: set[ServerConnection] = set()

        async def stay(connection: ServerConnection) -> None:
            connections.add(connection)
            async for message in connection:  # the echo is for latencies; a fan-out's clients say nothing
                await connection.send(message)
            connections.discard(connection)

        listening = await serve(stay, "127.0.0.1", 0, compression=None, ping_interval=None)
        port = next(iter(listening.sockets)).getsockname()[1]

        async def send(payload: bytes) -> None:
            broadcast(connections, payload)

    print(port, flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await run_paced(line, send)


async def run_paced(line: str, send: Send) -> None:
    """Do what a line asks for, and say so."""
    frames, hz, size = line.split()
    loop, payload = asyncio.get_running_loop(), bytes(int(size))
    began_s = loop.time()
    for sent in range(int(frames)):
        await send(payload)
        await asyncio.sleep(began_s + (sent + 1) / float(hz) - loop.time())
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
