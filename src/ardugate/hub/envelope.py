"""The envelope form: minimum and maximum over every 2^k scans, in which a spike of one scan still shows."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import cast

from ardugate.hub.ring import Entry, Ring
from ardugate.hub.views import CursorText, Item, RawView
from ardugate.model import Batch, Delivery, Loss, View

_VALUE_BYTES = 8  # of a pair's half, taken high


def end_of(batch: Batch) -> int:
    """The number of the scan after a batch."""
    return batch.seq + batch.count


@dataclass(slots=True)
class Buckets:
    """Minimum and maximum of each column, bucket by bucket: bucket *n* holds the scans from ``n * every`` on.

    ``begun`` is a bucket whose last scan has not come; ``skip`` one whose first scans are not in memory any more, so
    that it must not be told.
    """

    every: int
    columns: tuple[int, ...]
    skip: int | None = None
    begun: int | None = None
    _now: list[tuple[float, float] | None] = field(default_factory=list["tuple[float, float] | None"])

    def interrupted(self, batch: Batch) -> tuple[int, list[array[float]]] | None:
        """The begun bucket, if a gap before this batch holds its last scan: it is told with what it has."""
        if self.begun is None or batch.seq // self.every == self.begun:
            return None
        return self.close(batch)

    def close(self, batch: Batch) -> tuple[int, list[array[float]]] | None:
        """The begun bucket with what it has, None when there is none; ``batch`` says the columns' type."""
        if self.begun is None:
            return None
        bucket, pairs = self.begun, self._taken()
        return None if bucket == self.skip else (bucket, self._as_columns(batch, [pairs]))

    def add(self, batch: Batch) -> tuple[int, list[array[float]]] | None:
        """Take a batch in. The buckets that it completes: the first one's number, and for each column its minima, then
        its maxima; None when it completes none."""
        every, end, at = self.every, end_of(batch), batch.seq
        first, done = at // every, list[list[tuple[float, float]]]()
        while at < end:
            bucket = at // every
            stop = min(end, (bucket + 1) * every)
            self._widen(batch, at - batch.seq, stop - batch.seq)
            self.begun, at = bucket, stop
            if stop == (bucket + 1) * every:
                pairs = self._taken()
                if bucket == self.skip:
                    first += 1
                else:
                    done.append(pairs)
        return (first, self._as_columns(batch, done)) if done else None

    def _widen(self, batch: Batch, start: int, stop: int) -> None:
        now = self._now or [None] * len(self.columns)
        self._now = [
            _wider(pair, _numbers(batch, column)[start:stop]) for pair, column in zip(now, self.columns, strict=True)
        ]

    def _taken(self) -> list[tuple[float, float]]:
        pairs = [(nan, nan) if pair is None else pair for pair in self._now]
        self._now, self.begun = [], None
        return pairs

    def _as_columns(self, batch: Batch, done: list[list[tuple[float, float]]]) -> list[array[float]]:
        made: list[array[float]] = []
        for place, column in enumerate(self.columns):
            typecode = _numbers(batch, column).typecode
            made += [array(typecode, [pairs[place][half] for pairs in done]) for half in (0, 1)]
        return made


def _numbers(batch: Batch, column: int) -> array[float]:
    # Text is never regular, and integers are numbers.
    return cast("array[float]", batch.columns[column])


def _wider(pair: tuple[float, float] | None, part: array[float]) -> tuple[float, float] | None:
    values = [each for each in part if isfinite(each)] if part.typecode == "f" else part
    if not values:
        return pair
    low, high = min(values), max(values)
    return (low, high) if pair is None else (min(low, pair[0]), max(high, pair[1]))


def seeded(ring: Ring, entries: Sequence[Entry], index: int, every: int, columns: tuple[int, ...]) -> Buckets:
    """The buckets as they are before ``entries[index]``, from the batches of the ring before it."""
    buckets = Buckets(every, columns)
    before = _end_before(entries, index)
    start = before - before % every
    if start == before:
        return buckets
    first = index
    while first > 0 and end_of(entries[first - 1].batch) > start:
        first -= 1
    if entries and _end_before(entries, first) > start and ring.floor_order > 0:
        buckets.skip = before // every
    for entry in entries[first:index]:
        # What these complete was told before; only the begun one counts.
        buckets.interrupted(entry.batch)
        buckets.add(entry.batch)
    return buckets


def _end_before(entries: Sequence[Entry], index: int) -> int:
    """The number of the scan that was due after what stands before ``entries[index]``."""
    if index > 0:
        return end_of(entries[index - 1].batch)
    return entries[0].batch.seq - entries[0].lost if entries else 0


def can_go_on(ring: Ring, after: int, every: int) -> bool:
    """Whether the bucket that had begun at this place is still in memory whole."""
    entries = list(ring.entries)
    index = sum(1 for entry in entries if entry.order <= after)
    return seeded(ring, entries, index, every, ()).skip is None


class EnvelopeView(RawView):
    """Buckets in order. What a batch completes is one item, whoever asks and whenever: so cursors hold here too."""

    def __init__(self, view: View, columns: tuple[int, ...], ring: Ring, cursor_text: CursorText) -> None:
        super().__init__(view, columns, ring, cursor_text)
        self._buckets = Buckets(view.every, columns)

    def reach_back(self, after: int | None) -> None:
        """Have all items that came after an order; None: at least the newest one."""
        entries = list(self.ring.entries)
        known = self._from_order
        if not entries or (after is None and known is not None):
            return
        stop = len(entries) if known is None else sum(1 for entry in entries if entry.order < known)
        first = self._first_of_newest(entries) if after is None else sum(1 for each in entries if each.order <= after)
        if first > stop or (first == stop and known is not None):
            return
        buckets = seeded(self.ring, entries, first, self.view.every, self._columns)
        expected = _end_before(entries, first) // self.view.every + (buckets.skip is not None)
        made: list[Item] = []
        for entry in entries[first:stop]:
            items, expected = self._items(buckets, entry, expected)
            made += items
        ordinal = self._first_ordinal
        for item in reversed(made):
            assert isinstance(item.what, Delivery), "losses are not reached back for"
            ordinal -= item.what.count
            self.items.appendleft(item._replace(ordinal=ordinal))
        self.base -= len(made)
        self._first_ordinal = ordinal
        if first < stop:
            self._from_order = entries[first].order
        if known is None:
            self._buckets, self._next_seq = buckets, expected
            self._from_order = self._from_order or entries[-1].order + 1
            if self.ring.ended is not None:
                self.finish()

    def append(self, entry: Entry) -> bool:
        """Take the next batch from the ring; False when it completes no bucket."""
        if self._from_order is None:
            self._from_order = entry.order
        expected = self._next_seq
        if expected is None:
            expected = (entry.batch.seq - entry.lost) // self.view.every
        items, self._next_seq = self._items(self._buckets, entry, expected)
        for item in items:
            self._add(item)
        return bool(items)

    def append_loss(self, order: int, loss: Loss) -> bool:
        """Tell a loss on board or wire: of a bucket only where nothing of it came."""
        every = self.view.every
        first = -(-loss.from_seq // every)
        count = (loss.from_seq + loss.count) // every - first
        if count <= 0:
            return False
        told = Loss(loss.place, loss.reason, self.view.id, count, first, loss.at_ns, loss.board)
        self._push(Item(order, told, self.scans, 0))
        return True

    def finish(self) -> None:
        """The stream has ended: its last bucket is told with what it has."""
        last = self.ring.last
        rest = None if last is None else self._buckets.close(last.batch)
        if last is not None and rest is not None:
            delivery = self._delivery(last, rest, self.next_seq, self._cursor_text(self.ring.end_order))
            self._add(Item(self.ring.end_order, delivery, 0, 0))
            self._next_seq = delivery.seq + delivery.count

    def _first_of_newest(self, entries: Sequence[Entry]) -> int:
        """Where the newest whole bucket begins."""
        every = self.view.every
        start = (end_of(entries[-1].batch) // every - 1) * every
        return next((index for index in range(len(entries) - 1, 0, -1) if entries[index].batch.seq <= start), 0)

    def _items(self, buckets: Buckets, entry: Entry, expected: int) -> tuple[list[Item], int]:
        """What a batch completes, and the bucket that is expected after it."""
        made: list[Item] = []
        # Where a gap ended a bucket there are two items of one order: never parted by a `take`, for the first counts no
        # bytes; and whoever got only the first gets both again.
        for found, at, size in (
            (buckets.interrupted(entry.batch), entry.order - 1, 0),
            (buckets.add(entry.batch), entry.order, _VALUE_BYTES),
        ):
            if found is None:
                continue
            delivery = self._delivery(entry, found, expected, self._cursor_text(at))
            expected = delivery.seq + delivery.count
            made.append(Item(entry.order, delivery, 0, size * len(delivery.columns) * delivery.count))
        return made, expected

    def _delivery(self, entry: Entry, found: tuple[int, list[array[float]]], expected: int, cursor: str) -> Delivery:
        bucket, columns = found
        at_ns = self.ring.scan_ns(entry.batch, bucket * self.view.every - entry.batch.seq)
        return Delivery(self.view, bucket, at_ns, tuple(columns), None, bucket - expected, cursor)

    def _add(self, item: Item) -> None:
        assert isinstance(item.what, Delivery), "losses are pushed as they are"
        self._push(item._replace(ordinal=self.scans))
        self.scans += item.what.count
