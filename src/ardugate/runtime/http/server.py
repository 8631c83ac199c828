"""The gateway's one TCP port: the listening socket, and uvicorn on it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

import uvicorn

from ardugate.errors import ConfigError, ListenError
from ardugate.runtime.http.connection import Door
from ardugate.runtime.http.door import App, TurnedAway
from ardugate.runtime.http.lobby import Lobby
from ardugate.runtime.http.protocol import REQUEST_WITHIN_S, HttpProtocol
from ardugate.runtime.http.turns import Turns
from ardugate.runtime.http.websocket import WebSocketProtocol
from ardugate.runtime.options import TlsFiles

# Two seconds of the three in which a gateway ends; a connection that is not closed by then is cut off.
GRACE_S = 1


def listen(host: str, tcp_port: int) -> socket.socket:
    """The listening socket. Raises ListenError, which names who holds the port where the system tells."""
    shown = f"[{host}]:{tcp_port}" if ":" in host else f"{host}:{tcp_port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, tcp_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenError(shown, error.strerror or str(error)) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ListenError(shown, _why_not(error, tcp_port)) from error
    return listening


class Server(uvicorn.Server):
    """uvicorn on sockets that listen already, without its hold on signals: those are ``serve``'s."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: Sequence[socket.socket] | None = None) -> None:
        """Accept connections. uvicorn's own lets a TLS handshake take asyncio's 60 s, in which nobody counts it."""
        await self.lifespan.startup()
        loop, config, tls = asyncio.get_running_loop(), self.config, self.config.ssl
        state, app_state = self.server_state, self.lifespan.state
        new = partial(config.http_protocol_class, config=config, server_state=state, app_state=app_state)  # type: ignore[call-arg]  # as there
        within_s = REQUEST_WITHIN_S if tls else None
        self.servers = [
            await loop.create_server(new, sock=each, ssl=tls, ssl_handshake_timeout=within_s, backlog=config.backlog)
            for each in sockets or ()
        ]
        self.started = True


def make_server(
    app: App,
    door: Door,
    turned_away: TurnedAway,
    lobby: Lobby,
    protocol: type[WebSocketProtocol] = WebSocketProtocol,
    tls: TlsFiles | None = None,
) -> Server:
    """A server for sockets that listen already; it sets up no logging. ``turned_away`` hears of who is cut off,
    ``lobby`` bounds who asks over HTTP, ``protocol`` is what WebSockets speak.

    Raises ConfigError for files that are no certificate and key.
    """
    config = uvicorn.Config(
        app,
        http=partial(HttpProtocol, turned_away, lobby, Turns()),  # type: ignore[arg-type]  # called like the class it names
        ws=partial(protocol, door),  # type: ignore[arg-type]  # so is this
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    if tls is not None:
        config.ssl_certfile, config.ssl_keyfile = tls.certificate, str(tls.key)
        _check(tls)
    return Server(config)


def _check(tls: TlsFiles) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            tls.certificate, tls.key, password=lambda: _no_password(tls.key)
        )
    except OSError as error:  # an SSLError is one, too
        why = error.strerror if error.filename or not isinstance(error, ssl.SSLError) else "no certificate with its key"
        raise ConfigError(f"{tls.certificate} and {tls.key}", "", (why or str(error)).lower()) from error


def _no_password(key: Path) -> str:
    # A gateway starts with nobody there: OpenSSL would ask at the terminal.
    raise ConfigError(str(key), "", "expected a key without a password")


def _why_not(error: OSError, tcp_port: int) -> str:
    holder = _holder_of(tcp_port)
    return (error.strerror or str(error)).lower() + (f", held by {holder}" if holder else "")


def _holder_of(tcp_port: int) -> str:
    """The program that listens on a TCP port, as ``name (pid)``, where Linux tells; else empty."""
    inodes = set[str]()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with contextlib.suppress(OSError):
            rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
            listening = "0A"  # TCP_LISTEN (include/net/tcp_states.h)
            inodes |= {row[9] for row in rows if row[3] == listening and int(row[1].rpartition(":")[2], 16) == tcp_port}
    targets = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(entry.readlink()) in targets for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text('utf-8').strip()} ({process.name})"
    return ""
