"""Values in a channel's unit and raw values, and who says when one does not fit (docs/reference/wire.md, 4)."""

from __future__ import annotations

import math
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.model import Channel, Value, ValueType, parts_of, shortest_f32
from ardugate.wire.ops import bits_float, float_bits

_I32_MIN: Final = -(1 << 31)
_I32_MAX: Final = (1 << 31) - 1


def value_of(channel: Channel, raw: int) -> Value:
    """The value of a ``raw`` field of set or read (an i32; of an ``f32`` channel its bits). Never NaN or infinite:
    these are None."""
    match channel.type:
        case ValueType.BOOL:
            return bool(raw)
        case ValueType.ENUM:
            return channel.labels[raw] if 0 <= raw < len(channel.labels) else raw
        case ValueType.INT | ValueType.FLOAT | ValueType.TEXT:
            return scaled(channel, shortest_f32(bits_float(raw)) if channel.dtype == "f32" else raw)


def scaled(channel: Channel, number: float) -> Value:
    """A raw number in the channel's unit; an int where the channel's type is one and nothing is lost by it."""
    parts = parts_of(channel.scale)
    value = (number / parts if parts else number * channel.scale) + channel.offset
    if not math.isfinite(value):
        return None
    return round(value) if channel.type is ValueType.INT and value == round(value) else value


def raw_of(channel: Channel, value: Value) -> int:
    """The ``raw`` field for a value in the channel's unit. Raises RequestError ``wrong_type`` or ``out_of_range``;
    nothing is clamped."""
    match channel.type:
        case ValueType.BOOL:
            if isinstance(value, str) or value is None or value not in (0, 1):
                raise RequestError(Reason.WRONG_TYPE, f"{channel.name} takes on or off, not {value!r}")
            return int(value)
        case ValueType.ENUM:
            return _raw_of_label(channel, value)
        case ValueType.TEXT:
            raise RequestError(Reason.READ_ONLY, f"{channel.name} is text and cannot be set")
        case ValueType.INT | ValueType.FLOAT:
            return _raw_of_number(channel, value)


def _raw_of_label(channel: Channel, value: Value) -> int:
    if isinstance(value, str) and value in channel.labels:
        return channel.labels.index(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(channel.labels):
        return value
    raise RequestError(
        Reason.OUT_OF_RANGE, f"{channel.name} has no value {value!r}", "it takes one of " + ", ".join(channel.labels)
    )


def _raw_of_number(channel: Channel, value: Value) -> int:
    if isinstance(value, bool | str) or value is None or not math.isfinite(value):
        raise RequestError(Reason.WRONG_TYPE, f"{channel.name} takes a number, not {value!r}")
    low, high = channel.minimum, channel.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise _out_of_range(channel, value, low, high)
    raw = (value - channel.offset) / channel.scale if channel.scale else 0.0
    if channel.dtype == "f32":
        try:
            return float_bits(raw)
        except OverflowError as error:
            raise _out_of_range(channel, value, low, high) from error
    rounded = round(raw)
    if not _I32_MIN <= rounded <= _I32_MAX:
        raise _out_of_range(
            channel,
            value,
            _I32_MIN * channel.scale + channel.offset,
            _I32_MAX * channel.scale + channel.offset,
        )
    return rounded


def _out_of_range(channel: Channel, value: float, low: float | None, high: float | None) -> RequestError:
    unit = f" {channel.unit}" if channel.unit else ""
    limits = f"{low:g} to {high:g}{unit}" if low is not None and high is not None else f"f32{unit}"
    return RequestError(Reason.OUT_OF_RANGE, f"{channel.name} takes {limits}, not {value:g}")
