"""What was: the scans of a time that are still in memory, whole or as an envelope of so many points."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import cast

from ardugate.errors import Reason, RequestError
from ardugate.hub.envelope import EnvelopeView, end_of
from ardugate.hub.limits import HISTORY_VALUES
from ardugate.hub.resolve import Address, Directory, Resolver
from ardugate.hub.ring import Entry, Ring, ticks_ns
from ardugate.hub.sources import Choice, Source, Subscription
from ardugate.hub.views import CursorText, RawView
from ardugate.model import Channel, Delivery, Form

# What a text value is taken to cost, in numbers: 16 of 20 bytes hold the longest that a board sends, escaped.
_TEXT_COST = 16

_Column = Sequence[int] | Sequence[float] | Sequence[str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a question is about in one stream: its batches as they are now, the order before the first one that counts,
    and the first and last scan in that time."""

    source: Source
    columns: tuple[int, ...]
    ring: Ring
    after: int
    first_seq: int
    last_seq: int
    every: int

    @property
    def cost(self) -> int:
        """Values that the answer has of it, times counted too."""
        rows = self.last_seq // self.every - self.first_seq // self.every + 1
        each = _TEXT_COST if self.source.ring.stream.dtype == "text" else 1
        return rows * (1 + each * len(self.columns) * (2 if self.every > 1 else 1))


class History:
    """Reads the rings of a hub. A view here has the name that those who subscribe to the same see too."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        directory: Directory,
        next_name: Callable[[], tuple[str, int]],
        cursor_text: CursorText,
    ) -> None:
        self._sources = sources
        self._directory = directory
        self._next_name = next_name
        self._cursor_text = cursor_text
        self._forgotten: dict[Address, tuple[Channel, int]] = {}

    def forget(self, ring: Ring) -> None:
        """A stream that has ended leaves memory."""
        assert ring.ended is not None, "only ended streams are forgotten"
        for channel in ring.stream.channels:
            self._forgotten[Address(ring.stream.board, channel.name)] = (channel, ring.ended[1])

    def read(
        self,
        resolver: Resolver,
        *,
        channels: Iterable[str] | None,
        from_ns: int | None,
        to_ns: int,
        points: int | None = None,
    ) -> Iterator[list[Delivery]]:
        """The scans of all channels that match, from ``from_ns`` (None: as far back as memory goes) to ``to_ns``, both
        included: a list for each stream that has any, in the order in which the streams began.

        A delivery goes as far as no scan is missing, and carries the time of each. With ``points`` a regular stream
        with more scans than that comes as minima and maxima over every 2^k scans, in the buckets that live envelopes
        have; the one that has begun is left out. What is given is nobody else's: it may be made in a thread, for
        a full ring in up to a second, while the hub goes on. Raises ``cursor_expired`` where memory does not reach back
        to ``from_ns``, ``too_large``, and what ``Resolver.pattern`` raises, before anything is given.
        """
        wanted = _wanted(resolver, channels)
        found = [(source, columns) for source in self._sources.values() if (columns := self._columns(wanted, source))]
        if from_ns is not None and from_ns < (kept_since_ns := self._kept_since(wanted, from_ns)):
            raise expired(kept_since_ns)
        pieces = [
            piece
            for source, columns in found
            if (piece := _piece(source, columns, from_ns or 0, to_ns, points)) is not None
        ]
        if (cost := sum(piece.cost for piece in pieces)) > HISTORY_VALUES:
            raise RequestError(
                Reason.TOO_LARGE,
                f"this is {cost} values, expected at most {HISTORY_VALUES}",
                "ask for less time, fewer channels, or so many `points`",
            )
        views = [self._view(piece) for piece in pieces]
        return (_read(piece, view, from_ns or 0, to_ns) for piece, view in zip(pieces, views, strict=True))

    def _columns(self, wanted: Subscription, source: Source) -> tuple[int, ...]:
        return wanted.columns(source.ring.stream, self._directory)

    def kept_since(self, resolver: Resolver, channels: Iterable[str] | None, from_ns: int) -> int:
        """From when on memory has everything of these channels; ``from_ns`` where it reaches back to then."""
        return max(from_ns, self._kept_since(_wanted(resolver, channels), from_ns))

    def _kept_since(self, wanted: Subscription, from_ns: int) -> int:
        rings = [source.ring for source in self._sources.values() if self._columns(wanted, source)]
        since_ns = [ring.scan_ns(ring.entries[0].batch, 0) for ring in rings if ring.floor_order and ring.entries]
        for address, (channel, ended_ns) in self._forgotten.items():
            board = self._directory.get(address.board)
            aliases = {} if board is None or board.info is None else board.info.aliases
            if wanted.patterns is None or any(
                pattern.matches(address.board, channel, aliases) for pattern in wanted.patterns
            ):
                since_ns.append(ended_ns + 1)
        return max(since_ns, default=from_ns)

    def _view(self, piece: _Piece) -> RawView:
        ring = piece.ring
        form = Form.RAW if piece.every == 1 else Form.ENVELOPE
        kind = RawView if form is Form.RAW else EnvelopeView
        before = None if ring.stream.predecessor is None else self._sources.get(ring.stream.predecessor)
        named = piece.source.name(Choice(piece.columns, form, piece.every), self._next_name, before)
        return kind(named, piece.columns, ring, self._cursor_text)


def _read(piece: _Piece, view: RawView, from_ns: int, to_ns: int) -> list[Delivery]:
    view.reach_back(piece.after)
    # A bucket counts that holds any scan of the time.
    since_ns = from_ns - ticks_ns(piece.ring.stream, piece.every - 1)
    made: list[Delivery] = []
    for item in view.items:
        assert isinstance(item.what, Delivery), "losses are not reached back for"
        part = _cut(piece.ring, item.what, since_ns, to_ns)
        if part is not None:
            made.append(part)
    return _joined(made)


def expired(kept_since_ns: int) -> RequestError:
    """Nobody knows what was before then."""
    earliest_s = -(-kept_since_ns // 1_000) / 1e6  # never rounded to before it
    return RequestError(
        Reason.CURSOR_EXPIRED,
        "not all of this time is kept any more",
        f"ask from_s {earliest_s:.6f} or later, or without it for all that is in memory",
    )


def _wanted(resolver: Resolver, channels: Iterable[str] | None) -> Subscription:
    return Subscription("", resolver.patterns(channels), Form.RAW, None)


def _piece(source: Source, columns: tuple[int, ...], from_ns: int, to_ns: int, points: int | None) -> _Piece | None:
    """What of a stream lies in a time; None for nothing."""
    ring, entries = source.ring, list(source.ring.entries)
    start, stop = _inside(ring, entries, from_ns, to_ns)
    if start >= stop:
        return None
    first = entries[start].batch.seq + _span(ring, entries[start], from_ns, to_ns).start
    last = entries[stop - 1].batch.seq + _span(ring, entries[stop - 1], from_ns, to_ns).stop - 1
    every = 1
    if points is not None and ring.stream.dt_ticks is not None:
        while last // every - first // every + 1 > points:
            every *= 2
    # Scans of a bucket may lie before the time and after it.
    while start > 0 and end_of(entries[start - 1].batch) > first - first % every:
        start -= 1
    while stop < len(entries) and end_of(entries[stop - 1].batch) < last - last % every + every:
        stop += 1
    return _Piece(source, columns, ring.until(entries[:stop]), entries[start].order - 1, first, last, every)


def _inside(ring: Ring, entries: Sequence[Entry], from_ns: int, to_ns: int) -> tuple[int, int]:
    """The first of the batches that have scans of a time, and the one after the last, which is no later for none."""

    def begins_ns(entry: Entry) -> int:
        return ring.scan_ns(entry.batch, 0)

    # One more at each end: a clock that is corrected may set a batch back by a little.
    start = max(0, bisect_left(entries, from_ns, key=begins_ns) - 2)
    stop = min(len(entries), bisect_right(entries, to_ns, key=begins_ns) + 1)
    while start < stop and not _span(ring, entries[start], from_ns, to_ns):
        start += 1
    while start < stop and not _span(ring, entries[stop - 1], from_ns, to_ns):
        stop -= 1
    return start, stop


def _span(ring: Ring, entry: Entry, from_ns: int, to_ns: int) -> range:
    """The scans of a batch that were taken in a time."""
    batch = entry.batch
    scans = range(batch.count)

    def taken_ns(scan: int) -> int:
        return ring.scan_ns(batch, scan)

    return range(bisect_left(scans, from_ns, key=taken_ns), bisect_right(scans, to_ns, key=taken_ns))


def _cut(ring: Ring, delivery: Delivery, from_ns: int, to_ns: int) -> Delivery | None:
    """What of a delivery lies in a time, with a time for each scan; None for nothing."""
    every = delivery.view.every
    times_ns = delivery.times_ns
    if times_ns is None:
        t0_ns = delivery.t0_ns
        times_ns = array("q", (t0_ns + ticks_ns(ring.stream, scan * every) for scan in range(delivery.count)))
    start, stop = bisect_left(times_ns, from_ns), bisect_right(times_ns, to_ns)
    if start >= stop:
        return None
    columns = tuple(column[start:stop] for column in delivery.columns)
    lost = 0 if start else delivery.lost
    return replace(
        delivery,
        seq=delivery.seq + start,
        t0_ns=times_ns[start],
        columns=columns,
        times_ns=times_ns[start:stop],
        lost=lost,
    )


def _joined(parts: list[Delivery]) -> list[Delivery]:
    """Neighbours as one."""
    runs: list[list[Delivery]] = []
    for part in parts:
        before = runs[-1][-1] if runs else None
        if before is not None and before.seq + before.count == part.seq:
            runs[-1].append(part)
        else:
            runs.append([part])
    return [_join(run) for run in runs]


def _join(run: list[Delivery]) -> Delivery:
    if len(run) == 1:
        return run[0]
    times_ns = array("q", chain.from_iterable(part.times_ns or () for part in run))
    columns = tuple(_concatenated(each) for each in zip(*(part.columns for part in run), strict=True))
    return replace(run[0], columns=columns, times_ns=times_ns, cursor=run[-1].cursor)


def _concatenated(columns: Sequence[_Column]) -> _Column:
    first = columns[0]
    if isinstance(first, array):
        return array(first.typecode, chain.from_iterable(cast("Sequence[Sequence[float]]", columns)))
    return [text for column in cast("Sequence[Sequence[str]]", columns) for text in column]
