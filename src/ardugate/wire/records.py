"""Records of IRREGULAR: values that come when they come, each with its own time (docs/reference/wire.md, 3.6)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from typing import Final, TypeAlias

from ardugate.wire.modes import RawForm

_LAYOUT: Final = {
    RawForm.BOOL: struct.Struct("<IB"),
    RawForm.I32: struct.Struct("<Ii"),
    RawForm.F32: struct.Struct("<If"),
}
_TYPECODE: Final = {RawForm.BOOL: "B", RawForm.I32: "i", RawForm.F32: "f"}
_TEXT_HEAD: Final = struct.Struct("<IB")

Values: TypeAlias = "array[int] | array[float] | list[str]"


def unpack_records(form: RawForm, data: bytes) -> tuple[array[int], Values] | None:
    """The records' times (``array`` of u32 board µs) and values; None when the bytes are no whole number of records,
    none at all, or a bool that is neither 0 nor 1."""
    if form is RawForm.TEXT:
        return _unpack_text(data)
    layout = _LAYOUT[form]
    if not data or len(data) % layout.size:
        return None
    times, raw = zip(*layout.iter_unpack(data), strict=True)
    if form is RawForm.BOOL and max(raw) > 1:
        return None
    return array("I", times), array(_TYPECODE[form], raw)


def pack_records(form: RawForm, times: Sequence[int], values: Sequence[int | float | str]) -> bytes:
    """Pack records. ``times`` are u32 board µs; texts longer than 255 bytes of UTF-8 raise ValueError."""
    if form is not RawForm.TEXT:
        layout = _LAYOUT[form]
        return b"".join(layout.pack(t_us, value) for t_us, value in zip(times, values, strict=True))
    out = bytearray()
    for t_us, value in zip(times, values, strict=True):
        text = str(value).encode()
        if len(text) > 255:
            raise ValueError(f"a text of {len(text)} bytes does not fit into a record")
        out += _TEXT_HEAD.pack(t_us, len(text)) + text
    return bytes(out)


def _unpack_text(data: bytes) -> tuple[array[int], list[str]] | None:
    times, texts = array("I"), list[str]()
    at = 0
    while at < len(data):
        if at + _TEXT_HEAD.size > len(data):
            return None
        t_us, length = _TEXT_HEAD.unpack_from(data, at)
        start = at + _TEXT_HEAD.size
        at = start + length
        if at > len(data):
            return None
        times.append(t_us)
        texts.append(data[start:at].decode(errors="replace"))
    return (times, texts) if texts else None
