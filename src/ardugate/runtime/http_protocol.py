"""An HTTP connection: uvicorn's, with buffers bounded as a WebSocket's, and a way to cut it off."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from ardugate.runtime.http_door import App, Receive, Scope, Send
from ardugate.runtime.ws_protocol import HIGH_WATER_BYTES, SEND_BUFFER_BYTES


class HttpProtocol(H11Protocol):
    """Puts ``abort`` into each request's scope: a client that never reads its answer must not hold a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        """A connection is open."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        app: Any = partial(_with_abort, self.app, transport)
        self.app = app


async def _with_abort(app: App, transport: asyncio.Transport, scope: Scope, receive: Receive, send: Send) -> None:
    scope["abort"] = transport.abort
    await app(scope, receive, send)
