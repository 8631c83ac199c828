"""``log``: the journal, what happened in plain words."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import dim, put, put_json, say
from ardugate.cli.reach import gateway
from ardugate.cli.values import escape
from ardugate.duration import parse_duration
from ardugate.errors import GatewayUnreachable


def since_s(text: str, now_s: float) -> float:
    """Unix seconds of a time of day (the last such one), of a day with or without one, or so long ago.

    Raises ValueError.

    >>> now_s = datetime(2025, 11, 22, 12, 0).timestamp()
    >>> [str(datetime.fromtimestamp(since_s(text, now_s))) for text in ("03:00", "15:30", "90m", "2025-11-20 08:00")]
    ['2025-11-22 03:00:00', '2025-11-21 15:30:00', '2025-11-22 10:30:00', '2025-11-20 08:00:00']
    """
    now = datetime.fromtimestamp(now_s).astimezone()
    for form in ("%H:%M", "%H:%M:%S"):
        try:
            of_day = datetime.strptime(text, form).replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
        today = now.replace(hour=of_day.hour, minute=of_day.minute, second=of_day.second, microsecond=0)
        return (today if today <= now else today - timedelta(days=1)).timestamp()
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        pass
    try:
        return now_s - parse_duration(text)
    except ValueError:
        raise ValueError(f"expected a time such as 03:00, 2025-11-22 03:00 or 90m, got {text!r}") from None


def _since(text: str) -> float:
    try:
        return since_s(text, time.time())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def log(
    board: Annotated[
        str | None,
        typer.Argument(
            metavar="BOARD", autocompletion=completing.boards, help="What is about this board, or about none."
        ),
    ] = None,
    since: Annotated[
        float | None,
        typer.Option(
            "--since", metavar="TIME", parser=_since, help="From then on: 03:00, 2025-11-22 03:00, or 90m ago."
        ),
    ] = None,
    until: Annotated[
        float | None,
        typer.Option("--until", metavar="TIME", parser=_since, help="Up to then, as --since."),
    ] = None,
    last: Annotated[int, typer.Option("-n", min=1, max=1_000, help="The newest so many lines.")] = 100,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """What happened: boards, resets, losses, stops, clients, in plain words. Without a gateway: what is on disk."""
    entries = _entries(url, since, until, last, board)
    for entry in entries:
        if json:
            put_json(entry)
        else:
            at = datetime.fromtimestamp(entry["t_s"]).astimezone()
            put(f"{dim(f'{at:%Y-%m-%d %H:%M:%S}')}  {entry['kind']:<12}  {escape(entry['text'])}")
    if not entries:
        say("nothing is in the journal of this time")


def _entries(
    url: str | None, since: float | None, until: float | None, last: int, board: str | None
) -> list[dict[str, Any]]:
    params = {"since_s": since, "until_s": until, "last": last, "board": board}
    try:
        with gateway(url) as connection:
            asked = {name: value for name, value in params.items() if value is not None}
            found: list[dict[str, Any]] = connection.call("journal", asked)["entries"]
            return found
    except GatewayUnreachable as error:
        if error.url:
            raise
    from ardugate.runtime import read_journal

    say("no gateway is running: this is what the last one wrote down")
    return [
        entry
        for entry in read_journal()
        if (since or 0.0) <= float(str(entry["t_s"])) <= (until or math.inf)
        and (board is None or entry["board"] in (board, None))
    ][-last:]
