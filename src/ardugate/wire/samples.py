"""Packed samples: scans in SAMPLES, records in IRREGULAR (docs/reference/wire.md, 3.5 and 3.6).

Nothing here makes a Python object per sample: packed bytes are sliced apart, translated by tables of 256 bytes and
taken over by ``array`` as they are.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, TypeAlias

# Quoted, because array is subscriptable at run time only since Python 3.12.
Column: TypeAlias = "array[int] | array[float]"


class Format(IntEnum):
    """How scans are packed."""

    U10 = 1
    BITS = 2
    U8 = 3
    U16 = 4
    I16 = 5
    I32 = 6
    F32 = 7


# What a column of each format is: array's type code, and the model's dtype.
TYPECODE: Final[dict[Format, str]] = {
    Format.U10: "H",
    Format.BITS: "B",
    Format.U8: "B",
    Format.U16: "H",
    Format.I16: "h",
    Format.I32: "i",
    Format.F32: "f",
}
DTYPE: Final[dict[str, str]] = {"B": "u8", "H": "u16", "h": "i16", "i": "i32", "f": "f32"}

_U10_MAX: Final = 1_023
_BIG_ENDIAN: Final = sys.byteorder == "big"

# u10: bits 2k and 2k+1 of the shared byte are the high bits of the k-th value of a group of four.
_HIGH: Final = tuple(bytes(byte >> 2 * k & 3 for byte in range(256)) for k in range(4))
_BIT: Final = tuple(bytes(byte >> k & 1 for byte in range(256)) for k in range(8))


def value_count(packing: Format, size: int, channels: int) -> int | None:
    """How many scans ``size`` packed bytes hold; None when that is no whole number of them, or none."""
    match packing:
        case Format.U10:
            groups, rest = divmod(size, 5)
            if rest == 1:
                return None
            values = 4 * groups + max(0, rest - 1)
            scans, left = divmod(values, channels)
        case Format.BITS:
            scans, left = divmod(size, -(-channels // 8))
        case _:
            scans, left = divmod(size, channels * array(TYPECODE[packing]).itemsize)
    return scans if scans and not left else None


def _unpack_u10(data: bytes) -> array[int]:
    rest = len(data) % 5
    if rest:
        # Fill the last group up with zeros in front of its shared byte; the surplus values are cut off again.
        data = data[:-1] + bytes(5 - rest) + data[-1:]
    high = data[4::5]
    out = bytearray(8 * len(high))
    for k in range(4):
        out[2 * k :: 8] = data[k::5]
        out[2 * k + 1 :: 8] = high.translate(_HIGH[k])
    values = array("H", bytes(out))
    if _BIG_ENDIAN:
        values.byteswap()
    if rest:
        del values[rest - 5 :]
    return values


def _pack_u10(values: array[int]) -> bytes:
    if values and max(values) > _U10_MAX:
        raise ValueError(f"{max(values)} does not fit into ten bits")
    count = len(values)
    groups, rest = divmod(count, 4)
    padded = array("H", values)
    if rest:
        padded.extend([0] * (4 - rest))
        groups += 1
    out = bytearray(5 * groups)
    for k in range(4):
        out[k::5] = bytes(value & 0xFF for value in padded[k::4])
    out[4::5] = bytes(
        a >> 8 | b >> 8 << 2 | c >> 8 << 4 | d >> 8 << 6
        for a, b, c, d in zip(padded[0::4], padded[1::4], padded[2::4], padded[3::4], strict=True)
    )
    if rest:
        del out[rest - 5 : -1]
    return bytes(out)


def unpack_scans(packing: Format, data: bytes, channels: int) -> list[Column] | None:
    """One column a channel, of the format's type; None when the bytes hold no whole number of scans."""
    if value_count(packing, len(data), channels) is None:
        return None
    if packing is Format.BITS:
        width = -(-channels // 8)
        return [array("B", data[k // 8 :: width].translate(_BIT[k % 8])) for k in range(channels)]
    values: Column
    values = _unpack_u10(data) if packing is Format.U10 else _array(TYPECODE[packing], data)
    return [values] if channels == 1 else [values[k::channels] for k in range(channels)]


def pack_scans(packing: Format, columns: Sequence[Column]) -> bytes:
    """Pack columns of equal length, one a channel. Raises ValueError or OverflowError for a value that does not fit."""
    channels, scans = len(columns), len(columns[0])
    if packing is Format.BITS:
        width = -(-channels // 8)
        out = bytearray(width * scans)
        for k, column in enumerate(columns):
            for scan, value in enumerate(column):
                out[scan * width + k // 8] |= (1 if value else 0) << k % 8
        return bytes(out)
    values: Column = array(TYPECODE[packing], bytes(array(TYPECODE[packing]).itemsize * channels * scans))
    for k, column in enumerate(columns):
        values[k::channels] = array(values.typecode, column)  # type: ignore[arg-type]
    if packing is Format.U10:
        return _pack_u10(values)  # type: ignore[arg-type]
    if _BIG_ENDIAN:
        values.byteswap()
    return values.tobytes()


def _array(typecode: str, data: bytes) -> Column:
    values: Column = array(typecode, data)
    if _BIG_ENDIAN:
        values.byteswap()
    return values
