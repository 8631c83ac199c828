"""``replay``: a capture served like boards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ardugate.cli import options as opt
from ardugate.cli.serving import announce, run_gateway


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The capture to show.")],
    speed: Annotated[
        float, typer.Option("--speed", min=0.1, max=100, help="So many times as fast as it was, 0.1 to 100.")
    ] = 1.0,
    listen: opt.Listen = None,
    config: opt.ConfigFile = None,
    allow_host: opt.AllowHost = None,
    allow_origin: opt.AllowOrigin = None,
    pages: opt.Pages = None,
    open_page: opt.Open = False,
    for_s: opt.For = None,
    print_token: opt.PrintToken = False,
    json: opt.Json = False,
) -> None:
    """Serve a capture as if its boards were here: the page, and every client, with the times and values of then."""
    from dataclasses import replace

    from ardugate.config import load
    from ardugate.runtime import options_from
    from ardugate.runtime.options import RecordOptions, ReplayOption

    flags = {"listen": listen, "pages": pages and str(pages), "allow_host": allow_host, "allow_origin": allow_origin}
    settings = load(flags, config_file=Path(config) if config else None)
    options = replace(
        options_from(settings),
        ports=(),
        alarms=(),
        run_for_s=for_s,
        record=RecordOptions(ring_bytes=0),
        replay=ReplayOption(file, speed),
    )
    run_gateway(options, announce(json, open_page=open_page, print_token=print_token))
