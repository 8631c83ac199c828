"""One connection as a reader: its subscriptions, and what it was told of streams."""

from __future__ import annotations

from dataclasses import dataclass, field

from ardugate.hub.places import Place
from ardugate.hub.sources import Subscription
from ardugate.hub.views import AnyView
from ardugate.model import StreamClosed, StreamOpened, Taken


@dataclass(slots=True, eq=False)
class Reader:
    """``wanted`` are the subscriptions that want a view, by view id; ``unannounced`` the views whose stream is to be
    said (again), ``announced`` those of which it was said. Where it is in them stands in its ``place``."""

    client: str
    place: Place
    subscriptions: dict[str, Subscription] = field(default_factory=dict[str, Subscription])
    wanted: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    unannounced: dict[str, AnyView] = field(default_factory=dict[str, AnyView])
    announced: set[str] = field(default_factory=set[str])
    closed: list[StreamClosed] = field(default_factory=list[StreamClosed])
    dropped: int = 0
    subscribed: int = 0

    @classmethod
    def alone(cls, client: str) -> Reader:
        """A new connection, at a place of its own."""
        reader = cls(client, Place())
        reader.place.readers[client] = reader
        return reader

    def want(self, view: AnyView, subscription: str) -> None:
        """A subscription wants this view, however many others do."""
        self.wanted.setdefault(view.view.id, set()).add(subscription)
        self.unannounced[view.view.id] = view

    def unsubscribe(self, subscription: str, now_ns: int) -> list[str]:
        """End a subscription. Returns the ids of the views that this connection wants no more."""
        del self.subscriptions[subscription]
        unread: list[str] = []
        for view_id, wanting in list(self.wanted.items()):
            if subscription not in wanting:
                continue
            wanting.discard(subscription)
            if wanting:
                self.unannounced[view_id] = self.place.cursors[view_id].source
                continue
            if view_id in self.announced:
                self.closed.append(StreamClosed(view_id, "unsubscribed", now_ns))
            self.forget(view_id)
            unread.append(view_id)
        return unread

    def forget(self, view_id: str) -> None:
        """It reads this view no more."""
        self.wanted.pop(view_id, None)
        self.unannounced.pop(view_id, None)
        self.announced.discard(view_id)

    def announcements(self) -> list[Taken]:
        """What begins and ends for this connection: before all samples."""
        said: list[Taken] = list(self.closed)
        said += [StreamOpened(each.view, tuple(sorted(self.wanted[id_]))) for id_, each in self.unannounced.items()]
        self.announced.update(self.unannounced)
        self.closed.clear()
        self.unannounced.clear()
        return said
