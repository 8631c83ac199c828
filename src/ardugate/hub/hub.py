"""The hub between boards and clients: who publishes knows no client, who reads is a cursor."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ardugate.errors import Reason, RequestError
from ardugate.hub.leases import Leases
from ardugate.hub.ledger import Ledger
from ardugate.hub.limits import (
    ENDED_KEPT,
    ENDED_KEPT_NS,
    LATEST_HZ,
    LATEST_MAX_HZ,
    MAX_SUBSCRIPTIONS,
    TAKE_BYTES,
)
from ardugate.hub.resolve import Address, Directory, Pattern, Resolver
from ardugate.hub.ring import Ring
from ardugate.hub.views import AnyView, Cursor, LatestCursor, LatestView, RawCursor, RawView
from ardugate.model import (
    Batch,
    BoardState,
    Channel,
    Form,
    Loss,
    Stream,
    StreamClosed,
    StreamOpened,
    Taken,
    Value,
    View,
)

# The thinnest rung: 2^24 scans of the fastest stream are 218 s.
_MAX_RUNG = 24


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription, and the views that serve it now."""

    subscription: str
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class Last:
    """The newest value of a channel. ``value`` None: the board said "no value"."""

    board: str
    channel: Channel
    value: Value
    at_ns: int
    stale: bool


@dataclass(frozen=True, slots=True)
class _Choice:
    """What makes two clients' views of a stream the same: columns, form, rung (k, or times a second)."""

    columns: tuple[int, ...]
    form: Form
    rung: float


@dataclass(frozen=True, slots=True)
class _Subscription:
    id: str
    patterns: tuple[Pattern, ...] | None
    form: Form
    max_hz: float | None


@dataclass(slots=True)
class _Client:
    subscriptions: dict[str, _Subscription] = field(default_factory=dict[str, _Subscription])
    cursors: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    unannounced: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    pending: dict[str, Cursor] = field(default_factory=dict[str, Cursor])
    closed: list[StreamClosed] = field(default_factory=list[StreamClosed])
    dropped: int = 0
    count: int = 0


@dataclass(slots=True)
class _Source:
    """A board's stream: its ring, the views in use, and the names of all views that there ever were of it."""

    ring: Ring
    views: dict[_Choice, AnyView] = field(default_factory=dict["_Choice", AnyView])
    named: dict[_Choice, View] = field(default_factory=dict["_Choice", View])


class Hub:
    """Streams in, views out. One per gateway; ``life`` are letters and digits that differ at each start.

    A caller's duties: publish batches of a stream in order, between ``stream_started`` and ``stream_ended``; call
    ``tick`` at least when ``next_deadline`` says; give ``now_ns`` that never goes back.
    """

    def __init__(self, *, life: str) -> None:
        self.life = life
        self.directory = Directory()
        self.leases = Leases()
        self.ledger = Ledger()
        self._order = 0
        self._views_named = 0
        self._sources: dict[str, _Source] = {}
        self._ended: deque[_Source] = deque()
        self._gone_order = 0
        self._clients: dict[str, _Client] = {}
        self._ready: dict[str, None] = {}
        self._fresh: dict[str, LatestView] = {}
        self._newest: dict[Address, tuple[Ring, int]] = {}

    # ---- what comes from boards

    def stream_started(self, stream: Stream) -> None:
        """A stream begins; those whose subscriptions match get a view of it."""
        if stream.id in self._sources:
            raise ValueError(f"stream {stream.id} has started already")
        source = self._sources[stream.id] = _Source(Ring(stream))
        for name, client in self._clients.items():
            for subscription in client.subscriptions.values():
                self._join(name, client, subscription, source, after=None)

    def publish(self, batch: Batch) -> None:
        """Append a batch to its stream's ring. Raises ValueError when it does not follow the one before."""
        source = self._source(batch.stream)
        ring = source.ring
        self._order += 1
        if ring.last is None:
            for index, channel in enumerate(ring.stream.channels):
                self._newest[Address(ring.stream.board, channel.name)] = (ring, index)
        entry = ring.append(self._order, batch)
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
        self._order += 1
        for view in source.views.values():
            if isinstance(view, RawView) and view.append_loss(self._order, loss):
                self._mark(view)

    def stream_ended(self, stream_id: str, cause: str, now_ns: int) -> None:
        """A stream ends. Its readers get its rest, and who comes back with a cursor within a minute too."""
        source = self._source(stream_id)
        if source.ring.ended is not None:
            raise ValueError(f"stream {stream_id} has ended already")
        source.ring.ended = (cause, now_ns)
        self._ended.append(source)
        for view in source.views.values():
            if isinstance(view, LatestView) and self._fresh.pop(view.view.id, None) is not None:
                view.emit(now_ns)
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
        patterns = None if channels is None else tuple(resolver.pattern(text) for text in channels)
        state = self._clients.get(client) or _Client()
        if len(state.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise RequestError(
                Reason.TOO_MANY, f"this connection has {MAX_SUBSCRIPTIONS} subscriptions", "end some, or use globs"
            )
        if form is Form.LATEST:
            max_hz = min(max_hz or LATEST_HZ, LATEST_MAX_HZ)
        state.count += 1
        subscription = _Subscription(f"u{state.count}", patterns, form, max_hz)
        after = None if cursor is None or form is Form.LATEST else self._order_of(cursor)
        if after is not None:
            self._check_kept(subscription, after)
        self._clients[client] = state
        state.subscriptions[subscription.id] = subscription
        views = [
            view
            for source in list(self._sources.values())
            if (view := self._join(client, state, subscription, source, after, now_ns)) is not None
        ]
        return Subscribed(subscription.id, tuple(views))

    def unsubscribe(self, client: str, subscription: str, now_ns: int) -> None:
        """End a subscription, and the views that serve no other one of this connection; ``unknown_subscription``."""
        state = self._clients.get(client)
        if state is None or subscription not in state.subscriptions:
            raise RequestError(
                Reason.UNKNOWN_SUBSCRIPTION, "this connection has no such subscription", "take the id `subscribe` gave"
            )
        del state.subscriptions[subscription]
        for view_id, cursor in list(state.cursors.items()):
            if subscription not in cursor.subscriptions:
                continue
            cursor.subscriptions.discard(subscription)
            if cursor.subscriptions:
                state.unannounced[view_id] = cursor
            else:
                if view_id not in state.unannounced:
                    state.closed.append(StreamClosed(view_id, "unsubscribed", now_ns))
                self._drop_cursor(state, cursor)
        self._ready[client] = None

    def leave(self, client: str, now_ns: int) -> None:
        """A connection ended: its subscriptions and its leases end too."""
        self.leases.leave(client, now_ns)
        self._ready.pop(client, None)
        state = self._clients.pop(client, None)
        if state is not None:
            for cursor in list(state.cursors.values()):
                self._drop_cursor(state, cursor)

    def ready(self) -> list[str]:
        """Clients for whom there is something to take. Those who cannot take now may be passed over."""
        return list(self._ready)

    def take(self, client: str, now_ns: int, max_bytes: int = TAKE_BYTES) -> list[Taken]:
        """What a client gets now, in order: streams before their samples, samples of all streams in the order in which
        they were published (so that the last cursor stands for all), and what was dropped for it.

        About ``max_bytes`` raw bytes at most, at least one batch; the rest stays ready.
        """
        state = self._clients.get(client)
        if state is None:
            return []
        taken: list[Taken] = list(state.closed)
        state.closed.clear()
        taken += [
            StreamOpened(each.source.view, tuple(sorted(each.subscriptions))) for each in state.unannounced.values()
        ]
        state.unannounced.clear()
        heads = [
            (order, view_id) for view_id, cursor in state.pending.items() if (order := cursor.peek_order()) is not None
        ]
        heapq.heapify(heads)
        budget = max_bytes
        while heads and budget > 0:
            _, view_id = heads[0]
            cursor = state.pending[view_id]
            missed = cursor.missed(now_ns)
            if missed is not None:
                self.ledger.add(missed)
                state.dropped += missed.count
                taken.append(missed)
            item = cursor.next()
            if item is not None:
                taken.append(item.what)
                budget -= item.size_bytes
            order = cursor.peek_order()
            if order is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, (order, view_id))
        waiting = {view_id for _, view_id in heads}
        for view_id, cursor in list(state.pending.items()):
            if view_id in waiting:
                continue
            del state.pending[view_id]
            ended = cursor.source.ring.ended
            if ended is not None:
                taken.append(StreamClosed(view_id, *ended))
                self._drop_cursor(state, cursor)
        if not state.pending:
            self._ready.pop(client, None)
        return taken

    def last(self, board: str, channel: str, now_ns: int) -> Last | None:
        """The newest value of a channel (its own name), None when it never had one."""
        found = self._newest.get(Address(board, channel))
        if found is None or (entry := found[0].last) is None:
            return None
        ring, index = found
        scan = entry.batch.count - 1
        own = ring.stream.channels[index]
        offsets_s = ring.stream.offsets_s
        at_ns = ring.scan_ns(entry.batch, scan) + (round(offsets_s[index] * 1e9) if offsets_s else 0)
        known = self.directory.get(board)
        live = known is not None and known.state is BoardState.LIVE
        value = own.values(entry.batch.columns[index][-1:])[0]
        return Last(board, own, value, at_ns, not live or ring.is_stale(at_ns, now_ns))

    def subscriptions(self, client: str) -> int:
        """How many subscriptions a connection has."""
        state = self._clients.get(client)
        return 0 if state is None else len(state.subscriptions)

    def dropped(self, client: str) -> int:
        """Scans dropped for a connection because it read too slowly."""
        state = self._clients.get(client)
        return 0 if state is None else state.dropped

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

    def next_deadline(self) -> int | None:
        """When ``tick`` has something to do by itself; None for never."""
        due = [view.due_ns for view in self._fresh.values()]
        if (lease := self.leases.next_deadline()) is not None:
            due.append(lease)
        if self._ended and (ended := self._ended[0].ring.ended) is not None:
            due.append(ended[1] + ENDED_KEPT_NS)
        return min(due, default=None)

    # ---- inside

    def _source(self, stream_id: str) -> _Source:
        source = self._sources.get(stream_id)
        if source is None:
            raise ValueError(f"stream {stream_id} is not known")
        return source

    def _mark(self, view: AnyView) -> None:
        view_id = view.view.id
        for cursor in view.cursors:
            self._clients[cursor.client].pending[view_id] = cursor
            self._ready[cursor.client] = None

    def _cursor_text(self, order: int) -> str:
        return f"{self.life}-{order:x}"

    def _order_of(self, cursor: str) -> int:
        life, dash, text = cursor.rpartition("-")
        if dash and life == self.life and text.isascii() and text.isalnum():
            try:
                order = int(text, 16)
            except ValueError:
                order = self._order + 1
            if order <= self._order:
                return order
        raise _expired("is not of this gateway's life")

    def _check_kept(self, subscription: _Subscription, after: int) -> None:
        matching = (each.ring for each in self._sources.values() if self._columns(subscription, each.ring.stream))
        if max((ring.floor_order for ring in matching), default=0) > after or self._gone_order > after:
            raise _expired("is too old: what followed is not in memory any more")

    def _columns(self, subscription: _Subscription, stream: Stream) -> tuple[int, ...]:
        if subscription.patterns is None:
            return tuple(range(len(stream.channels)))
        board = self.directory.get(stream.board)
        aliases = {} if board is None or board.info is None else board.info.aliases
        return tuple(
            index
            for index, channel in enumerate(stream.channels)
            if any(pattern.matches(stream.board, channel, aliases) for pattern in subscription.patterns)
        )

    def _join(
        self,
        name: str,
        client: _Client,
        subscription: _Subscription,
        source: _Source,
        after: int | None,
        now_ns: int | None = None,
    ) -> View | None:
        """Give a client's subscription its view of a stream, None when it wants nothing of it."""
        ring = source.ring
        if ring.ended is not None and (after is None or ring.last_order <= after):
            return None
        columns = self._columns(subscription, ring.stream)
        if not columns:
            return None
        choice = _Choice(columns, subscription.form, _rung(ring.stream, subscription.form, subscription.max_hz))
        view = source.views.get(choice) or self._make_view(source, choice)
        cursor = client.cursors.get(view.view.id)
        if cursor is None:
            cursor = _cursor(name, view, after)
            if isinstance(view, LatestView) and view.current is None and now_ns is not None:
                view.emit(now_ns)
            client.cursors[view.view.id] = cursor
            client.pending[view.view.id] = cursor
        cursor.subscriptions.add(subscription.id)
        client.unannounced[view.view.id] = cursor
        self._ready[name] = None
        return view.view

    def _make_view(self, source: _Source, choice: _Choice) -> AnyView:
        stream = source.ring.stream
        named = source.named.get(choice)
        if named is None:
            self._views_named += 1
            raw = choice.form is Form.RAW
            every = int(choice.rung) if raw else 1
            offsets_s = stream.offsets_s or (0.0,) * len(stream.channels)
            dt_s = stream.dt_s
            named = View(
                id=f"s{self._views_named}_{self.life}",
                number=self._views_named,
                board=stream.board,
                channels=tuple(stream.channels[index] for index in choice.columns),
                dtype=stream.dtype,
                form=choice.form,
                every=every,
                dt_s=dt_s * every if raw and dt_s is not None else None,
                rate_hz=choice.rung if not raw else None if dt_s is None else 1 / (dt_s * every),
                started_ns=stream.started_ns,
                cause=stream.cause,
                predecessor=self._predecessor(stream, choice),
                offsets_s=tuple(offsets_s[index] for index in choice.columns),
                clock_error_s=stream.clock_error_s,
            )
            source.named[choice] = named
        make = RawView if choice.form is Form.RAW else LatestView
        view = source.views[choice] = make(named, choice.columns, source.ring, self._cursor_text)
        return view

    def _predecessor(self, stream: Stream, choice: _Choice) -> str | None:
        """The view of the stream before that shares most channels, in the same form."""
        before = None if stream.predecessor is None else self._sources.get(stream.predecessor)
        if before is None:
            return None
        mine = {stream.channels[index].name for index in choice.columns}
        shared = [
            (len(mine & {each.name for each in view.channels}), other.rung == choice.rung, view.number, view.id)
            for other, view in before.named.items()
            if other.form is choice.form
        ]
        best = max(shared, default=None)
        return best[3] if best is not None and best[0] else None

    def _drop_cursor(self, state: _Client, cursor: Cursor) -> None:
        view = cursor.source
        for place in (state.cursors, state.unannounced, state.pending):
            place.pop(view.view.id, None)
        match cursor:
            case RawCursor():
                cursor.source.cursors.discard(cursor)
            case LatestCursor():
                cursor.source.cursors.discard(cursor)
        if not view.cursors:
            # Its name stays, so that who asks for the same again gets the same stream.
            source = self._sources.get(view.ring.stream.id)
            if source is not None:
                source.views = {choice: each for choice, each in source.views.items() if each is not view}
            self._fresh.pop(view.view.id, None)

    def _forget_ended(self, now_ns: int) -> None:
        while self._ended:
            ring = self._ended[0].ring
            assert ring.ended is not None, "only ended streams are put here"
            if len(self._ended) <= ENDED_KEPT and now_ns < ring.ended[1] + ENDED_KEPT_NS:
                return
            self._ended.popleft()
            del self._sources[ring.stream.id]
            self._gone_order = max(self._gone_order, ring.last_order)
            # Its newest values are still the last known of their channels.
            ring.keep_last()


def _cursor(client: str, view: AnyView, after: int | None) -> Cursor:
    match view:
        case RawView():
            raw = RawCursor.at(client, view, view.index_of_newest() if after is None else view.index_after(after))
            view.cursors.add(raw)
            return raw
        case LatestView():
            latest = LatestCursor(client, view)
            view.cursors.add(latest)
            return latest


def _rung(stream: Stream, form: Form, max_hz: float | None) -> float:
    if form is Form.LATEST:
        return max_hz or LATEST_HZ
    dt_s = stream.dt_s
    if max_hz is None or dt_s is None:
        return 1
    # A rate that is met but for rounding is met.
    rungs = (1 << power for power in range(_MAX_RUNG))
    return next((rung for rung in rungs if 1 / (dt_s * rung) <= max_hz * (1 + 1e-9)), 1 << _MAX_RUNG)


def _expired(why: str) -> RequestError:
    return RequestError(Reason.CURSOR_EXPIRED, f"this cursor {why}", "subscribe again without it")
