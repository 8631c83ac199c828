"""``serve`` and ``demo``: a gateway in the foreground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ardugate.cli import options as opt
from ardugate.cli.logs import tell_edges
from ardugate.cli.output import put, put_json, say
from ardugate.cli.problems import Exit

if TYPE_CHECKING:
    from ardugate.runtime import Ready, ServeOptions

# A demo of more boards than this would only be slow; the gateway itself takes more.
_MAX_DEMO_BOARDS = 32


def serve(
    port: opt.ServePorts = None,
    listen: opt.Listen = None,
    config: opt.ConfigFile = None,
    baud: Annotated[int | None, typer.Option("--baud", help="For sketches that only print.")] = None,
    allow_host: opt.AllowHost = None,
    allow_origin: opt.AllowOrigin = None,
    pages: opt.Pages = None,
    tls_cert: opt.TlsCert = None,
    tls_key: opt.TlsKey = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for a port that is missing or not allowed.")] = False,
    open_page: opt.Open = False,
    for_s: opt.For = None,
    print_token: opt.PrintToken = False,
    json: opt.Json = False,
) -> None:
    """Serve boards to browsers and scripts, until Ctrl-C."""
    from ardugate.config import load
    from ardugate.runtime import options_from

    flags = {"port": port, "listen": listen, "baud": baud, "pages": pages and str(pages)}
    flags |= {"allow_host": allow_host, "allow_origin": allow_origin}
    flags |= {"tls_cert": tls_cert and str(tls_cert), "tls_key": tls_key and str(tls_key)}
    settings = load(flags, config_file=Path(config) if config else None)
    options = replace(options_from(settings), wait=wait, run_for_s=for_s)
    run_gateway(options, announce(json, open_page=open_page, print_token=print_token))


def demo(
    boards: Annotated[int, typer.Option("--boards", min=1, max=_MAX_DEMO_BOARDS, help="How many boards.")] = 1,
    listen: opt.Listen = None,
    config: opt.ConfigFile = None,
    allow_host: opt.AllowHost = None,
    allow_origin: opt.AllowOrigin = None,
    pages: opt.Pages = None,
    tls_cert: opt.TlsCert = None,
    tls_key: opt.TlsKey = None,
    open_page: opt.Open = False,
    for_s: opt.For = None,
    print_token: opt.PrintToken = False,
    json: opt.Json = False,
) -> None:
    """The same gateway with a simulated board: no hardware, no config."""
    from ardugate.config import load
    from ardugate.runtime import PortOption, options_from
    from ardugate.sim import demo_url

    flags = {"listen": listen, "pages": pages and str(pages), "allow_host": allow_host, "allow_origin": allow_origin}
    flags |= {"tls_cert": tls_cert and str(tls_cert), "tls_key": tls_key and str(tls_key)}
    settings = load(flags, config_file=Path(config) if config else None)
    ports = tuple(PortOption(demo_url(number)) for number in range(1, boards + 1))
    options = replace(options_from(settings), ports=ports, run_for_s=for_s)
    run_gateway(options, announce(json, open_page=open_page, print_token=print_token))


def run_gateway(options: ServeOptions, on_ready: Callable[[Ready], None]) -> None:
    """Run it in the foreground, until Ctrl-C."""
    import asyncio
    import signal

    from ardugate.runtime import new_event_loop
    from ardugate.runtime import serve as serve_gateway

    _warn(options)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        ended_by = runner.run(serve_gateway(options, on_ready))
    if ended_by is signal.SIGINT:
        raise typer.Exit(Exit.INTERRUPTED)


def _warn(options: ServeOptions) -> None:
    """Listening beyond this machine is told with what it means."""
    from ardugate.config import parse_listen
    from ardugate.runtime.http.access import is_loopback

    if is_loopback(parse_listen(options.listen)[0]):
        return
    say(f"warning: {options.listen} is open to the network: whoever has the token or a link may do what its role says")
    if options.tls is None:
        say("without --tls-cert all of it, the token too, can be read and changed on the way (docs/how-to/lan.md)")


def announce(json: bool, *, open_page: bool, print_token: bool) -> Callable[[Ready], None]:
    """What is said once it listens."""

    def on_ready(ready: Ready) -> None:
        # Not before: what goes wrong until here is told by the error alone.
        tell_edges()
        _tell_boards(ready)
        if json:
            put_json(_ready_object(ready, print_token=print_token))
        else:
            say(f"listening at {ready.url} (Ctrl-C ends it); the page, signed in:")
            put(ready.link)
            if print_token:
                put(f"token {ready.token}")
        if open_page:
            import webbrowser

            webbrowser.open(ready.link)

    return on_ready


def _tell_boards(ready: Ready) -> None:
    for board in ready.boards:
        say(f"{board.id} ({board.port}) is {board.state.value}" + (f": {board.reason}" if board.reason else ""))
    if not ready.boards:
        say("no board yet: waiting for one to be plugged in (`ardugate ports` shows what is opened only by --port)")


def _ready_object(ready: Ready, *, print_token: bool) -> dict[str, Any]:
    boards = [
        {"id": board.id, "name": board.name, "port": board.port, "state": board.state.value} for board in ready.boards
    ]
    told: dict[str, Any] = {"event": "ready", "url": ready.url, "ws": ready.ws, "token_file": str(ready.token_file)}
    if print_token:
        told["token"] = ready.token
    return told | {"boards": boards}
