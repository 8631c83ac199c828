"""Commands about which board is which: ``name identify``."""

from __future__ import annotations

from typing import Annotated

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json
from ardugate.cli.reach import gateway
from ardugate.cli.values import escape


def name(
    board: Annotated[
        str,
        typer.Argument(
            metavar="BOARD", autocompletion=completing.boards, help="Its id, as `ardugate boards` lists it."
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help='At most 32 bytes; "" gives back the sketch\'s own.')],
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Give a board a name, which it keeps wherever it is plugged in. Its id, and so every address, stays."""
    with gateway(url) as connection:
        result = connection.call("name", {"board": board, "name": new})
    if json:
        put_json(result)
    elif new:
        put(f"{result['board']}  is called {escape(result['name'])}")
    else:
        put(f"{result['board']}  has the name that its sketch says, from its next start on")


def identify(
    board: Annotated[
        str,
        typer.Argument(
            metavar="BOARD", autocompletion=completing.boards, help="Its id, as `ardugate boards` lists it."
        ),
    ],
    for_s: opt.IdentifyFor = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Let a board blink, to find it among others."""
    with gateway(url) as connection:
        asked = {} if for_s is None else {"for_ms": round(for_s * 1_000)}
        result = connection.call("identify", {"board": board, **asked})
    if json:
        put_json(result)
    else:
        put(f"{result['board']}  blinks for {result['for_ms'] / 1_000:g} s")
