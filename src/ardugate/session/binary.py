"""Binary frames of samples (docs/reference/gateway.md, section 6)."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from math import isfinite
from typing import cast

from ardugate.model import Delivery

KIND_SAMPLES = 1
TIMES = 1
"""Flag: a column of times comes first."""

DTYPES = {"u8": 1, "u16": 2, "i16": 3, "i32": 4, "f32": 5}
_TYPECODES = {"u8": "B", "u16": "H", "i16": "h", "i32": "i", "f32": "f"}

# kind, dtype, columns, number, seq, t0_s, scans, lost, flags, 0, cursor bytes, 0: 40 bytes, a multiple of 8.
_HEADER = struct.Struct("<BBHIQdIIBxHxxxx")
_LOST_MAX = 0xFFFF_FFFF


def can_encode(delivery: Delivery) -> bool:
    """Whether this batch may travel in a binary frame: no text, and no missing value."""
    dtype = delivery.view.dtype
    if dtype not in DTYPES:
        return False
    return dtype != "f32" or all(
        isfinite(raw) for column in delivery.columns for raw in column if isinstance(raw, float)
    )


def encode(delivery: Delivery) -> bytes:
    """The frame of a batch. The caller has asked ``can_encode``."""
    view = delivery.view
    times_ns = delivery.times_ns
    cursor = delivery.cursor.encode("ascii")
    parts = [
        _HEADER.pack(
            KIND_SAMPLES,
            DTYPES[view.dtype],
            len(delivery.columns),
            view.number,
            delivery.seq,
            delivery.t0_ns / 1e9,
            delivery.count,
            min(delivery.lost, _LOST_MAX),
            0 if times_ns is None else TIMES,
            len(cursor),
        )
    ]
    if times_ns is not None:
        parts.append(_little_endian(array("d", [each / 1e9 for each in times_ns])))
    for column in delivery.columns:
        raw = _little_endian(_as_array(_TYPECODES[view.dtype], column))
        parts += (raw, bytes(-len(raw) % 8))
    parts.append(cursor)
    return b"".join(parts)


def _as_array(typecode: str, column: Sequence[int] | Sequence[float] | Sequence[str]) -> array[int]:
    # The type checkers cannot follow: a dtype of DTYPES has numbers in its columns, whatever kind of sequence they are.
    if isinstance(column, array) and column.typecode == typecode:
        return cast("array[int]", column)
    return array(typecode, cast("Sequence[int]", column))


def _little_endian(column: array[int] | array[float]) -> bytes:
    if sys.byteorder == "little":
        return column.tobytes()
    swapped = column[:]
    swapped.byteswap()
    return swapped.tobytes()
