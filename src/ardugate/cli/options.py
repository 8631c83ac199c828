"""Options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ardugate.cli import completing
from ardugate.duration import parse_duration


def duration(text: str) -> float:
    """A duration given as an option. Raises typer.BadParameter."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout (JSON Lines for streams).")]
Gateway = Annotated[
    str | None,
    typer.Option("--gateway", metavar="URL", help="The gateway to ask, when it is not the one on this machine."),
]
Ports = Annotated[
    list[str] | None,
    typer.Option(
        "--port",
        metavar="PORT",
        autocompletion=completing.ports,
        help="The port to open when no gateway runs: a path, a USB serial number, a URL as serve takes it, or auto.",
    ),
]
ServePorts = Annotated[
    list[str] | None,
    typer.Option(
        "--port",
        metavar="PORT",
        autocompletion=completing.ports,
        help="A serial port, repeatable: a path, a USB serial number, sim://, socket://host:port, rfc2217://host:port "
        "or auto (default).",
    ),
]
For = Annotated[
    float | None,
    typer.Option("--for", metavar="TIME", parser=duration, help="End after this time: 500ms, 5s, 2m, 1h."),
]
HoldFor = Annotated[
    float | None,
    typer.Option("--for", metavar="TIME", parser=duration, help="Hold for this time, then let go: 500ms, 5s, 2m, 1h."),
]
IdentifyFor = Annotated[
    float | None, typer.Option("--for", metavar="TIME", parser=duration, help="For this time instead of 5s.")
]
Hold = Annotated[bool, typer.Option("--hold", help="Hold until Ctrl-C, then let go.")]
Listen = Annotated[
    str | None,
    typer.Option("--listen", metavar="HOST:PORT", help="The TCP address; port 0 takes any free one."),
]
ConfigFile = Annotated[str | None, typer.Option("--config", metavar="FILE", help="The config file.")]
AllowHost = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="One more name by which browsers may reach it; repeatable."),
]
AllowOrigin = Annotated[
    list[str] | None,
    typer.Option("--allow-origin", metavar="ORIGIN", help="Another site whose pages may connect; repeatable."),
]
Pages = Annotated[
    Path | None,
    typer.Option(
        "--pages", metavar="DIR", exists=True, file_okay=False, help="A folder of your own, served at /pages/."
    ),
]
TlsCert = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert", metavar="FILE", exists=True, dir_okay=False, help="Serve over TLS, with this certificate (PEM)."
    ),
]
TlsKey = Annotated[
    Path | None,
    typer.Option("--tls-key", metavar="FILE", exists=True, dir_okay=False, help="The certificate's private key (PEM)."),
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in a browser, signed in.")]
PrintToken = Annotated[bool, typer.Option("--print-token", help="Print the token too.")]
