"""What was before memory: scans from the ring on disk, or seconds and minutes from the tiers. Called in a thread."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.hub import Hub, Resolver
from ardugate.hub.history import History, expired
from ardugate.hub.ring import Ring
from ardugate.hub.sources import Source
from ardugate.model import Channel, Delivery, Form, Mode, ValueType, View
from ardugate.record.blocks import Kind
from ardugate.record.cut import MARGIN_NS
from ardugate.record.files import Entry, blocks, blocks_at, entries
from ardugate.record.notes import StreamBegan
from ardugate.record.reader import Reader, Scans
from ardugate.record.tiers import PERIODS_S, TierRow, rows_of
from ardugate.runtime.recording.shelves import RingFiles

_S: Final = 10**9
# Scans that are unpacked to answer one question: a second of work. Longer times are for the tiers.
MAX_SCANS: Final = 500_000
# Points of a channel where the question says no number.
_POINTS: Final = 10_000
# Numbers of views in binary frames count from 1 on in the hub: these are never sent so.
_FIRST_NUMBER: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Question:
    """As ``history`` asks; both ends included."""

    resolver: Resolver
    channels: tuple[str, ...] | None
    from_ns: int
    to_ns: int
    points: int | None


class Archive:
    """Reads the ring and the tiers of a recorder. ``hub`` gives names and knows boards."""

    def __init__(self, hub: Hub, ring: RingFiles | None, tiers: dict[int, RingFiles]) -> None:
        self._hub = hub
        self._ring = ring
        self._tiers = tiers
        self._names = count(1)

    def read(self, question: Question) -> list[Delivery]:
        """The deliveries of a time, in order of streams. Raises RequestError: ``cursor_expired`` with the earliest time
        that can be answered, ``too_large``."""
        found = _chosen([] if self._ring is None else self._ring.files(), question)
        begins = [entry.first_ns for _, chosen in found for entry in chosen if entry.kind == Kind.SAMPLES]
        scans = sum(entry.scans for _, chosen in found for entry in chosen)
        reaches = self._ring_begin() is not None and (self._ring_begin() or 0) <= question.from_ns
        if reaches and scans <= MAX_SCANS and begins:
            return self._from_ring(question, found)
        if question.points is not None:
            rows = self._rows(question)
            if rows or not reaches:
                return rows
        if not reaches:
            raise expired(self._ring_begin() or question.to_ns + 1)
        if scans > MAX_SCANS:
            raise RequestError(Reason.TOO_LARGE, f"these are {scans} scans", "ask for less time, or so many `points`")
        return []

    def of_recording(self, path: Path, question: Question) -> list[Delivery]:
        """The deliveries of a time, out of one recording. Raises RequestError (``too_large``)."""
        found = _chosen([path], question)
        scans = sum(entry.scans for _, chosen in found for entry in chosen)
        if scans <= MAX_SCANS:
            return self._from_ring(question, found)
        if question.points is not None and (rows := self._rows(question)):
            return rows
        raise RequestError(Reason.TOO_LARGE, f"these are {scans} scans", "ask for less time")

    # ---- the ring

    def _ring_begin(self) -> int | None:
        for path in [] if self._ring is None else self._ring.files():
            try:
                for entry in entries(path):
                    if entry.kind == Kind.SAMPLES:
                        return entry.first_ns
            except OSError:  # it has just been let go
                continue
        return None

    def _from_ring(self, question: Question, found: Sequence[tuple[Path, list[Entry]]]) -> list[Delivery]:
        sources: dict[str, Source] = {}
        for path, chosen in found:
            for event in Reader().events(blocks_at(path, chosen)):
                if isinstance(event, StreamBegan):
                    sources.setdefault(event.stream.id, Source(Ring(event.stream, bounded=False)))
                elif isinstance(event, Scans):
                    ring = sources[event.stream.id].ring
                    # What was left out before the first was not lost.
                    ring.append(event.order, event.batch if ring.entries else replace(event.batch, lost=0))
        history = History(sources, self._hub.directory, self._name, self._hub.orders.cursor)
        read = history.read(
            question.resolver,
            channels=question.channels,
            from_ns=question.from_ns,
            to_ns=question.to_ns,
            points=question.points,
        )
        return [part for stream in read for part in stream]

    # ---- the tiers

    def _rows(self, question: Question) -> list[Delivery]:
        points = question.points or _POINTS
        length_s = (question.to_ns - question.from_ns) / _S
        period = next((each for each in PERIODS_S if length_s / each <= points), PERIODS_S[-1])
        matches = self._matching(question)
        from_s, to_s = question.from_ns // _S, question.to_ns // _S
        rows: dict[str, list[TierRow]] = {}
        known: dict[str, bool] = {}
        for path in self._tiers[period].files() if period in self._tiers else []:
            try:
                if path.stat().st_mtime < from_s - period:  # all of it was written before
                    continue
                for row in rows_of(blocks(path)):
                    if from_s - period < row.at_s <= to_s:
                        if row.address not in known:
                            known[row.address] = matches(row.address)
                        if known[row.address]:
                            rows.setdefault(row.address, []).append(row)
            except OSError:  # it has just been let go
                continue
        return [self._delivery(address, _thinned(found, points), period) for address, found in sorted(rows.items())]

    def _matching(self, question: Question) -> Callable[[str], bool]:
        patterns = question.resolver.patterns(question.channels)
        if patterns is None:
            return lambda _: True

        def matches(address: str) -> bool:
            board_id, _, name = address.partition("/")
            board = self._hub.directory.get(board_id)
            aliases = {} if board is None or board.info is None else board.info.aliases
            return any(pattern.matches(board_id, _channel(name, ""), aliases) for pattern in patterns)

        return matches

    def _delivery(self, address: str, rows: list[TierRow], period: int) -> Delivery:
        board_id, _, name = address.partition("/")
        board = self._hub.directory.get(board_id)
        channels = () if board is None or board.info is None else board.info.channels
        unit = next((each.unit for each in channels if each.name == name), "")
        times_ns = array("q", (row.at_s * _S for row in rows))
        view_id, number = self._name()
        view = View(
            id=view_id,
            number=number,
            board=board_id,
            channels=(_channel(name, unit),),
            dtype="f32",
            form=Form.ENVELOPE,
            every=1,
            dt_s=float(period),
            rate_hz=1 / period,
            started_ns=times_ns[0],
            cause="restart",
            predecessor=None,
            offsets_s=(0.0,),
            clock_error_s=0.0,
        )
        ends = (array("d", (row.low for row in rows)), array("d", (row.high for row in rows)))
        return Delivery(view, rows[0].at_s // period, times_ns[0], ends, times_ns, 0, self._hub.cursor())

    def _name(self) -> tuple[str, int]:
        number = next(self._names)
        return f"d{number}_{self._hub.life}", _FIRST_NUMBER + number


def _chosen(files: Iterable[Path], question: Question) -> list[tuple[Path, list[Entry]]]:
    """Blocks that may have something of this time, and all notes of their files."""
    found: list[tuple[Path, list[Entry]]] = []
    for path in files:
        try:
            chosen = [
                entry
                for entry in entries(path)
                if entry.kind == Kind.NOTE
                or (entry.last_ns >= question.from_ns - MARGIN_NS and entry.first_ns <= question.to_ns)
            ]
        except OSError:  # it has just been let go
            continue
        if any(entry.kind == Kind.SAMPLES for entry in chosen):
            found.append((path, chosen))
    return found


def _channel(name: str, unit: str) -> Channel:
    return Channel(0, name, ValueType.FLOAT, Mode.DECLARED, unit, dtype="f32")


def _thinned(rows: Iterable[TierRow], points: int) -> list[TierRow]:
    """At most so many, each of several neighbours."""
    found = sorted(rows)
    step = -(-len(found) // points)
    if step <= 1:
        return found
    thinned: list[TierRow] = []
    for start in range(0, len(found), step):
        part = found[start : start + step]
        n = sum(row.n for row in part)
        mean = sum(row.mean * row.n for row in part) / n
        low, high = min(row.low for row in part), max(row.high for row in part)
        thinned.append(TierRow(part[0].at_s, part[0].address, n, low, high, mean))
    return thinned
