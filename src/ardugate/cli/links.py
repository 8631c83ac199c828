"""Links for others: ``link``, ``link list``, ``link revoke``."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json, put_table, say
from ardugate.cli.reach import gateway
from ardugate.cli.table import examples
from ardugate.cli.values import escape

app = typer.Typer(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})


class LinkRole(StrEnum):
    """What a link may allow."""

    VIEW = "view"
    CONTROL = "control"


@app.callback(
    epilog=examples(
        ["link", "link --role control --board greenhouse --for 2h --qr", "link list", "link revoke s1f2e3d"]
    )
)
def link(
    context: typer.Context,
    role: Annotated[LinkRole, typer.Option(help="What it allows: to look (and stop), or to drive outputs too.")] = (
        LinkRole.VIEW
    ),
    board: Annotated[
        list[str] | None,
        typer.Option(metavar="BOARD", autocompletion=completing.boards, help="For these boards only. Repeatable."),
    ] = None,
    for_s: Annotated[
        float | None,
        typer.Option("--for", metavar="TIME", parser=opt.duration, help="How long it is good; else until revoked."),
    ] = None,
    qr: Annotated[bool, typer.Option("--qr", help="Draw it as a QR code, for phones.")] = False,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Make a link to the page that may be given away. It can be used any number of times, until its end."""
    if context.invoked_subcommand is not None:
        return
    with gateway(url) as connection:
        asked: dict[str, Any] = {"grants": role.value}
        asked |= {"boards": board} if board else {}
        made = connection.call("share_create", asked if for_s is None else {**asked, "for_s": for_s})
    if json:
        put_json(made)
        return
    put(made["url"])
    if qr:
        _draw(made["url"])
    say(f"this link is {made['share']['id']}: `ardugate link revoke {made['share']['id']}` ends it")
    if "://127." in made["url"] or "://[::1]" in made["url"]:
        say("it opens on this computer alone: others need a gateway started with --listen 0.0.0.0:8765")


@app.command("list", epilog=examples(["link list", "link list --json"]))
def list_links(url: opt.Gateway = None, json: opt.Json = False) -> None:
    """The links that are good."""
    with gateway(url) as connection:
        result = connection.call("share_list")
    if json:
        put_json(result)
        return
    if not result["shares"]:
        say("no link is good: `ardugate link` makes one")
    rows = [
        [
            each["id"],
            each["grants"],
            ", ".join(escape(board) for board in each["boards"]) if each["boards"] else "all",
            _end(each["until_s"]),
            str(each["clients"]),
        ]
        for each in result["shares"]
    ]
    put_table(["LINK", "ROLE", "BOARDS", "UNTIL", "CONNECTED"], rows)


@app.command("revoke", epilog=examples(["link revoke s1f2e3d"]))
def revoke(
    link_id: Annotated[str, typer.Argument(metavar="LINK", help="Its id, as `ardugate link list` shows it.")],
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """End a link now, and the connections of who came by it."""
    with gateway(url) as connection:
        result = connection.call("share_revoke", {"share": link_id})
    if json:
        put_json(result)
    else:
        put(f"{escape(result['share'])}  is good no more")


def _end(until_s: float | None) -> str:
    return "revoked" if until_s is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(until_s))


def _draw(text: str) -> None:
    import segno

    segno.make(text, error="m").terminal(compact=True)
