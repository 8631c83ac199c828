"""Data of ANSWER: the lists of modes and of streams (docs/reference/wire.md, 3.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_STREAM: Final = struct.Struct("<BBIB")


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
