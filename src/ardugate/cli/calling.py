"""The command that runs commands of a sketch: ``call``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.asked import assignment, typed
from ardugate.cli.holding import linger
from ardugate.cli.output import put, put_json
from ardugate.cli.reach import gateway_or_port
from ardugate.cli.values import escape, format_value

Json = dict[str, Any]


def call(
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", autocompletion=completing.commands, help="As water or greenhouse/water.")
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARG=VALUE…]", autocompletion=completing.arguments, help="As seconds=3."),
    ] = None,
    hold: opt.Hold = False,
    for_s: opt.HoldFor = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Run a command that the sketch declares, and wait until it has ended.

    `ardugate info` lists them with their arguments.
    """
    pairs = [assignment(text, "ARG=VALUE such as seconds=3") for text in arguments or []]
    board, _, name = command.rpartition("/")
    lingers = hold or for_s is not None
    with gateway_or_port(url, port or [], lingers=lingers) as connection:
        known = _arguments(connection.call("boards")["boards"], board, name)
        args = {key: typed(key, text, known[key]["type"] if key in known else None) for key, text in pairs}
        params: Json = {"command": name, "args": args} | ({"board": board} if board else {})
        # It takes as long as the sketch does; the gateway answers, too, when the board is gone.
        result = connection.call("call", params, timeout_s=None)
        if json:
            put_json(result)
        else:
            _put_result(result, name)
        if lingers:
            linger(connection, [], for_s, [])


def _put_result(result: Json, name: str) -> None:
    # The board's time is known to some ms, which a quick command takes no longer than.
    took = f"done in {max(0.0, result['executed_t_s'] - result['accepted_t_s']):.1f} s"
    gave = result["result"]
    if gave is None:
        put(f"{result['board']}/{name}  {took}")
    else:
        # A command that gives back a boolean answers a question.
        answer = ("yes" if gave else "no") if isinstance(gave, bool) else escape(format_value(gave, result["unit"]))
        put(f"{result['board']}/{name}  {answer}  ({took})")


def _arguments(boards: Sequence[Json], board: str, command: str) -> dict[str, Json]:
    """The arguments of a command by their names; none of one that is not known here: the gateway says so."""
    candidates = [each for each in boards if each["descriptor"] and board in ("", each["id"])]
    if len(candidates) != 1:
        return {}
    commands = candidates[0]["descriptor"]["commands"]
    found = next((each for each in commands if each["name"] == command), None)
    return {} if found is None else {each["name"]: each for each in found["arguments"]}
