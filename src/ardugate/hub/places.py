"""Places: cursors into views, shared by all readers who are there.

Most clients want the same and keep up, so that one set of cursors, moved once, does for all of them. Who cannot keep
up, or wants something else from now on, gets a place of its own first; who has everything again and reads what others
read joins them.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ardugate.hub.views import AnyView, Cursor, LatestCursor, LatestView, RawCursor, RawView
from ardugate.model import Loss, Taken

if TYPE_CHECKING:
    from ardugate.hub.readers import Reader


@dataclass(slots=True, eq=False)
class Place:
    """Cursors by view id; ``pending`` are those that may have something. ``readers`` by client: never empty but at the
    very end. ``shared``: the views under which ``Places`` knows it, None while it does not."""

    readers: dict[str, Reader] = field(default_factory=dict[str, "Reader"])
    cursors: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    pending: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    shared: frozenset[str] | None = None

    @property
    def clients(self) -> tuple[str, ...]:
        """Who is here."""
        return tuple(self.readers)

    def open(self, view: AnyView, after: int | None) -> None:
        """Read this view too: from its newest batch, or from what came after an order. A view is read once."""
        view_id = view.view.id
        if view_id not in self.cursors:
            self.cursors[view_id] = self.pending[view_id] = _cursor(self, view, after)

    def close(self, view_id: str) -> AnyView:
        """Drop a cursor; returns its view."""
        cursor = self.cursors.pop(view_id)
        self.pending.pop(view_id, None)
        _strike(cursor)
        return cursor.source

    def next_alone(self) -> Taken | None:
        """The next item when it is all there is, else None and nothing has happened: the short way for most places in
        most ticks, which get one batch of one stream (a third of the time of ``advance``)."""
        if len(self.pending) != 1:
            return None
        (cursor,) = self.pending.values()
        if not isinstance(cursor, RawCursor) or not cursor.is_at_newest():
            return None
        item = cursor.next()
        if item is None:
            return None
        self.pending.clear()
        return item.what

    def advance(self, now_ns: int, max_bytes: int) -> tuple[list[Taken], list[Loss], list[Cursor]]:
        """Move the cursors on, in the order of publication across them.

        Returns what was passed, the losses among it that were the readers' own, and the cursors that are through
        with what there is.
        """
        passed: list[Taken] = []
        losses: list[Loss] = []
        heads = [(order, id_) for id_, cursor in self.pending.items() if (order := cursor.peek_order()) is not None]
        heapq.heapify(heads)
        while heads and max_bytes > 0:
            view_id = heads[0][1]
            cursor = self.pending[view_id]
            missed = cursor.missed(now_ns)
            if missed is not None:
                losses.append(missed)
                passed.append(missed)
            item = cursor.next()
            if item is not None:
                passed.append(item.what)
                max_bytes -= item.size_bytes
            order = cursor.peek_order()
            if order is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, (order, view_id))
        waiting = {view_id for _, view_id in heads}
        through = [cursor for view_id, cursor in self.pending.items() if view_id not in waiting]
        for cursor in through:
            del self.pending[cursor.source.view.id]
        return passed, losses, through


class Places:
    """The places at which all is taken, by the views that are read there: where others may join."""

    def __init__(self) -> None:
        self._level: dict[frozenset[str], Place] = {}
        self._alone: dict[Place, None] = {}

    def is_level(self, place: Place) -> None:
        """All is taken here."""
        if place.shared is None and place.cursors:
            self._alone[place] = None

    def gather(self) -> None:
        """Let those who have all join each other, before something new comes."""
        while self._alone:
            place, _ = self._alone.popitem()
            if place.pending or not place.readers:
                continue
            views = frozenset(place.cursors)
            other = self._level.get(views)
            if other is None:
                self._level[views], place.shared = place, views
            elif not other.pending:
                _join(place, other)

    def part(self, reader: Reader) -> Place:
        """A place of its own for this reader, as far as the one that it leaves; the same one when it is alone there."""
        shared = reader.place
        if len(shared.readers) == 1:
            self.forget(shared)
            return shared
        del shared.readers[reader.client]
        own = Place({reader.client: reader})
        for view_id, cursor in shared.cursors.items():
            own.cursors[view_id] = _copy(cursor, own)
        own.pending = {view_id: own.cursors[view_id] for view_id in shared.pending}
        reader.place = own
        return own

    def forget(self, place: Place) -> None:
        """Nobody may join here: what is read here changes."""
        self._alone.pop(place, None)
        if place.shared is not None:
            del self._level[place.shared]
            place.shared = None


def _join(place: Place, other: Place) -> None:
    for cursor in place.cursors.values():
        _strike(cursor)
    for client, reader in place.readers.items():
        reader.place = other
        other.readers[client] = reader
    place.readers = {}


def _cursor(place: Place, view: AnyView, after: int | None) -> Cursor:
    match view:
        case RawView():
            view.reach_back(after)
            raw = RawCursor.at(place, view, view.index_of_newest() if after is None else view.index_after(after))
            view.cursors.add(raw)
            return raw
        case LatestView():
            latest = LatestCursor(place, view)
            view.cursors.add(latest)
            return latest


def _copy(cursor: Cursor, place: Place) -> Cursor:
    match cursor:
        case RawCursor():
            raw = replace(cursor, place=place)
            raw.source.cursors.add(raw)
            return raw
        case LatestCursor():
            latest = replace(cursor, place=place)
            latest.source.cursors.add(latest)
            return latest


def _strike(cursor: Cursor) -> None:
    match cursor:
        case RawCursor():
            cursor.source.cursors.discard(cursor)
        case LatestCursor():
            cursor.source.cursors.discard(cursor)
