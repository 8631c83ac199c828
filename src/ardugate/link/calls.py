"""From names and values to what a board is sent to run a command of its sketch (docs/reference/wire.md, 3.4, call)."""

from __future__ import annotations

import difflib
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.model import Argument, SketchCommand, Value, ValueType
from ardugate.wire.calls import ArgumentValue, pack_arguments
from ardugate.wire.ops import Call

_I32_MIN: Final = -(1 << 31)
_I32_MAX: Final = (1 << 31) - 1


def call_arguments(commands: Sequence[SketchCommand], name: str, given: Mapping[str, Value]) -> Call:
    """What calls this command. Raises RequestError ``unknown_command``, ``bad_request`` for arguments that are missing
    or that it does not have, ``wrong_type`` or ``out_of_range``."""
    command = next((each for each in commands if each.name == name), None)
    if command is None:
        raise _unknown(commands, name)
    wanted = [argument.name for argument in command.arguments]
    for extra in given.keys() - set(wanted):
        near = difflib.get_close_matches(extra, wanted, n=1)
        hint = f"did you mean {near[0]}?" if near else "it takes " + (" ".join(wanted) or "none")
        raise RequestError(Reason.BAD_REQUEST, f"{name} has no argument {extra!r}", hint)
    values = list[ArgumentValue]()
    for argument in command.arguments:
        if argument.name not in given:
            raise RequestError(Reason.BAD_REQUEST, f"{name} needs {argument.name}", "it takes " + " ".join(wanted))
        values.append(_checked(argument, given[argument.name]))
    try:
        packed = pack_arguments([argument.type for argument in command.arguments], values)
    except (struct.error, OverflowError, ValueError) as error:
        raise RequestError(Reason.OUT_OF_RANGE, f"the arguments of {name} do not fit: {error}") from error
    return Call(command.number, packed)


def _unknown(commands: Sequence[SketchCommand], name: str) -> RequestError:
    names = [each.name for each in commands]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else "its commands: " + (", ".join(names) or "none")
    return RequestError(Reason.UNKNOWN_COMMAND, f"the board has no command {name} that can be called", hint)


def _checked(argument: Argument, value: Value) -> ArgumentValue:
    name = argument.name
    match argument.type:
        case ValueType.TEXT:
            if not isinstance(value, str):
                raise RequestError(Reason.WRONG_TYPE, f"{name} takes a text, not {value!r}")
            return value
        case ValueType.BOOL:
            if isinstance(value, str) or value is None or value not in (0, 1):
                raise RequestError(Reason.WRONG_TYPE, f"{name} takes on or off, not {value!r}")
            return bool(value)
        case ValueType.INT | ValueType.ENUM | ValueType.FLOAT:
            return _number(argument, value)


def _number(argument: Argument, value: Value) -> int | float:
    whole = argument.type is not ValueType.FLOAT
    if isinstance(value, bool | str) or value is None or not math.isfinite(value) or (whole and value != int(value)):
        raise RequestError(
            Reason.WRONG_TYPE, f"{argument.name} takes a {'whole ' if whole else ''}number, not {value!r}"
        )
    low, high = argument.minimum, argument.maximum
    if argument.type is ValueType.INT:
        low = _I32_MIN if low is None else low
        high = _I32_MAX if high is None else high
    if (low is not None and value < low) or (high is not None and value > high):
        unit = f" {argument.unit}" if argument.unit else ""
        ends = f"at least {low:g}" if high is None else f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
        raise RequestError(Reason.OUT_OF_RANGE, f"{argument.name} takes {ends}{unit}, not {value:g}")
    return int(value) if whole else float(value)
