"""A reader of binary frames, written from docs/reference/gateway.md alone: what a stranger would write."""

from __future__ import annotations

import struct
from dataclasses import dataclass

DTYPES = {1: ("u8", "B", 1), 2: ("u16", "H", 2), 3: ("i16", "h", 2), 4: ("i32", "i", 4), 5: ("f32", "f", 4)}


class BadFrameError(ValueError):
    """The frame breaks the page's rules."""


@dataclass(frozen=True, slots=True)
class Samples:
    dtype: str
    number: int
    seq: int
    t0_s: float
    count: int
    lost: int
    times_s: list[float] | None
    columns: list[list[float]]
    cursor: str


def decode(data: bytes) -> Samples | None:
    """The samples of a frame; None for a kind that is not known."""
    if len(data) < 40:
        raise BadFrameError("shorter than its header")
    if data[0] != 1:
        return None
    dtype, typecode, size = DTYPES.get(data[1]) or ("", "", 0)
    if not size:
        raise BadFrameError("unknown dtype")
    columns, number, seq, t0_s, count, lost = struct.unpack_from("<HIQdII", data, 2)
    flags, _, cursor_bytes = struct.unpack_from("<BBH", data, 32)
    at = 40
    column_bytes = -(-count * size // 8) * 8
    if len(data) != at + (8 * count if flags & 1 else 0) + columns * column_bytes + cursor_bytes:
        raise BadFrameError("its length is not what its header says")
    times_s = None
    if flags & 1:
        times_s = list(struct.unpack_from(f"<{count}d", data, at))
        at += 8 * count
    values: list[list[float]] = []
    for _ in range(columns):
        assert at % 8 == 0
        values.append(list(struct.unpack_from(f"<{count}{typecode}", data, at)))
        at += column_bytes
    return Samples(dtype, number, seq, t0_s, count, lost, times_s, values, data[at:].decode("ascii"))
