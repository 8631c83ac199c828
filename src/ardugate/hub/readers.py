"""One connection as a reader: its subscriptions, and its cursors into views."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from ardugate.hub.sources import Subscription
from ardugate.hub.views import AnyView, Cursor, LatestCursor, LatestView, RawCursor, RawView
from ardugate.model import Loss, StreamClosed, StreamOpened, Taken


@dataclass(slots=True)
class Reader:
    """Cursors by view id. ``pending`` are those that may have something, ``unannounced`` those whose stream is to be
    said (again), ``announced`` those of which it was said."""

    client: str
    subscriptions: dict[str, Subscription] = field(default_factory=dict[str, Subscription])
    cursors: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    unannounced: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    announced: set[str] = field(default_factory=set[str])
    pending: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    closed: list[StreamClosed] = field(default_factory=list[StreamClosed])
    dropped: int = 0
    subscribed: int = 0

    def open(self, view: AnyView, subscription: str, after: int | None) -> None:
        """Read this view for a subscription: from its newest batch, or from what came after an order. A view is read
        once, however many subscriptions want it."""
        view_id = view.view.id
        cursor = self.cursors.get(view_id)
        if cursor is None:
            cursor = self.cursors[view_id] = self.pending[view_id] = _cursor(self.client, view, after)
        cursor.subscriptions.add(subscription)
        self.unannounced[view_id] = cursor

    def unsubscribe(self, subscription: str, now_ns: int) -> list[AnyView]:
        """End a subscription. Returns the views that this connection reads no more."""
        del self.subscriptions[subscription]
        unread: list[AnyView] = []
        for view_id, cursor in list(self.cursors.items()):
            if subscription not in cursor.subscriptions:
                continue
            cursor.subscriptions.discard(subscription)
            if cursor.subscriptions:
                self.unannounced[view_id] = cursor
                continue
            if view_id in self.announced:
                self.closed.append(StreamClosed(view_id, "unsubscribed", now_ns))
            unread.append(self.close(cursor))
        return unread

    def close(self, cursor: Cursor) -> AnyView:
        """Drop a cursor; returns its view."""
        view = cursor.source
        for place in (self.cursors, self.unannounced, self.pending):
            place.pop(view.view.id, None)
        self.announced.discard(view.view.id)
        match cursor:
            case RawCursor():
                cursor.source.cursors.discard(cursor)
            case LatestCursor():
                cursor.source.cursors.discard(cursor)
        return view

    def announcements(self) -> list[Taken]:
        """What begins and ends for this connection: before all samples."""
        said: list[Taken] = list(self.closed)
        said += [
            StreamOpened(each.source.view, tuple(sorted(each.subscriptions))) for each in self.unannounced.values()
        ]
        self.announced.update(self.unannounced)
        self.closed.clear()
        self.unannounced.clear()
        return said

    def next_alone(self) -> Taken | None:
        """The next item when it is all there is, else None and nothing has happened: the short way for most connections
        in most ticks, which get one batch of one stream (a third of the time of ``advance``)."""
        if len(self.pending) != 1 or self.unannounced or self.closed:
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

        Returns what was passed, the losses among it that were this connection's own, and the cursors that are through
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
                self.dropped += missed.count
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


def _cursor(client: str, view: AnyView, after: int | None) -> Cursor:
    match view:
        case RawView():
            view.reach_back(after)
            raw = RawCursor.at(client, view, view.index_of_newest() if after is None else view.index_after(after))
            view.cursors.add(raw)
            return raw
        case LatestView():
            latest = LatestCursor(client, view)
            view.cursors.add(latest)
            return latest
