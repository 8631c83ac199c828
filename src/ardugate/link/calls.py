"""From names and values to what a board is sent to run a command of its sketch, and what it gives back
(docs/reference/wire.md, 3.4, call)."""

from __future__ import annotations

import difflib
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.model import Argument, SketchCommand, Value, ValueType, shortest_f32
from ardugate.wire.calls import ArgumentValue, pack_arguments, unpack_arguments
from ardugate.wire.messages import Fault
from ardugate.wire.ops import Call

_I32_MIN: Final = -(1 << 31)
_I32_MAX: Final = (1 << 31) - 1


def command_named(commands: Sequence[SketchCommand], name: str) -> SketchCommand:
    """The command of this name. Raises RequestError ``unknown_command``."""
    command = next((each for each in commands if each.name == name), None)
    if command is None:
        raise _unknown(commands, name)
    return command


def call_arguments(command: SketchCommand, given: Mapping[str, Value]) -> Call:
    """What calls this command. Raises RequestError ``bad_request`` for arguments that are missing or that it does not
    have, ``wrong_type`` or ``out_of_range``."""
    name = command.name
    wanted = [argument.name for argument in command.arguments]
    for extra in given.keys() - set(wanted):
        near = difflib.get_close_matches(extra, wanted, n=1)
        hint = f"did you mean {near[0]}?" if near else _told(command)
        raise RequestError(Reason.BAD_REQUEST, f"{name} has no argument {extra!r}", hint)
    values = list[ArgumentValue]()
    for argument in command.arguments:
        if argument.name not in given:
            raise RequestError(Reason.BAD_REQUEST, f"{name} needs {argument.name}", _told(command))
        values.append(_checked(argument, given[argument.name]))
    try:
        packed = pack_arguments([argument.type for argument in command.arguments], values)
    except (struct.error, OverflowError, ValueError) as error:
        raise RequestError(Reason.OUT_OF_RANGE, f"the arguments of {name} do not fit: {error}") from error
    return Call(command.number, packed)


def result_of(command: SketchCommand, data: bytes) -> Value:
    """What the command gave back, None where it gives nothing or says "no value". Raises RequestError ``internal`` for
    bytes that are no value of its type."""
    if command.result is None:
        return None
    values = unpack_arguments([command.result], data)
    if isinstance(values, Fault):
        message = f"{command.name} has ended, but what it gave back cannot be read"
        raise RequestError(Reason.INTERNAL, message, "its firmware may be faulty")
    (value,) = values
    if isinstance(value, float):
        return shortest_f32(value) if math.isfinite(value) else None
    return value


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
        message = f"{argument.name} is {value:g}, which is beyond its limits"
        raise RequestError(Reason.OUT_OF_RANGE, message, f"{argument.name} takes {_limits(low, high, argument.unit)}")
    return int(value) if whole else float(value)


def _limits(low: float | None, high: float | None, unit: str) -> str:
    ends = f"at least {low:g}" if high is None else f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
    return f"{ends} {unit}" if unit else ends


def _told(command: SketchCommand) -> str:
    """What a command takes, for eyes: ``it takes seconds (1 to 60 s), text``."""
    told = list[str]()
    for each in command.arguments:
        limited = each.minimum is not None or each.maximum is not None
        what = _limits(each.minimum, each.maximum, each.unit) if limited else each.unit
        told.append(f"{each.name} ({what})" if what else each.name)
    return "it takes " + (", ".join(told) or "none")
