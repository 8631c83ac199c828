"""Start a gateway, and end it cleanly: the two functions that commands call."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ardugate.errors import ConfigError, ListenError
from ardugate.runtime.clock import GatewayClock
from ardugate.runtime.options import Ready, ServeOptions
from ardugate.runtime.state import RunningGateway, StateFolder
from ardugate.runtime.watching.supervised import supervised

if TYPE_CHECKING:
    from ardugate.runtime.boards import Boards
    from ardugate.runtime.http.fallback import Fallback
    from ardugate.runtime.http.server import Server
    from ardugate.runtime.recording.replaying import Replay

logger = logging.getLogger(__name__)

# Before a gateway says that it is ready it waits so long for boards to say who they are. Boards that do not reset when
# their port opens answer in milliseconds; the others take 2 s, and nobody shall wait for those.
INTRODUCE_S = 0.3
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@asynccontextmanager
async def running(options: ServeOptions) -> AsyncGenerator[Ready]:
    """A gateway for the length of a ``with`` block; takes no signals.

    Leaving the block puts every board's outputs at their safe values, tells the clients (close code 1001) and closes
    the ports, within 3 s. Raises ListenError (the TCP address), PortMissing, PortNotATty, PortDenied (a port that the
    options name, unless they say ``wait``), PortError (a URL that cannot be) and ConfigError (the state folder, that of
    the pages, the certificate).
    """
    # Here, because they load FastAPI, uvicorn and pydantic, which most commands do not need.
    from ardugate.runtime.boards import Boards
    from ardugate.runtime.gateway import Gateway
    from ardugate.runtime.http.access import Access
    from ardugate.runtime.http.app import make_app
    from ardugate.runtime.http.fallback import Fallback
    from ardugate.runtime.http.lobby import Lobby
    from ardugate.runtime.http.open_files import share_out
    from ardugate.runtime.http.room import Room
    from ardugate.runtime.http.server import listen, make_server
    from ardugate.runtime.http.shares import Shares
    from ardugate.runtime.recording.replaying import Replay, clock_of
    from ardugate.runtime.watching.alarms import Watch

    places = share_out()
    clock = GatewayClock()
    replayed = None if options.replay is None else clock_of(options.replay.file, options.replay.speed)
    state, token = _open_state(options)
    async with AsyncExitStack() as stack:
        bind_host, wanted_port = _parse(options.listen)
        listening = listen(bind_host, wanted_port)
        stack.callback(listening.close)
        tcp_port = int(listening.getsockname()[1])
        host = _ANY.get(bind_host, bind_host)
        address = f"[{host}]:{tcp_port}" if ":" in host else f"{host}:{tcp_port}"
        end = "s" if options.tls else ""
        url, ws = f"http{end}://{address}/", f"ws{end}://{address}/ws"
        now_s = lambda: clock.now_ns() / 1e9  # noqa: E731
        shares = Shares(_shares_file(options, state, tcp_port), _outside(url, bind_host, tcp_port), now_s)
        stack.callback(shares.close)
        access = Access(
            token=token,
            bind_host=bind_host,
            tcp_port=tcp_port,
            allow_hosts=options.allow_hosts,
            allow_origins=options.allow_origins,
            tls=options.tls is not None,
            now_s=now_s,
            links=shares,
        )
        # What is only shown again is no part of the journal, the ring or the recordings.
        folder = state.path if options.publish and replayed is None else None
        now_ns = clock.now_ns if replayed is None else replayed.now_ns
        gateway = Gateway(
            access=access,
            url=url,
            now_ns=now_ns,
            folder=folder,
            record=options.record,
            shares=shares,
            room=Room(places.clients),
        )
        stack.push_async_callback(gateway.recorder.close)
        stack.callback(gateway.close)
        boards: Boards | Replay = Boards(gateway, options, state, clock)
        if options.replay is not None and replayed is not None:
            boards = Replay(gateway, options.replay.file, replayed)
        stack.push_async_callback(boards.close)
        if options.alarms:
            kept = gateway.recorder.recordings
            folders = [state.path] if kept is None else [state.path, kept.folder]
            watch = Watch(gateway, options.alarms, folders, url)
            stack.push_async_callback(watch.aclose)
            await watch.open()
        await boards.open()
        fallback = Fallback(gateway)
        server = make_server(
            make_app(access, gateway, fallback, _folder(options.pages), gateway.chronicle.refused),
            gateway,
            gateway.chronicle.refused,
            Lobby(places.callers),
            tls=options.tls,
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]), name="server")
        stack.push_async_callback(_end, server, serving, boards, fallback)
        if options.publish:
            certificate = str(options.tls.certificate.resolve()) if options.tls else ""
            alive = RunningGateway(url, ws, os.getpid(), state.token_file, certificate)
            runtime_file = state.write_running(tcp_port, alive)
            stack.callback(runtime_file.unlink, missing_ok=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(INTRODUCE_S):
                await boards.introduced()
        link = f"{url}?ticket={access.new_ticket()}"
        yield Ready(url, ws, link, state.token_file, token, tuple(gateway.hub.directory.boards()))


async def serve(options: ServeOptions, on_ready: Callable[[Ready], None]) -> signal.Signals | None:
    """Run a gateway until SIGTERM, SIGINT, cancellation or ``options.run_for_s``; raises what ``running`` raises.

    ``on_ready`` is called once, when the gateway listens. Returns the signal that ended it: ending is no error.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    this = asyncio.current_task()
    assert this is not None, "a coroutine runs in a task"
    starting = True
    ended_by: signal.Signals | None = None

    def end(number: signal.Signals) -> None:
        nonlocal ended_by
        ended_by = ended_by or number
        over.set()
        if starting:
            this.cancel()

    with _signals(loop, end):
        try:
            async with running(options) as ready:
                starting = False
                with supervised() as supervisor:
                    on_ready(ready)
                    supervisor.ready(ready.url)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(options.run_for_s):
                            await over.wait()
        except asyncio.CancelledError:
            if not over.is_set():
                raise
            this.uncancel()
    return ended_by


async def _end(server: Server, serving: asyncio.Task[None], boards: Boards | Replay, fallback: Fallback) -> None:
    """Clients are told while boards confirm that their outputs are safe."""
    server.should_exit = True
    fallback.close()
    try:
        await boards.make_safe()
    finally:
        await serving  # whatever it has to say, it does not let go of the ports before outputs are safe


def _open_state(options: ServeOptions) -> tuple[StateFolder, str]:
    try:
        state = StateFolder(options.state_dir)
        return state, state.token()
    except OSError as error:
        raise ConfigError(
            str(error.filename or "the state folder"), "", (error.strerror or str(error)).lower()
        ) from error


def _outside(url: str, bind_host: str, tcp_port: int) -> str:
    """The page's address as others reach it: where the gateway listens everywhere, by this machine's own address."""
    if bind_host != "0.0.0.0":
        return url
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        # Asks the routing table; nothing is sent. 192.0.2.1 is nobody's (RFC 5737).
        probe.connect(("192.0.2.1", 9))
        return f"{url.partition(':')[0]}://{probe.getsockname()[0]}:{tcp_port}/"
    return url


def _shares_file(options: ServeOptions, state: StateFolder, tcp_port: int) -> Path | None:
    return state.path / f"shares-{tcp_port}.json" if options.publish else None


def _folder(pages: Path | None) -> Path | None:
    if pages is not None and not pages.is_dir():
        raise ConfigError("pages", "", f"there is no folder {str(pages)!r}")
    return pages


def _parse(text: str) -> tuple[str, int]:
    from ardugate.config import parse_listen

    try:
        return parse_listen(text)
    except ValueError as error:
        raise ListenError(text, str(error)) from None


@contextmanager
def _signals(loop: asyncio.AbstractEventLoop, end: Callable[[signal.Signals], None]) -> Generator[None]:
    """Call ``end`` at SIGTERM and SIGINT. On Windows Ctrl-C cancels instead, which ends just as cleanly."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    with suppress(NotImplementedError):
        for number in numbers:
            loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)
