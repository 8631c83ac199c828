"""What a capture holds as rows of values, for tables: all channels side by side, one time a row."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Final

from ardugate.errors import NotACapture
from ardugate.model import Channel, Stream, Value, ValueType
from ardugate.record.blocks import Damaged
from ardugate.record.cut import MARGIN_NS
from ardugate.record.files import blocks
from ardugate.record.notes import Happened, Head, Missing, Note, Pause, StreamBegan
from ardugate.record.reader import Event, Reader, Scans

STATS: Final = ("mean", "min", "max")
_NEVER_NS: Final = 1 << 62
_LOST: Final = {"board": "not taken by the board", "wire": "lost on the wire", "queue": "dropped inside the gateway"}


@dataclass(frozen=True, slots=True)
class Row:
    """Values by column at a time; ``gap`` says what is missing there, ``mark`` what somebody noted."""

    at_ns: int
    values: dict[str, Value]
    gap: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name (``board/channel``, with the statistic where there is one), unit, and what its values are."""

    name: str
    unit: str
    type: ValueType


def channels(path: Path) -> dict[str, Channel]:
    """The channels that a capture has streams of, by address. Of one that changed, the last.

    Raises OSError, and NotACapture for a file without anything that a capture begins with.
    """
    found: dict[str, Channel] = {}
    begun = False
    for event in Reader().events(blocks(path, from_ns=_NEVER_NS)):
        begun = begun or isinstance(event, Head)
        if isinstance(event, StreamBegan):
            found |= {f"{event.stream.board}/{channel.name}": channel for channel in event.stream.channels}
    if not begun and not found:
        raise NotACapture(str(path))
    return found


def rows(path: Path, from_ns: int | None = None, to_ns: int | None = None) -> Iterator[Row]:
    """The rows of a capture in the order of their times, both ends included. Raises OSError."""
    early_ns = None if from_ns is None else from_ns - MARGIN_NS
    reader = Reader()
    found = _in_order(_rows(reader.events(blocks(path, early_ns, to_ns))))
    for row in found:
        if (from_ns is None or row.at_ns >= from_ns) and (to_ns is None or row.at_ns <= to_ns):
            yield row


def _rows(events: Iterable[Event]) -> Iterator[Row]:
    newest_ns = 0
    for event in events:
        match event:
            case Scans(stream=stream, batch=batch):
                names = [f"{stream.board}/{channel.name}" for channel in stream.channels]
                columns = [
                    channel.values(column) for channel, column in zip(stream.channels, batch.columns, strict=True)
                ]
                times = batch.times_ns or _times(stream, batch.t0_ns, batch.count)
                for at_ns, *values in zip(times, *columns, strict=True):
                    yield Row(at_ns, dict(zip(names, values, strict=True)))
                newest_ns = times[-1]
            case Damaged(size=size):
                yield Row(newest_ns, {}, f"{size} bytes of the file are damaged")
            case _:
                if (row := _of_note(event)) is not None:
                    yield row


def _of_note(note: Note) -> Row | None:
    match note:
        case Missing(loss=loss):
            how = _LOST.get(loss.place, loss.place)
            return Row(loss.at_ns, {}, f"{loss.count} scans of {loss.board} {how} ({loss.reason})")
        case Pause(reason, from_ns, to_ns):
            return Row(from_ns, {}, f"not recorded for {(to_ns - from_ns) / 1e9:.1f} s ({reason})")
        case Happened("mark", _, text, at_ns):
            return Row(at_ns, {}, "", text)
        case Happened("reset" | "down" | "silent", _, text, at_ns):
            return Row(at_ns, {}, text)
        case _:
            return None


def _times(stream: Stream, t0_ns: int, count: int) -> Sequence[int]:
    ticks = stream.dt_ticks or 0
    return [t0_ns + round(scan * ticks * 10**9 / stream.tick_hz) for scan in range(count)]


def _in_order(found: Iterable[Row]) -> Iterator[Row]:
    """Streams are side by side in a capture, each a little behind or ahead: rows wait until nothing earlier comes. Rows
    of one time are one."""
    waiting: list[tuple[int, int, Row]] = []
    newest_ns = 0
    last: Row | None = None
    for number, row in enumerate(found):
        heapq.heappush(waiting, (row.at_ns, number, row))
        newest_ns = max(newest_ns, row.at_ns)
        while waiting and waiting[0][0] < newest_ns - MARGIN_NS:
            due = heapq.heappop(waiting)[2]
            last, done = _joined(last, due)
            if done is not None:
                yield done
    while waiting:
        last, done = _joined(last, heapq.heappop(waiting)[2])
        if done is not None:
            yield done
    if last is not None:
        yield last


def _joined(last: Row | None, row: Row) -> tuple[Row, Row | None]:
    if last is None or last.at_ns != row.at_ns or last.values.keys() & row.values.keys():
        return row, last
    gap, mark = ("; ".join(filter(None, pair)) for pair in ((last.gap, row.gap), (last.mark, row.mark)))
    return Row(row.at_ns, last.values | row.values, gap, mark), None


@dataclass(slots=True)
class _Sum:
    """Of a channel's values in a window."""

    count: int = 0
    total: float = 0.0
    low: float = inf
    high: float = -inf
    last: Value = None

    def add(self, value: Value) -> None:
        self.last = value
        if isinstance(value, int | float):
            self.count += 1
            self.total += value
            self.low, self.high = min(self.low, value), max(self.high, value)

    def stat(self, name: str) -> Value:
        if not self.count:
            return self.last
        return {"mean": self.total / self.count, "min": self.low, "max": self.high}[name]


@dataclass(slots=True)
class _Window:
    begin_ns: int
    sums: dict[str, _Sum] = field(default_factory=dict[str, _Sum])
    gaps: list[str] = field(default_factory=list[str])
    marks: list[str] = field(default_factory=list[str])

    def row(self, stats: Sequence[str]) -> Row:
        values = {f"{name} {stat}": each.stat(stat) for name, each in self.sums.items() for stat in stats}
        return Row(self.begin_ns, values, "; ".join(self.gaps), "; ".join(self.marks))


def summed(found: Iterable[Row], every_ns: int, stats: Sequence[str]) -> Iterator[Row]:
    """One row for each ``every_ns`` (counted from the Unix epoch) in which there is anything, at its begin."""
    window: _Window | None = None
    for row in found:
        begin_ns = row.at_ns - row.at_ns % every_ns
        if window is None or window.begin_ns != begin_ns:
            if window is not None:
                yield window.row(stats)
            window = _Window(begin_ns)
        for name, value in row.values.items():
            window.sums.setdefault(name, _Sum()).add(value)
        window.gaps += filter(None, [row.gap])
        window.marks += filter(None, [row.mark])
    if window is not None:
        yield window.row(stats)


def columns_of(found: dict[str, Channel], stats: Sequence[str] = ()) -> list[Column]:
    """The columns of a table with these channels."""
    if not stats:
        return [Column(name, channel.unit, channel.type) for name, channel in found.items()]
    texts = (ValueType.TEXT, ValueType.ENUM)
    return [
        Column(f"{name} {stat}", channel.unit, channel.type if channel.type in texts else ValueType.FLOAT)
        for name, channel in found.items()
        for stat in stats
    ]
