"""What a user asked for by name, as the board takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from ardugate.cli.values import Value, parse_assignment, parse_value
from ardugate.errors import Reason, RequestError

Json = dict[str, Any]


def assignment(text: str, expected: str = "CHANNEL=VALUE such as led=on") -> tuple[str, str]:
    """``led=on`` as a pair. Raises typer.BadParameter."""
    try:
        return parse_assignment(text, expected)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def typed(name: str, text: str, kind: str | None, labels: list[str] | None = None) -> Value:
    """The value for ``name`` as its type reads it; ``kind`` None: the likeliest. Raises RequestError."""
    try:
        return parse_value(text, kind, labels)
    except ValueError as error:
        raise RequestError(Reason.WRONG_TYPE, f"{name}: {error}", "look at `ardugate info` for the type") from None


def find_channel(boards: Sequence[Json], address: str) -> Json | None:
    """The channel with this address (or name, where there is one board), through its aliases; None when not known."""
    board_id, slash, name = address.rpartition("/")
    candidates = [board for board in boards if board["descriptor"] and (not slash or board["id"] == board_id)]
    if len(candidates) != 1:
        return None
    descriptor = candidates[0]["descriptor"]
    name = descriptor["aliases"].get(name, name)
    return next((channel for channel in descriptor["channels"] if channel["name"] == name), None)
