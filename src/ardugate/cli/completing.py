"""What the shell offers behind Tab: boards, channels, commands and ports, as a running gateway knows them.

Quick and silent: whoever presses Tab wants a word, not a message. Without a gateway that answers at once there are no
words of its boards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import typer

from ardugate.errors import ArdugateError

# A gateway on this machine answers in milliseconds; a shell that waits longer feels stuck.
_PATIENCE_S: Final = 0.4

Word = tuple[str, str]
Board = dict[str, Any]


def boards(incomplete: str) -> list[Word]:
    """Ids of boards, with their names."""
    return _beginning(((board["id"], board["name"]) for board in _boards()), incomplete)


def channels(incomplete: str) -> list[Word]:
    """Addresses of channels, with what they are."""
    return _beginning(((address, _about(each)) for address, each in _channels()), incomplete)


def settings(incomplete: str) -> list[Word]:
    """``led=`` for each output, and its values once that is written."""
    name, equals, _ = incomplete.partition("=")
    outputs = [(address, each) for address, each in _channels() if each["output"]]
    if not equals:
        return _beginning(((f"{address}=", _about(each)) for address, each in outputs), incomplete)
    values = [(f"{name}={value}", "") for address, each in outputs if address == name for value in _values(each)]
    return _beginning(values, incomplete)


def pins(incomplete: str) -> list[Word]:
    """Addresses of pins that can be put to another use, with the use that they have."""
    known = _boards()
    locked = {address for address, pin in _addressed(known, "pins") if pin["locked"]}
    found = [(address, each["mode"]) for address, each in _addressed(known, "channels") if each["mode"] != "declared"]
    return _beginning(((address, mode) for address, mode in found if address not in locked), incomplete)


def modes(incomplete: str) -> list[Word]:
    """Modes of pins."""
    from ardugate.model import Mode

    return _beginning(((mode.value, "") for mode in Mode if mode is not Mode.DECLARED), incomplete)


def commands(incomplete: str) -> list[Word]:
    """Commands of sketches, with their arguments."""
    found = ((address, " ".join(each["name"] for each in command["arguments"])) for address, command in _commands())
    return _beginning(found, incomplete)


def arguments(ctx: typer.Context, incomplete: str) -> list[Word]:
    """``seconds=`` for each argument of the command that was named."""
    wanted = ctx.params.get("command")
    found = [command for address, command in _commands() if address == wanted]
    words = ((f"{each['name']}=", each["unit"]) for command in found for each in command["arguments"])
    return _beginning(words, incomplete)


def ports(incomplete: str) -> list[Word]:
    """Serial ports."""
    from ardugate.runtime import list_ports

    return _beginning(((each.path, each.board or each.description) for each in list_ports()), incomplete)


def _beginning(words: Iterable[Word], incomplete: str) -> list[Word]:
    return [(word, about) for word, about in words if word.startswith(incomplete)]


def _channels() -> list[tuple[str, Board]]:
    return _addressed(_boards(), "channels")


def _commands() -> list[tuple[str, Board]]:
    return _addressed(_boards(), "commands")


def _addressed(boards: Sequence[Board], kind: str) -> list[tuple[str, Board]]:
    """Everything of a kind by the shortest address that is clear."""
    known = [board for board in boards if board["descriptor"]]
    prefix = {board["id"]: f"{board['id']}/" if len(known) > 1 else "" for board in known}
    return [(prefix[board["id"]] + each["name"], each) for board in known for each in board["descriptor"][kind]]


def _about(channel: Board) -> str:
    return " ".join(part for part in (channel["type"], channel["unit"]) if part)


def _values(channel: Board) -> list[str]:
    match channel["type"]:
        case "bool":
            return ["on", "off"]
        case "enum":
            return list(channel["labels"])
        case _:
            return [f"{channel[end]:g}" for end in ("minimum", "maximum") if channel[end] is not None]


def _boards() -> list[Board]:
    """What the gateway knows; nothing where none answers at once."""
    from urllib.request import ProxyHandler, Request, build_opener

    from ardugate.client import find_gateway

    try:
        target = find_gateway()
        request = Request(f"{target.url}api/v1/boards", headers={"Authorization": f"Bearer {target.token}"})
        # Straight to it: the token is for nobody's proxy.
        with build_opener(ProxyHandler({})).open(request, timeout=_PATIENCE_S) as answer:
            found: list[Board] = json.load(answer)["boards"]
    except (ArdugateError, OSError, ValueError, KeyError):
        return []
    return found
