"""The gateway's HTTP port without an address: the real application and its door, real sockets, bytes of any kind.

What strangers send may end in any answer, or in none; a mistake of ours is what a loop or a server logs as an error.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import socket
from functools import cache, partial

import uvicorn
from uvicorn.server import ServerState

from ardugate.runtime.gateway import Gateway
from ardugate.runtime.http.access import Access
from ardugate.runtime.http.app import make_app
from ardugate.runtime.http.fallback import Fallback
from ardugate.runtime.http.lobby import Lobby
from ardugate.runtime.http.protocol import HttpProtocol
from ardugate.runtime.http.turns import Turns
from ardugate.runtime.http.websocket import WebSocketProtocol

TOKEN = "t"
# So many turns of the loop take a request from its socket to the application and into the wait for its body.
_TURNS = 20
_ENDS_WITHIN_S = 30.0


class _Mistakes(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(self.format(record))


class Port:
    """One gateway for any number of connections, on a loop of its own that stands still between them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._mistakes = _Mistakes()
        for name in ("ardugate", "asyncio", "uvicorn.error"):
            logging.getLogger(name).addHandler(self._mistakes)
        logging.getLogger("uvicorn.error").propagate = False  # its words about each bad request
        self._loop.run_until_complete(self._open())

    async def _open(self) -> None:
        access = Access(token=TOKEN, bind_host="127.0.0.1", tcp_port=8765, now_s=self._loop.time)
        self._gateway = gateway = Gateway(access=access, url="http://127.0.0.1:8765/", now_ns=lambda: 1)
        app = make_app(access, gateway, Fallback(gateway), None, gateway.chronicle.refused)
        config = uvicorn.Config(app, interface="asgi3", lifespan="off", log_config=None, proxy_headers=False)
        config.load()
        config.ws_protocol_class = partial(WebSocketProtocol, gateway)  # type: ignore[assignment]  # as in server.py
        state = ServerState()
        self._new = partial(
            HttpProtocol,
            gateway.chronicle.refused,
            Lobby(1),
            Turns(),
            config=config,
            server_state=state,
            app_state={},
            _loop=self._loop,
        )

    def close(self) -> None:
        """The end of the gateway and its loop."""
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _close(self) -> None:
        self._gateway.close()
        await self._gateway.recorder.close()

    def hear(self, *pieces: bytes) -> bytes:
        """What a client gets that sends these one after another and then no more. Raises AssertionError if the gateway
        made a mistake of its own."""
        self._mistakes.seen.clear()
        answer = self._loop.run_until_complete(self._hear(pieces))
        assert not self._mistakes.seen, self._mistakes.seen[0]
        return answer

    async def _hear(self, pieces: tuple[bytes, ...]) -> bytes:
        ours, theirs = socket.socketpair()
        await self._loop.connect_accepted_socket(self._new, theirs)
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            for piece in pieces:
                writer.write(piece)
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
            async with asyncio.timeout(_ENDS_WITHIN_S):
                if not writer.is_closing():
                    writer.write_eof()
                return await reader.read()
        except ConnectionError:
            return b""  # cut off, with bytes unread
        finally:
            writer.close()


@cache
def the_port() -> Port:
    """One for the whole process."""
    port = Port()
    atexit.register(port.close)
    return port
