"""Views: a stream as clients chose it, and cursors into one."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from ardugate.hub.limits import RING_BATCHES
from ardugate.hub.ring import Entry, Ring, size_bytes
from ardugate.model import Delivery, Loss, View

if TYPE_CHECKING:
    from ardugate.hub.places import Place

CursorText = Callable[[int], str]
"""From an order to the opaque string that clients see."""


class Item(NamedTuple):
    """Something to deliver: ``ordinal`` is the number of scans that the view had before it."""

    order: int
    what: Delivery | Loss
    ordinal: int
    size_bytes: int


def kept_before(seq: int, every: int) -> int:
    """How many scan numbers below ``seq`` are multiples of ``every``: the view's own number of the next kept scan."""
    return -(-seq // every)


class RawView:
    """Every scan, or every k-th, in order; each item made once and shared by all cursors."""

    def __init__(self, view: View, columns: tuple[int, ...], ring: Ring, cursor_text: CursorText) -> None:
        self.view = view
        self.ring = ring
        self.items: deque[Item] = deque()
        self.base = 0
        """Absolute index of ``items[0]``: cursors count from the view's beginning."""
        self.scans: int = 0
        """Scans that the view had since it was made (what it reached back for counts below 0)."""
        self.cursors: set[RawCursor] = set()
        self._columns = columns
        self._cursor_text = cursor_text
        self._next_seq: int | None = None
        self._from_order: int | None = None
        self._first_ordinal = 0

    def reach_back(self, after: int | None) -> None:
        """Have every batch of the ring that came after an order; None: at least the newest one that counts here.

        Costs what it adds: a new view of a full ring must not hold up everybody else.
        """
        if after is None and self._from_order is not None:
            return
        older: list[Entry] = []
        before: Entry | None = None
        for entry in reversed(self.ring.entries):
            if self._from_order is not None and entry.order >= self._from_order:
                continue
            if (after is None and not (older and self._keeps(older[-1]))) or (
                after is not None and entry.order > after
            ):
                older.append(entry)
            elif self._keeps(entry):
                before = entry
                break
        if before is not None:
            expected = kept_before(before.batch.seq + before.batch.count, self.view.every)
        elif self.ring.entries:
            first = self.ring.entries[0]
            expected = kept_before(first.batch.seq - first.lost, self.view.every)
        else:
            return
        made: list[tuple[Entry, Delivery]] = []
        for entry in reversed(older):
            delivery = self._make(entry, expected)
            if delivery is not None:
                made.append((entry, delivery))
                expected = delivery.seq + delivery.count
        ordinal = self._first_ordinal
        for entry, delivery in reversed(made):
            ordinal -= delivery.count
            self.items.appendleft(Item(entry.order, delivery, ordinal, size_bytes(entry.batch)))
        self.base -= len(made)
        self._first_ordinal = ordinal
        if older:
            self._from_order = older[-1].order
        if self._next_seq is None:
            self._next_seq = expected

    def append(self, entry: Entry) -> bool:
        """Take the next batch from the ring; False when the view keeps none of its scans."""
        if self._from_order is None:
            self._from_order = entry.order
        if self._next_seq is None:
            self._next_seq = kept_before(entry.batch.seq - entry.lost, self.view.every)
        delivery = self._make(entry, self._next_seq)
        if delivery is None:
            return False
        self._next_seq = delivery.seq + delivery.count
        self._push(Item(entry.order, delivery, self.scans, size_bytes(entry.batch)))
        self.scans += delivery.count
        return True

    def _keeps(self, entry: Entry) -> bool:
        batch, every = entry.batch, self.view.every
        return kept_before(batch.seq, every) < kept_before(batch.seq + batch.count, every)

    def _make(self, entry: Entry, expected: int) -> Delivery | None:
        batch, every = entry.batch, self.view.every
        if not self._keeps(entry):
            return None
        seq = kept_before(batch.seq, every)
        first = seq * every - batch.seq
        columns = tuple(batch.columns[index] for index in self._columns)
        if every > 1:
            columns = tuple(column[first::every] for column in columns)
        at_ns = self.ring.scan_ns(batch, first)
        # Only regular streams are thinned, so times need no choosing.
        return Delivery(self.view, seq, at_ns, columns, batch.times_ns, seq - expected, self._cursor_text(entry.order))

    def append_loss(self, order: int, loss: Loss) -> bool:
        """Tell a loss on board or wire, in this view's own counting; False when it concerns no kept scan."""
        every = self.view.every
        first = kept_before(loss.from_seq, every)
        count = kept_before(loss.from_seq + loss.count, every) - first
        if count <= 0:
            return False
        told = Loss(loss.place, loss.reason, self.view.id, count, first, loss.at_ns, loss.board)
        self._push(Item(order, told, self.scans, 0))
        return True

    def evict(self, floor_order: int) -> None:
        """Drop what the ring has dropped."""
        while self.items and self.items[0].order <= floor_order:
            self._pop()

    def _push(self, item: Item) -> None:
        self.items.append(item)
        # Losses are no batches, so the ring does not bound them; each stands before a batch.
        if len(self.items) > 2 * RING_BATCHES:
            self._pop()

    def _pop(self) -> None:
        self.items.popleft()
        self.base += 1

    @property
    def next_seq(self) -> int:
        """The view's number of the next kept scan."""
        return self._next_seq or 0

    @property
    def end(self) -> int:
        """Absolute index after the newest item."""
        return self.base + len(self.items)

    def index_after(self, order: int) -> int:
        """Absolute index of the first item that is newer."""
        return self.end - sum(1 for _ in takewhile(lambda item: item.order > order, reversed(self.items)))

    def index_of_newest(self) -> int:
        """Absolute index of the newest batch, for a snapshot."""
        for back, item in enumerate(reversed(self.items)):
            if isinstance(item.what, Delivery):
                return self.end - 1 - back
        return self.end


@dataclass(slots=True, eq=False)
class RawCursor:
    """Where the readers of a place are in a raw view. Falling off the ring is the drop; its size is arithmetic."""

    place: Place
    source: RawView
    index: int
    ordinal: int
    next_seq: int

    @classmethod
    def at(cls, place: Place, source: RawView, index: int) -> RawCursor:
        """A cursor at an absolute index of the view, which must not have fallen off."""
        for offset in range(index - source.base, len(source.items)):
            item = source.items[offset]
            if isinstance(item.what, Delivery):
                return cls(place, source, index, item.ordinal, item.what.seq)
        return cls(place, source, index, source.scans, source.next_seq)

    def peek_order(self) -> int | None:
        """The order of what comes next, None when there is nothing."""
        source = self.source
        if self.index >= source.end or not source.items:
            # What is not there any more may be all there was.
            return 0 if self.ordinal < source.scans else None
        return source.items[max(self.index, source.base) - source.base].order

    def is_at_newest(self) -> bool:
        """Whether exactly one item is ahead, and its stream goes on."""
        source = self.source
        ahead = source.base + len(source.items) - self.index
        return ahead == 1 and bool(source.items) and source.ring.ended is None

    def missed(self, now_ns: int) -> Loss | None:
        """What fell off the ring before this cursor came to it; the cursor then stands at what is left."""
        source = self.source
        if self.index >= source.base:
            return None
        self.index = source.base
        ordinal = source.items[0].ordinal if source.items else source.scans
        count, self.ordinal = ordinal - self.ordinal, ordinal
        if count == 0:
            return None
        return Loss("client", "slow", source.view.id, count, self.next_seq, now_ns, source.view.board)

    def next(self) -> Item | None:
        """The next item."""
        source = self.source
        if self.index >= source.end:
            return None
        item = source.items[self.index - source.base]
        self.index += 1
        if isinstance(item.what, Delivery):
            self.ordinal = item.ordinal + item.what.count
            self.next_seq = item.what.seq + item.what.count
        return item


class LatestView:
    """The newest scan, at most ``rate_hz`` times a second on a grid that all such views share, so that what is due
    together is sent together."""

    def __init__(self, view: View, columns: tuple[int, ...], ring: Ring, cursor_text: CursorText) -> None:
        self.view = view
        self.ring = ring
        self.current: Item | None = None
        self.due_ns = 0
        self.cursors: set[LatestCursor] = set()
        self._columns = columns
        self._cursor_text = cursor_text
        self._period_ns = round(1e9 / (view.rate_hz or 1.0))
        self._lost_told = ring.lost_total

    def emit(self, now_ns: int) -> None:
        """Make the newest scan current."""
        entry = self.ring.last
        if entry is None:
            return
        batch = entry.batch
        last = batch.count - 1
        at_ns = self.ring.scan_ns(batch, last)
        delivery = Delivery(
            self.view,
            batch.seq + last,
            at_ns,
            tuple(batch.columns[index][-1:] for index in self._columns),
            array("q", (at_ns,)),
            self.ring.lost_total - self._lost_told,
            self._cursor_text(entry.order),
        )
        self._lost_told = self.ring.lost_total
        self.current = Item(entry.order, delivery, 0, 8 * (1 + len(self._columns)))
        self.due_ns = (now_ns // self._period_ns + 1) * self._period_ns


@dataclass(slots=True, eq=False)
class LatestCursor:
    """What the readers of a place have of a latest view: the newest, or not yet. Skipping is its purpose, so nothing is
    ever lost."""

    place: Place
    source: LatestView
    had: Item | None = None

    def peek_order(self) -> int | None:
        """The order of what comes next, None when there is nothing."""
        current = self.source.current
        return None if current is None or current is self.had else current.order

    def missed(self, now_ns: int) -> Loss | None:
        """Nothing, ever."""
        del now_ns
        return None

    def next(self) -> Item | None:
        """The newest, once."""
        if self.source.current is self.had:
            return None
        self.had = self.source.current
        return self.had


Cursor = RawCursor | LatestCursor
AnyView = RawView | LatestView
