"""What the shell offers behind Tab: boards, channels, commands and ports, as a running gateway knows them.

Quick and silent: whoever presses Tab wants a word, not a message. Without a gateway that answers at once there are no
words of its boards.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterable, MutableMapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
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
    return _beginning(((address, _about(each)) for address, each in _channels(incomplete)), incomplete)


def settings(incomplete: str) -> list[Word]:
    """``led=`` for each output; its values once that is written, or no other begins so."""
    outputs = [(address, each) for address, each in _channels(incomplete) if each["output"]]
    return _assigned(outputs, incomplete)


def pins(incomplete: str) -> list[Word]:
    """Addresses of pins that can be put to another use, with the use that they have."""
    known = _boards()
    locked = {address for address, pin in _addressed(known, "pins", incomplete) if pin["locked"]}
    every = _addressed(known, "channels", incomplete)
    found = [(address, each["mode"]) for address, each in every if each["mode"] != "declared"]
    return _beginning(((address, mode) for address, mode in found if address not in locked), incomplete)


def modes(incomplete: str) -> list[Word]:
    """Modes of pins."""
    from ardugate.model import Mode

    return _beginning(((mode.value, "") for mode in Mode if mode is not Mode.DECLARED), incomplete)


def commands(incomplete: str) -> list[Word]:
    """Commands of sketches, with their arguments."""
    found = (
        (address, " ".join(each["name"] for each in command["arguments"])) for address, command in _commands(incomplete)
    )
    return _beginning(found, incomplete)


def arguments(ctx: typer.Context, incomplete: str) -> list[Word]:
    """``seconds=`` for each argument of the command that was named."""
    wanted = ctx.params.get("command")
    found = [command for address, command in _commands(wanted or "") if address == wanted]
    return _assigned([(each["name"], each) for command in found for each in command["arguments"]], incomplete)


def ports(incomplete: str) -> list[Word]:
    """Serial ports."""
    from ardugate.runtime import list_ports

    return _beginning(((each.path, each.board or each.description) for each in list_ports()), incomplete)


def _beginning(words: Iterable[Word], incomplete: str) -> list[Word]:
    return [(word, about) for word, about in words if word.startswith(incomplete)]


def _channels(incomplete: str) -> list[tuple[str, Board]]:
    return _addressed(_boards(), "channels", incomplete)


def _commands(incomplete: str) -> list[tuple[str, Board]]:
    return _addressed(_boards(), "commands", incomplete)


def _addressed(boards: Sequence[Board], kind: str, incomplete: str) -> list[tuple[str, Board]]:
    """Everything of a kind by the shortest address that is clear; with its board where one is being written."""
    known = [board for board in boards if board["descriptor"]]
    whole = len(known) > 1 or "/" in incomplete
    prefix = {board["id"]: f"{board['id']}/" if whole else "" for board in known}
    return [(prefix[board["id"]] + each["name"], each) for board in known for each in board["descriptor"][kind]]


def _assigned(known: Sequence[tuple[str, Board]], incomplete: str) -> list[Word]:
    """``name=`` for each of these, and ``name=value`` where only one is left."""
    name, equals, _ = incomplete.partition("=")
    left = [(each, about) for each, about in known if (each == name if equals else each.startswith(name))]
    # A shell puts a space behind a word that is the only one: with its values it is not.
    values = [(f"{each}={value}", "") for each, about in left for value in _values(about)] if len(left) == 1 else []
    words = values if equals or len(values) > 1 else [(f"{each}=", _about(about)) for each, about in left]
    return _beginning(words, incomplete)


def _about(channel: Board) -> str:
    return " ".join(part for part in (channel["type"], channel["unit"]) if part)


@contextmanager
def as_bash_asks(environ: MutableMapping[str, str]) -> Generator[None]:
    """Put together what bash took apart at each ``=`` before it asks for a word (``led = on``): to us it is one.

    It replaces only what stands behind the ``=``, so that is all that it is answered.
    """
    words, at = environ["COMP_WORDS"].split("\n"), int(environ["COMP_CWORD"])
    joined, now = list[str](), at
    for place, word in enumerate(words):
        if joined and (word == "=" or joined[-1].endswith("=")):
            joined[-1] += word
            now -= place <= at
        else:
            joined.append(word)
    environ["COMP_WORDS"], environ["COMP_CWORD"] = "\n".join(joined), str(now)
    name, equals, _ = joined[now].partition("=")
    said = StringIO()
    try:
        with redirect_stdout(said):
            yield
    finally:
        lines = said.getvalue().splitlines(keepends=True)
        sys.stdout.write("".join(line.removeprefix(name + equals) if equals else line for line in lines))


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
