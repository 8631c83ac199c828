"""One stream's newest batches, and the views that clients have of it."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from ardugate.hub.limits import RING_BATCHES, RING_BYTES, RING_NS, STALE_NS, STALE_SCANS
from ardugate.model import Batch, Stream

# Bytes that a text value is taken to cost.
_TEXT_BYTES = 64


class Entry(NamedTuple):
    """A batch in its ring. ``order`` counts all that the hub was given, so it is a place in time across streams."""

    order: int
    batch: Batch
    lost: int


class Ring:
    """The newest batches of one stream, bounded by number, bytes and age (but for ``bounded`` False: what was read from
    a disk to answer one question); the last one is always kept.

    Every scan of the stream is in a batch or lost before one, so sequence numbers alone tell the losses.
    """

    def __init__(self, stream: Stream, *, bounded: bool = True) -> None:
        self.stream = stream
        self._bounded = bounded
        self.entries: deque[Entry] = deque()
        self.floor_order = 0
        """The newest order that is no longer here."""
        self.lost_total = 0
        self.ended: tuple[str, int] | None = None
        self.end_order = 0
        """The order of its end, 0 before."""
        self._bytes = 0
        self._next_seq: int | None = None

    def append(self, order: int, batch: Batch) -> Entry:
        """Add the next batch, dropping the oldest beyond the bounds.

        Raises ValueError when the batch does not follow what was here: whoever publishes has numbered it wrongly.
        """
        if self.ended is not None:
            raise ValueError(f"stream {self.stream.id} has ended, got a batch with seq {batch.seq}")
        lost = batch.lost if self._next_seq is None else batch.seq - self._next_seq
        if lost < 0 or batch.count == 0:
            raise ValueError(f"expected seq {self._next_seq} or later of {self.stream.id}, got {batch.seq}")
        self._next_seq = batch.seq + batch.count
        self.lost_total += lost
        entry = Entry(order, batch, lost)
        self.entries.append(entry)
        self._bytes += size_bytes(batch)
        while self._bounded and self._is_over_full(batch.t0_ns):
            self._drop_oldest()
        return entry

    def until(self, entries: Iterable[Entry]) -> Ring:
        """Its batches from the first to one of them, which are given, as they are now: nothing comes or goes."""
        part = Ring(self.stream, bounded=False)
        part.entries = deque(entries)
        part.floor_order = self.floor_order
        if part.last_order == self.last_order:
            part.ended, part.end_order = self.ended, self.end_order
        return part

    def keep_last(self) -> None:
        """Drop all but the newest batch."""
        while len(self.entries) > 1:
            self._drop_oldest()

    def _is_over_full(self, now_ns: int) -> bool:
        count = len(self.entries)
        return count > 1 and (
            self._bytes > RING_BYTES or count > RING_BATCHES or now_ns - self.entries[0].batch.t0_ns > RING_NS
        )

    def _drop_oldest(self) -> None:
        oldest = self.entries.popleft()
        self.floor_order = oldest.order
        self._bytes -= size_bytes(oldest.batch)

    @property
    def last(self) -> Entry | None:
        """The newest batch."""
        return self.entries[-1] if self.entries else None

    @property
    def last_order(self) -> int:
        """The order of the newest batch, 0 without one."""
        return self.entries[-1].order if self.entries else 0

    def scan_ns(self, batch: Batch, scan: int) -> int:
        """When scan number ``scan`` of a batch was taken (its first channel)."""
        if batch.times_ns is not None:
            return batch.times_ns[scan]
        return batch.t0_ns + ticks_ns(self.stream, scan)

    def is_stale(self, at_ns: int, now_ns: int) -> bool:
        """Whether a value of this time is older than it should be; an irregular stream's never is, as long as the
        stream lives (the board repeats what does not change)."""
        dt_s = self.stream.dt_s
        if self.ended is not None:
            return True
        return dt_s is not None and now_ns - at_ns > STALE_NS + STALE_SCANS * round(dt_s * 1e9)


def ticks_ns(stream: Stream, scans: int) -> int:
    """Length of this many scans of a regular stream, rounded to ns without accumulating."""
    return 0 if stream.dt_ticks is None else round(scans * stream.dt_ticks * 10**9 / stream.tick_hz)


def size_bytes(batch: Batch) -> int:
    """Raw bytes of a batch."""
    times = 0 if batch.times_ns is None else 8 * len(batch.times_ns)
    return times + sum(
        len(column) * (column.itemsize if isinstance(column, array) else _TEXT_BYTES) for column in batch.columns
    )
