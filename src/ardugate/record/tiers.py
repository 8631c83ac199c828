"""Minimum, maximum, mean and count of every channel in each second and each minute, for months of charts."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple, cast

from ardugate.model import Batch, Channel, Stream, ValueType
from ardugate.record.blocks import Block, Damaged, Kind, block
from ardugate.record.notes import ChannelSeen, parse, serialize

# Unix seconds of the begin, number of the channel, 0, count, 0, minimum, maximum, mean.
_ROW: Final = struct.Struct("<IHHIIddd")
_S: Final = 10**9
_NO_NUMBERS: Final = (ValueType.TEXT, ValueType.ENUM)
PERIODS_S: Final = (1, 60)


class TierRow(NamedTuple):
    """What a channel (by its address) did from ``at_s`` on, for the tier's period; values in its unit."""

    at_s: int
    address: str
    n: int
    low: float
    high: float
    mean: float


@dataclass(slots=True)
class _Bucket:
    at_s: int = 0
    count: int = 0
    low: float = inf
    high: float = -inf
    total: float = 0.0

    def add(self, count: int, low: float, high: float, total: float) -> None:
        self.count += count
        self.total += total
        if low < self.low:
            self.low = low
        if high > self.high:
            self.high = high


class Tier:
    """One period: takes batches, gives rows that are complete. Pure."""

    def __init__(self, period_s: int) -> None:
        self.period_s = period_s
        self._buckets: dict[str, _Bucket] = {}
        self._done: list[TierRow] = []

    def add(self, stream: Stream, batch: Batch) -> None:
        """Scans of a stream. The path of every frame: a batch that lies within one bucket costs three calls in C for
        each of its columns."""
        for start, stop, at_s in _parts(stream, batch, self.period_s):
            for channel, column in zip(stream.channels, batch.columns, strict=True):
                if channel.type not in _NO_NUMBERS:
                    part = cast("array[float]", column if stop - start == len(column) else column[start:stop])
                    self._take(f"{stream.board}/{channel.name}", channel, part, at_s)

    def merge(self, row: TierRow) -> None:
        """A row of a shorter period."""
        at_s = row.at_s - row.at_s % self.period_s
        self._bucket(row.address, at_s).add(row.n, row.low, row.high, row.mean * row.n)

    def rows(self, before_s: int) -> list[TierRow]:
        """What is complete: all that ended before then."""
        for address, bucket in list(self._buckets.items()):
            if bucket.at_s + self.period_s <= before_s:
                self._close(address, bucket)
                del self._buckets[address]
        done, self._done = self._done, []
        return done

    def _take(self, address: str, channel: Channel, part: array[float], at_s: int) -> None:
        low, high, total, count = min(part), max(part), sum(part), len(part)
        if total != total or high == inf or low == -inf:
            kept = [value for value in part if value - value == 0]
            if not kept:
                return
            low, high, total, count = min(kept), max(kept), sum(kept), len(kept)
        scale, offset = channel.scale, channel.offset
        if scale != 1 or offset:
            low, high = sorted((low * scale + offset, high * scale + offset))
            total = total * scale + count * offset
        self._bucket(address, at_s).add(count, low, high, total)

    def _bucket(self, address: str, at_s: int) -> _Bucket:
        bucket = self._buckets.get(address)
        if bucket is None or bucket.at_s != at_s:
            if bucket is not None:
                self._close(address, bucket)
            bucket = self._buckets[address] = _Bucket(at_s)
        return bucket

    def _close(self, address: str, bucket: _Bucket) -> None:
        mean = bucket.total / bucket.count
        self._done.append(TierRow(bucket.at_s, address, bucket.count, bucket.low, bucket.high, mean))


def _parts(stream: Stream, batch: Batch, period_s: int) -> Iterator[tuple[int, int, int]]:
    """The scans of a batch bucket by bucket: first, behind the last, and the bucket's begin."""
    period_ns = period_s * _S
    times, count = batch.times_ns, batch.count
    if times is None:
        dt_ns = (stream.dt_s or 0.0) * 1e9
        start = 0
        while start < count:
            at_ns = batch.t0_ns + round(start * dt_ns)
            begin_ns = at_ns - at_ns % period_ns
            left = int((begin_ns + period_ns - at_ns - 1) / dt_ns) + 1 if dt_ns else count
            stop = min(count, start + max(1, left))
            yield start, stop, begin_ns // _S
            start = stop
        return
    start = 0
    for scan in range(1, count + 1):
        if scan == count or times[scan] // period_ns != times[start] // period_ns:
            yield start, scan, times[start] // period_ns * period_s
            start = scan


class TierTape:
    """Rows as blocks; a channel is announced before its first row in a file."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def blocks(self, rows: Iterable[TierRow]) -> bytes:
        """The blocks of these rows."""
        notes, packed = list[bytes](), list[bytes]()
        for row in rows:
            if row.address not in self._numbers:
                self._numbers[row.address] = len(self._numbers) % 65_536
                notes.append(self._note(row.address))
            number = self._numbers[row.address]
            packed.append(_ROW.pack(row.at_s, number, 0, row.n, 0, row.low, row.high, row.mean))
        return b"".join(notes) + (block(Kind.TIER, b"".join(packed)) if packed else b"")

    def preamble(self, at_ns: int = 0) -> bytes:
        """What a file begins with."""
        del at_ns
        return b"".join(self._note(address) for address in self._numbers)

    def _note(self, address: str) -> bytes:
        board, _, channel = address.partition("/")
        return block(Kind.NOTE, serialize(ChannelSeen(self._numbers[address], board, channel)))


def rows_of(blocks: Iterable[Block | Damaged]) -> Iterator[TierRow]:
    """The rows of a tier's file. What cannot be read is left out."""
    addresses: dict[int, str] = {}
    for each in blocks:
        if isinstance(each, Damaged):
            continue
        try:
            if each.kind == Kind.NOTE and isinstance(note := parse(each.body), ChannelSeen):
                addresses[note.number] = f"{note.board}/{note.channel}"
        except ValueError:
            continue
        if each.kind == Kind.TIER and len(each.body) % _ROW.size == 0:
            for at_s, number, _, count, _, low, high, mean in _ROW.iter_unpack(each.body):
                if number in addresses:
                    yield TierRow(at_s, addresses[number], count, low, high, mean)
