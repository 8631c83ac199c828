"""Arguments of a sketch's command, one after the other, and its result, packed like one (docs/reference/wire.md, 3.4,
call)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from ardugate.model import ValueType
from ardugate.wire.limits import FRAME_OVERHEAD, MAX_LINE_TO_BOARD
from ardugate.wire.messages import Fault

# What of the longest frame to a board is left for them: the code, boot id, id, op and command go before.
MAX_ARGUMENT_BYTES: Final = MAX_LINE_TO_BOARD - FRAME_OVERHEAD - 1 - 4 - 2 - 1 - 1

_LAYOUTS: Final = {
    ValueType.BOOL: struct.Struct("<B"),
    ValueType.INT: struct.Struct("<i"),
    ValueType.FLOAT: struct.Struct("<f"),
    ValueType.ENUM: struct.Struct("<B"),
}

ArgumentValue = bool | int | float | str


def pack_arguments(types: Sequence[ValueType], values: Sequence[ArgumentValue]) -> bytes:
    """The bytes of these values. One that its type cannot hold raises struct.error, OverflowError or ValueError; so do
    more than :data:`MAX_ARGUMENT_BYTES` in all."""
    out = bytearray()
    for kind, value in zip(types, values, strict=True):
        if kind is ValueType.TEXT:
            raw = str(value).encode()
            if len(raw) > MAX_ARGUMENT_BYTES:
                raise ValueError(f"a text of {len(raw)} bytes")
            out += bytes((len(raw),)) + raw
        else:
            out += _LAYOUTS[kind].pack(value)
    if len(out) > MAX_ARGUMENT_BYTES:
        raise ValueError(f"{len(out)} bytes of arguments, at most {MAX_ARGUMENT_BYTES} fit")
    return bytes(out)


def unpack_arguments(types: Sequence[ValueType], data: bytes) -> tuple[ArgumentValue, ...] | Fault:
    """The values in these bytes; bytes that follow them are ignored."""
    values = list[ArgumentValue]()
    at = 0
    for kind in types:
        size = data[at] + 1 if kind is ValueType.TEXT and at < len(data) else _size(kind)
        if at + size > len(data):
            return Fault("bad_payload", f"{len(data)} bytes of arguments are too few")
        piece = data[at : at + size]
        at += size
        match kind:
            case ValueType.TEXT:
                values.append(piece[1:].decode(errors="replace"))
            case ValueType.BOOL if piece[0] > 1:
                return Fault("bad_payload", f"{piece[0]} is no bool")
            case ValueType.BOOL:
                values.append(bool(piece[0]))
            case _:
                values.append(_LAYOUTS[kind].unpack(piece)[0])
    return tuple(values)


def _size(kind: ValueType) -> int:
    return 1 if kind is ValueType.TEXT else _LAYOUTS[kind].size
