"""Commands that only look: ``boards open get ports info``."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated, Any, Final

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json, put_table, say
from ardugate.cli.reach import gateway, gateway_or_port
from ardugate.cli.values import escape, format_value
from ardugate.errors import ArdugateError, Reason, RequestError

Board = dict[str, Any]

# The board's own counters (docs/reference/wire.md, 3.7), in words.
_COUNTERS: Final = {
    "bad_frames": "damaged frames to the board",
    "rx_overruns": "bytes the board could not take",
    "tx_dropped": "frames the board had no room for",
    "sample_overruns": "scans the board did not take",
    "edges_lost": "edges the board lost",
    "starved_loops": "s in which loop() did not come round",
}


def boards(url: opt.Gateway = None, json: opt.Json = False) -> None:
    """What the gateway knows of its boards, and the rate in baud that each one's line has now."""
    with gateway(url) as connection:
        result = connection.call("boards")
    if json:
        put_json(result)
        return
    rows = [
        [
            board["id"],
            board["state"] + _flags(board),
            board["port"],
            _number(_baud(board)),
            escape(board["name"]),
            escape(board["reason"]),
        ]
        for board in result["boards"]
    ]
    if not rows:
        say("no board yet: plug one in, or look at `ardugate ports`")
    put_table(["BOARD", "STATE", "PORT", "BAUD", "NAME", "REASON"], rows)


def open_page(url: opt.Gateway = None, json: opt.Json = False) -> None:
    """Open the page in a browser, signed in. The link is good once, for five minutes."""
    import webbrowser

    with gateway(url) as connection:
        ticket = connection.call("ticket")
    if json:
        put_json({"url": ticket["url"], "until_s": ticket["until_s"]})
    else:
        put(ticket["url"])
    webbrowser.open(ticket["url"])


def get(
    channels: Annotated[
        list[str],
        typer.Argument(
            metavar="CHANNEL…", autocompletion=completing.channels, help="Channels, as temp or greenhouse/temp."
        ),
    ],
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """The newest value of channels."""
    with gateway_or_port(url, port or []) as connection:
        values = [connection.call("get", {"channel": channel}) for channel in channels]
    if json:
        put_json({"channels": values})
        return
    for value in values:
        text = escape(format_value(value["value"], value["unit"]))
        put(f"{value['channel']}  {text}" + (f"  ({value['age_s']:.1f} s old)" if value["stale"] else ""))


def ports(json: opt.Json = False) -> None:
    """The serial ports of this machine, the boards on them at which baud, and who holds them. Opens none."""
    from ardugate.runtime import list_ports

    known = _boards_by_port()
    found = list_ports()
    if json:
        put_json(
            {
                "ports": [
                    {
                        "path": each.path,
                        "kind": each.kind.value,
                        "description": each.description,
                        "board": each.board,
                        "boards": [board["id"] for board in known.get(each.path, [])],
                        "baud": _shared_baud(known.get(each.path, [])),
                        "serial_number": each.serial_number,
                        "vid": each.vid,
                        "pid": each.pid,
                        "holders": list(each.holders),
                        "auto": each.auto,
                    }
                    for each in found
                ]
            }
        )
        return
    if not found:
        say("no serial port: plug a board in, or try `ardugate demo`")
    rows = [
        [
            each.path,
            each.board or escape(each.description) or each.kind.value,
            ", ".join(board["id"] for board in known.get(each.path, [])),
            _number(_shared_baud(known.get(each.path, []))),
            ", ".join(each.holders),
            "yes" if each.auto else "only by name",
        ]
        for each in found
    ]
    put_table(["PORT", "WHAT", "BOARD", "BAUD", "HELD BY", "OPENED BY AUTO"], rows)


def info(
    board: Annotated[
        str | None,
        typer.Argument(metavar="[BOARD]", autocompletion=completing.boards, help="Its id; needed only with several."),
    ] = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """What a board is made of: firmware, channels, modes, rates, safe values."""
    with gateway_or_port(url, port or []) as connection:
        found = _choose(connection.call("boards")["boards"], board)
    if json:
        put_json(found)
        return
    _put_board(found)


def _boards_by_port() -> dict[str, list[Board]]:
    """Which boards the gateways on this machine have on which port. A gateway that does not answer has none."""
    from ardugate.client import connect, find_gateway
    from ardugate.runtime import running_gateways

    known: dict[str, list[Board]] = {}
    for running in running_gateways():
        with contextlib.suppress(ArdugateError), connect(find_gateway(running.url)) as connection:
            for board in connection.boards:
                known.setdefault(board["port"], []).append(board)
    return known


def _baud(board: Board) -> int | None:
    """The rate of its line now; None on a pipe without one, off line, and from a gateway of an earlier version."""
    link: dict[str, int | None] = board["link"] or {}
    return link.get("baud")


def _shared_baud(found: list[Board]) -> int | None:
    """The rate of the line that boards of one port are on."""
    return next((baud for board in found if (baud := _baud(board))), None)


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _choose(found: list[Board], wanted: str | None) -> Board:
    ids = ", ".join(board["id"] for board in found)
    if wanted is None:
        if len(found) == 1:
            return found[0]
        if not found:
            raise RequestError(Reason.UNKNOWN_BOARD, "the gateway knows no board yet", "look at `ardugate ports`")
        raise RequestError(Reason.AMBIGUOUS_BOARD, f"there are several boards: {ids}", "name one of them")
    for board in found:
        if board["id"] == wanted:
            return board
    raise RequestError(Reason.UNKNOWN_BOARD, f"there is no board {wanted!r}", f"boards: {ids}" if ids else "")


def _flags(board: Board) -> str:
    return (", stopped" if board["stopped"] else "") + (", its sketch hangs" if board["hung"] else "")


def _put_board(board: Board) -> None:
    why = f": {escape(board['reason'])}" if board["reason"] else ""
    since = time.strftime("%H:%M:%S", time.localtime(board["since_t_s"]))
    put(f"{board['id']}  {escape(board['name'])}  {board['state']}{_flags(board)} since {since}{why}")
    put(f"port      {board['port']}")
    descriptor = board["descriptor"]
    if descriptor is None:
        return
    firmware = descriptor["firmware"]
    put(f"firmware  {firmware['version']}, wire {firmware['wire']}, {escape(descriptor['mcu'])}")
    put(f"identity  {firmware['identity']}, last reset: {firmware['reset_cause']}")
    if board["link"] is not None:
        put(f"link      {_link(board['link'])}")
    put("")
    rows = [
        [
            channel["name"],
            channel["mode"],
            channel["type"],
            channel["unit"],
            _range(channel),
            "changes" if channel["events"] else f"{channel['rate_hz']:g} Hz" if channel["rate_hz"] else "",
            _safety(channel),
        ]
        for channel in descriptor["channels"]
    ]
    put_table(["CHANNEL", "MODE", "TYPE", "UNIT", "RANGE", "RATE", "SAFE, HELD BY"], rows)
    if descriptor["commands"]:
        put("")
        commands = [[escape(each["name"]), _arguments(each), _gives(each)] for each in descriptor["commands"]]
        put_table(["COMMAND", "ARGUMENTS", "GIVES"], commands)


def _arguments(command: dict[str, Any]) -> str:
    described = list[str]()
    for each in command["arguments"]:
        parts = [escape(each["name"]), each["type"], _range(each | {"labels": []}), escape(each["unit"])]
        described.append(" ".join(part for part in parts if part))
    return ", ".join(described)


def _gives(command: dict[str, Any]) -> str:
    return " ".join(part for part in (command["result"], escape(command["unit"])) if part)


def _link(link: dict[str, Any]) -> str:
    """The round trip, and each count that is not 0."""
    counts = {"damaged frames from the board": link["bad_frames"], "commands sent again": link["resends"]}
    counters: dict[str, int] = link["counters"] or {}
    counts |= {text: counters.get(name, 0) for name, text in _COUNTERS.items()}
    told = [f"{count} {text}" for text, count in counts.items() if count]
    # A gateway of an earlier version tells no rate.
    line = [f"{baud:,} baud"] if (baud := link.get("baud")) else []
    return ", ".join([*line, f"round trip {link['round_trip_ms']:.1f} ms", *(told or ["nothing lost or damaged"])])


def _range(channel: dict[str, Any]) -> str:
    if channel["labels"]:
        return " ".join(escape(label) for label in channel["labels"])
    if channel["type"] == "bool" or channel["minimum"] is None or channel["maximum"] is None:
        return ""
    return f"{channel['minimum']:g} to {channel['maximum']:g}"


def _safety(channel: dict[str, Any]) -> str:
    if not channel["output"]:
        return ""
    held = f"{channel['hold']} {channel['hold_ms']} ms" if channel["hold_ms"] else channel["hold"]
    return f"{escape(format_value(channel['safe'], channel['unit']))}, {held}"
