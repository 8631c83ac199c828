"""Data of ANSWER: the lists of modes and of streams, and one stream (docs/reference/wire.md, 3.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_STREAM: Final = struct.Struct("<BBIB")
_DETAIL: Final = struct.Struct("<BIHB")


@dataclass(frozen=True, slots=True)
class ModeEntry:
    """One channel's mode and flags (``modes.MODE_CLAIMED``, ``modes.MODE_EVENTS``)."""

    channel: int
    mode: int
    flags: int


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One sampled stream that runs; ``channels`` in ascending order."""

    stream: int
    format: int
    period_ticks: int
    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StreamDetail:
    """More of one sampled stream that runs: ``step_ticks`` from one channel of a scan to the next, and how many bits of
    its values carry information (0: not known)."""

    format: int
    period_ticks: int
    step_ticks: int
    effective_bits: int


def serialize_modes(entries: Iterable[ModeEntry]) -> bytes:
    """The data of an ANSWER about modes."""
    return b"".join(bytes((entry.channel, entry.mode, entry.flags)) for entry in entries)


def parse_modes(data: bytes) -> list[ModeEntry] | None:
    """None when the bytes are no whole number of entries."""
    if len(data) % 3:
        return None
    return [ModeEntry(*data[at : at + 3]) for at in range(0, len(data), 3)]


def serialize_streams(entries: Iterable[StreamEntry]) -> bytes:
    """The data of an ANSWER about streams."""
    return b"".join(
        _STREAM.pack(entry.stream, entry.format, entry.period_ticks, len(entry.channels)) + bytes(entry.channels)
        for entry in entries
    )


def parse_streams(data: bytes) -> list[StreamEntry] | None:
    """None when the last entry is cut off."""
    entries = list[StreamEntry]()
    at = 0
    while at < len(data):
        if at + _STREAM.size > len(data):
            return None
        stream, packing, period_ticks, count = _STREAM.unpack_from(data, at)
        at += _STREAM.size
        channels = tuple(data[at : at + count])
        if len(channels) != count:
            return None
        at += count
        entries.append(StreamEntry(stream, packing, period_ticks, channels))
    return entries


def serialize_stream(detail: StreamDetail | None) -> bytes:
    """The data of an ANSWER about one stream; None: it does not run."""
    if detail is None:
        return b""
    return _DETAIL.pack(detail.format, detail.period_ticks, detail.step_ticks, detail.effective_bits)


def parse_stream(data: bytes) -> StreamDetail | None:
    """None when it does not run, or the board does not say."""
    return StreamDetail(*_DETAIL.unpack_from(data)) if len(data) >= _DETAIL.size else None
