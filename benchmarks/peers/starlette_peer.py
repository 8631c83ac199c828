"""Starlette's WebSocket on uvicorn, each client awaited in turn as its documentation does: ``python -m
benchmarks.peers.starlette_peer``."""

from __future__ import annotations

import asyncio
import resource
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from benchmarks.peers.python_peer import run_paced

_clients: set[WebSocket] = set()


async def _stay(websocket: WebSocket) -> None:
    await websocket.accept()
    _clients.add(websocket)
    try:
        while True:
            await websocket.receive()
    except (WebSocketDisconnect, RuntimeError):
        _clients.discard(websocket)


async def _send(payload: bytes) -> None:
    for websocket in list(_clients):
        await websocket.send_bytes(payload)


async def main() -> None:
    """Serve until stdin ends."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    app = Starlette(routes=[WebSocketRoute("/ws", _stay)])
    listening = socket.create_server(("127.0.0.1", 0), backlog=1_024)
    config = uvicorn.Config(app, log_level="error", ws_ping_interval=None, ws_per_message_deflate=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    print(listening.getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await run_paced(line, _send)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main())
