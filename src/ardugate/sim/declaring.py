"""A sketch that declares channels and commands of each type: the conformance suite has the same one for a chip."""

from __future__ import annotations

from typing import Final

from ardugate.model import ValueType
from ardugate.sim.uno import Sketch, argument, command, describe, record, start_modes
from ardugate.wire import limits
from ardugate.wire import modes as wire_modes
from ardugate.wire.calls import ArgumentValue

_NOTE: Final = 20
_STATE: Final = 21
_LABELS: Final = ("idle", "busy", "done")

_ADD, _HALF, _IS_ODD, _GREET, _SAY, _CHOOSE, _WAIT = range(7)
_LONGEST_WAIT_MS: Final = 5_000


def _say(arguments: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    return [(0.0, _NOTE, str(arguments[0]))]


def _choose(arguments: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    return [(0.0, _STATE, int(arguments[0]))]


def _wait(arguments: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    return [(int(arguments[0]) / 1_000, _NOTE, "waited")]


def declaring(name: str) -> Sketch:
    """The sketch."""
    integer, real, text = ValueType.INT, ValueType.FLOAT, ValueType.TEXT
    events = wire_modes.CHANNEL_IRREGULAR
    channels = (
        record(_NOTE, "note", text, flags=events),
        record(_STATE, "state", ValueType.ENUM, flags=events, labels=_LABELS),
    )
    commands = (
        command(_ADD, "add", argument(integer, "a"), argument(integer, "b"), result=integer),
        command(_HALF, "half", argument(real, "x", unit="V"), result=real, unit="V"),
        command(_IS_ODD, "is_odd", argument(integer, "n"), result=ValueType.BOOL),
        command(_GREET, "greet", argument(text, "name"), result=text),
        command(_SAY, "say", argument(text, "words")),
        command(_CHOOSE, "choose", argument(integer, "n", 0, len(_LABELS) - 1)),
        command(_WAIT, "wait", argument(integer, "ms", 0, _LONGEST_WAIT_MS, "ms")),
    )
    return Sketch(
        descriptor=describe(name, channels, commands),
        modes=start_modes(),
        streams=(),
        volts={},
        status=_NOTE,
        scripts={_ADD: _nothing, _HALF: _nothing, _IS_ODD: _nothing, _GREET: _nothing}
        | {_SAY: _say, _CHOOSE: _choose, _WAIT: _wait},
        results={
            _ADD: lambda given, _: _i32(int(given[0]) + int(given[1])),
            _HALF: lambda given, _: float(given[0]) / 2,
            _IS_ODD: lambda given, _: int(given[0]) % 2 == 1,
            _GREET: lambda given, _: _that_fits(f"hello {given[0]}"),
        },
    )


def _i32(number: int) -> int:
    """As a long of the board wraps."""
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)


def _that_fits(text: str) -> str:
    """A text cut to what a result holds, its length beside it, between two characters."""
    return text.encode()[: limits.MAX_RESULT_BYTES - 1].decode(errors="ignore")


def _nothing(_: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    return []
