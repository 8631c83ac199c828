"""The hub between boards and clients: who publishes knows no client, who reads is a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ardugate.errors import Reason, RequestError
from ardugate.hub.drivers import Drivers
from ardugate.hub.ended import Ended
from ardugate.hub.envelope import EnvelopeView, can_go_on
from ardugate.hub.history import History
from ardugate.hub.leases import Leases
from ardugate.hub.ledger import Ledger
from ardugate.hub.limits import (
    LATEST_HZ,
    LATEST_MAX_HZ,
    MAX_SUBSCRIPTIONS,
    TAKE_BYTES,
)
from ardugate.hub.newest import Last, Newest
from ardugate.hub.orders import Orders, expired
from ardugate.hub.places import Place, Places
from ardugate.hub.readers import Reader
from ardugate.hub.resolve import Directory, Resolver
from ardugate.hub.ring import Ring
from ardugate.hub.sources import Source, Subscription, choose
from ardugate.hub.views import AnyView, LatestView, RawView
from ardugate.model import Batch, Form, Loss, Stream, StreamClosed, Taken, View


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription, and the views that serve it now."""

    subscription: str
    views: tuple[View, ...]


class Hub:
    """Streams in, views out. One per gateway; ``life`` are letters and digits that differ at each start.

    A caller's duties: publish batches of a stream in order, between ``stream_started`` and ``stream_ended``; call
    ``tick`` at least when ``next_deadline`` says; give ``now_ns`` that never goes back but by
    what ``clock_set`` says.
    """

    def __init__(self, *, life: str) -> None:
        self.orders = Orders(life)
        self.directory = Directory()
        self.drivers = Drivers()
        self.leases = Leases(self.drivers)
        self.ledger = Ledger()
        self._views_named = 0
        self._sources: dict[str, Source] = {}
        self.history = History(self._sources, self.directory, self._next_name, self.orders.cursor)
        self._ended = Ended()
        self._readers: dict[str, Reader] = {}
        self._places = Places()
        self._ready: dict[Place, None] = {}
        self._fresh: dict[str, LatestView] = {}
        self._newest = Newest(self.directory)

    # ---- what an earlier gateway had

    def resume(self, newest: int, lives: Mapping[str, int], gone: int) -> None:
        """Go on behind the place ``newest`` of an earlier gateway. Cursors hold up to the last place of each of
        ``lives``, where they are not before ``gone``, behind which everything is given to ``restore``."""
        self.orders.resume(newest, lives)
        self._ended.gone_order = self._ended.gone_end_order = gone

    def restore(self, stream: Stream, entries: Iterable[tuple[int, Batch]], ended: tuple[str, int]) -> None:
        """A stream of an earlier gateway, with its batches and their places: for those who come back with a cursor. It
        has ended (cause, when); streams come in the order of their ends."""
        source = self._sources[stream.id] = Source(Ring(stream))
        for order, batch in entries:
            source.ring.append(order, batch)
        source.ring.ended, source.ring.end_order = ended, self.orders.next()
        self._ended.add(source)

    # ---- what comes from boards

    def stream_started(self, stream: Stream) -> None:
        """A stream begins; those whose subscriptions match get a view of it."""
        if stream.id in self._sources:
            raise ValueError(f"stream {stream.id} has started already")
        source = self._sources[stream.id] = Source(Ring(stream))
        for reader in self._readers.values():
            for subscription in reader.subscriptions.values():
                self._join(reader, subscription, source, after=None)

    def stream_clock(self, stream_id: str, clock_error_s: float) -> None:
        """How wrong the stream's times may be from now on: said to its readers, before what is published next."""
        source = self._source(stream_id)
        for view in source.tell_clock(clock_error_s):
            readers = [reader for cursor in view.cursors for reader in cursor.place.readers.values()]
            for reader in readers:
                reader.unannounced[view.view.id] = view
                self._ready[self._part(reader)] = None

    def publish(self, batch: Batch) -> None:
        """Append a batch to its stream's ring. Raises ValueError when it does not follow the one before."""
        source = self._source(batch.stream)
        ring = source.ring
        self._places.gather()
        if ring.last is None:
            self._newest.begin(ring)
        entry = ring.append(self.orders.next(), batch)
        for view in source.views.values():
            if isinstance(view, LatestView):
                self._fresh[view.view.id] = view
                continue
            view.evict(ring.floor_order)
            if view.append(entry):
                self._mark(view)

    def lost(self, loss: Loss) -> None:
        """A loss on board or wire (of a board's stream, in its numbers): counted, and told to who reads that stream."""
        source = self._sources.get(loss.stream)
        if source is not None and not loss.board:
            loss = replace(loss, board=source.ring.stream.board)
        self.ledger.add(loss)
        if source is None:
            return
        order = self.orders.next()
        for view in source.views.values():
            if isinstance(view, RawView) and view.append_loss(order, loss):
                self._mark(view)

    def stream_ended(self, stream_id: str, cause: str, now_ns: int) -> None:
        """A stream ends. Its readers get its rest, and who comes back with a cursor within a minute too."""
        source = self._source(stream_id)
        if source.ring.ended is not None:
            raise ValueError(f"stream {stream_id} has ended already")
        source.ring.ended, source.ring.end_order = (cause, now_ns), self.orders.next()
        self._ended.add(source)
        for view in source.views.values():
            if isinstance(view, LatestView) and self._fresh.pop(view.view.id, None) is not None:
                view.emit(now_ns)
            if isinstance(view, EnvelopeView):
                view.finish()
            self._mark(view)
        self._forget_ended(now_ns)

    # ---- what clients ask

    def subscribe(
        self,
        client: str,
        resolver: Resolver,
        *,
        now_ns: int,
        channels: Iterable[str] | None = None,
        form: Form = Form.RAW,
        max_hz: float | None = None,
        cursor: str | None = None,
    ) -> Subscribed:
        """Subscribe a connection to all channels that match, now and later.

        ``channels`` are globs or addresses, None for all. With ``cursor`` (of a Delivery, raw views only) all that was
        published after it follows, else a snapshot: each stream's newest batch. Raises ``too_many``,
        ``cursor_expired`` and what ``Resolver.pattern`` raises; then nothing has changed.
        """
        patterns = resolver.patterns(channels)
        reader = self._readers.get(client) or Reader.alone(client)
        if len(reader.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise RequestError(
                Reason.TOO_MANY, f"this connection has {MAX_SUBSCRIPTIONS} subscriptions", "end some, or use globs"
            )
        if form is Form.LATEST:
            max_hz = min(max_hz or LATEST_HZ, LATEST_MAX_HZ)
        if form is Form.ENVELOPE:
            max_hz = max_hz or LATEST_HZ
        subscription = Subscription(f"u{reader.subscribed + 1}", patterns, form, max_hz)
        after = None if cursor is None or form is Form.LATEST else self.orders.of(cursor)
        if after is not None:
            self._check_kept(subscription, after)
        self._readers[client] = reader
        reader.subscribed += 1
        reader.subscriptions[subscription.id] = subscription
        views: list[View] = []
        for source in self._sources.values():
            view = self._join(reader, subscription, source, after)
            if view is None:
                continue
            views.append(view.view)
            if isinstance(view, LatestView) and view.current is None:
                view.emit(now_ns)
        return Subscribed(subscription.id, tuple(views))

    def unsubscribe(self, client: str, subscription: str, now_ns: int) -> None:
        """End a subscription, and the views that serve no other one of this connection; ``unknown_subscription``."""
        reader = self._readers.get(client)
        if reader is None or subscription not in reader.subscriptions:
            raise RequestError(
                Reason.UNKNOWN_SUBSCRIPTION, "this connection has no such subscription", "take the id `subscribe` gave"
            )
        place = self._part(reader)
        for view_id in reader.unsubscribe(subscription, now_ns):
            self._close_unread(place.close(view_id))
        self._ready[place] = None

    def leave(self, client: str, now_ns: int) -> None:
        """A connection ended: its subscriptions and its leases end too."""
        self.leases.leave(client, now_ns)
        reader = self._readers.pop(client, None)
        if reader is None:
            return
        place = reader.place
        del place.readers[client]
        if not place.readers:
            self._ready.pop(place, None)
            self._places.forget(place)
            for view_id in list(place.cursors):
                self._close_unread(place.close(view_id))

    def ready(self) -> list[Place]:
        """Where there is something to take, each with all ``clients`` who get the same. Who cannot take now may be
        passed over, where there are others after ``part``."""
        return list(self._ready)

    def part(self, client: str) -> None:
        """This client does not get what the others at its place get now: it goes on later, by itself."""
        self._part(self._readers[client])

    def take(self, client: str, now_ns: int, max_bytes: int = TAKE_BYTES) -> list[Taken]:
        """What a client gets now, by itself: see ``take_at``."""
        reader = self._readers.get(client)
        return [] if reader is None else self.take_at(self._part(reader), now_ns, max_bytes)

    def take_at(self, place: Place, now_ns: int, max_bytes: int = TAKE_BYTES) -> list[Taken]:
        """What all clients at a place get now, in order: streams before their samples, samples of all streams in the
        order in which they were published (so that the last cursor stands for all), and what was dropped for them.

        About ``max_bytes`` raw bytes at most, at least one batch; the rest stays ready.
        """
        taken: list[Taken] = []
        if len(place.readers) == 1:
            # Where several are, none has anything to hear of streams.
            (reader,) = place.readers.values()
            taken = reader.announcements()
        alone = place.next_alone()
        if alone is not None:
            taken.append(alone)
        else:
            passed, losses, through = place.advance(now_ns, max_bytes)
            taken += passed
            for loss in losses:
                self._dropped(place, loss)
            for cursor in through:
                if cursor.source.ring.ended is not None:
                    taken.append(self._close_ended(place, cursor.source))
        if not place.pending:
            self._ready.pop(place, None)
            self._places.is_level(place)
        return taken

    def last(self, board: str, channel: str, now_ns: int) -> Last | None:
        """The newest value of a channel (its own name), None when it never had one."""
        return self._newest.last(board, channel, now_ns)

    @property
    def life(self) -> str:
        """Letters and digits that no other gateway has."""
        return self.orders.life

    def cursor(self) -> str:
        """The place after all that was published so far, to subscribe from."""
        return self.orders.cursor(self.orders.newest)

    def subscriptions(self, client: str) -> int:
        """How many subscriptions a connection has."""
        reader = self._readers.get(client)
        return 0 if reader is None else len(reader.subscriptions)

    def dropped(self, client: str) -> int:
        """Scans dropped for a connection because it read too slowly."""
        reader = self._readers.get(client)
        return 0 if reader is None else reader.dropped

    # ---- time

    def tick(self, now_ns: int) -> None:
        """Do what is due: ``latest`` views, leases (see ``leases.changes``), streams that ended a while ago."""
        for view_id, view in list(self._fresh.items()):
            if now_ns >= view.due_ns:
                del self._fresh[view_id]
                view.emit(now_ns)
                self._mark(view)
        self.leases.tick(now_ns)
        self._forget_ended(now_ns)

    def clock_set(self, by_ns: int, now_ns: int) -> None:
        """Gateway time was stepped by this, to ``now_ns``: what is left of each lease and pause stays as it was."""
        for source in self._sources.values():
            for view in source.views.values():
                if isinstance(view, LatestView):
                    view.due_ns = 0
        self.leases.clock_set(by_ns, now_ns)
        self.drivers.clock_set(by_ns)

    def next_deadline(self) -> int | None:
        """When ``tick`` has something to do by itself; None for never."""
        due = [view.due_ns for view in self._fresh.values()]
        others = (self.leases.next_deadline(), self.drivers.next_deadline(), self._ended.next_deadline())
        return min(due + [each for each in others if each is not None], default=None)

    # ---- inside

    def _source(self, stream_id: str) -> Source:
        source = self._sources.get(stream_id)
        if source is None:
            raise ValueError(f"stream {stream_id} is not known")
        return source

    def _mark(self, view: AnyView) -> None:
        view_id = view.view.id
        for cursor in view.cursors:
            cursor.place.pending[view_id] = cursor
            self._ready[cursor.place] = None

    def _part(self, reader: Reader) -> Place:
        shared = reader.place
        own = self._places.part(reader)
        if own is not shared and own.pending:
            self._ready[own] = None
        return own

    def _dropped(self, place: Place, loss: Loss) -> None:
        for reader in place.readers.values():
            self.ledger.add(loss)
            reader.dropped += loss.count

    def _close_ended(self, place: Place, view: AnyView) -> StreamClosed:
        assert view.ring.ended is not None, "only ended streams are closed so"
        self._places.forget(place)
        for reader in place.readers.values():
            reader.forget(view.view.id)
        self._close_unread(place.close(view.view.id))
        return StreamClosed(view.view.id, *view.ring.ended)

    def _check_kept(self, subscription: Subscription, after: int) -> None:
        too_old = expired("is too old: what followed is not in memory any more")
        if (self._ended.gone_end_order if subscription.form is Form.ENVELOPE else self._ended.gone_order) > after:
            raise too_old
        for source in self._sources.values():
            ring = source.ring
            if not (columns := subscription.columns(ring.stream, self.directory)):
                continue
            choice = choose(subscription, ring.stream, columns)
            if ring.floor_order > after:
                raise too_old
            if choice.form is Form.ENVELOPE and not can_go_on(ring, after, int(choice.rung)):
                raise too_old

    def _join(self, reader: Reader, subscription: Subscription, source: Source, after: int | None) -> AnyView | None:
        """Give a subscription its view of a stream, None when it wants nothing of it."""
        ring = source.ring
        stream = ring.stream
        columns = subscription.columns(stream, self.directory)
        if not columns:
            return None
        choice = choose(subscription, stream, columns)
        last_order = ring.end_order if choice.form is Form.ENVELOPE else ring.last_order
        if ring.ended is not None and (after is None or last_order <= after):
            return None
        before = None if stream.predecessor is None else self._sources.get(stream.predecessor)
        view = source.open(choice, self._next_name, self.orders.cursor, before)
        place = self._part(reader)
        place.open(view, after)
        reader.want(view, subscription.id)
        self._ready[place] = None
        return view

    def _next_name(self) -> tuple[str, int]:
        self._views_named += 1
        return f"s{self._views_named}_{self.orders.life}", self._views_named

    def _close_unread(self, view: AnyView) -> None:
        if view.cursors:
            return
        self._fresh.pop(view.view.id, None)
        source = self._sources.get(view.ring.stream.id)
        if source is not None:
            source.close(view)

    def _forget_ended(self, now_ns: int) -> None:
        for source in self._ended.due(now_ns):
            del self._sources[source.ring.stream.id]
            self.history.forget(source.ring)
            # Its newest values are still the last known of their channels.
            source.ring.keep_last()
