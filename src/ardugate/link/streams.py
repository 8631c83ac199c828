"""Samples in: from packed frames to batches, with every gap counted (docs/reference/wire.md, 3.5 and 3.6)."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ardugate.link.clock import BoardClock
from ardugate.link.events import BatchReceived, LinkEvent, LossFound, StreamClock, StreamEnded, StreamStarted
from ardugate.link.known import FORM_DTYPE, Known
from ardugate.model import Batch, Channel, Loss, Stream
from ardugate.wire.answers import StreamEntry
from ardugate.wire.messages import Fault, Irregular, Samples
from ardugate.wire.modes import RawForm
from ardugate.wire.records import unpack_records
from ardugate.wire.samples import DTYPE, TYPECODE, Format, unpack_scans

_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
# Frames of a stream may come this long after its end: they waited on the board or on the line.
_LATE_NS: Final = 2_000_000_000
# A sample that says it is from so far ahead is a lie, of its time or of how many there are: a clock that is just being
# learned, or a board that hurries after it stood still, is off by less than a second.
_AHEAD_NS: Final = 10_000_000_000

# By what those who follow a stream find its successors: whether it is regular, and a channel of it.
_Role = tuple[bool, int]


@dataclass(slots=True)
class _Regular:
    stream: Stream
    entry: StreamEntry
    packing: Format
    channels: int
    period_ns: float
    next_seq: int = 0  # as the board counts: u32, wraps
    counted: int = 0  # scans since the stream began, lost ones too
    last_ns: int = 0
    damage: int = 0


@dataclass(slots=True)
class _Irregular:
    stream: Stream
    mode: int
    form: RawForm
    base_seq: int
    next_seq: int
    last_ns: int = 0
    damage: int = 0


class Streams:
    """The streams of one link, over all boots. Events go to ``emit``."""

    def __init__(self, board: str, new_stream_id: Callable[[], str], emit: Callable[[LinkEvent], None]) -> None:
        self.damage = 0  # bad frames since the link was made, counted by the owner: they tell wire from board
        self._board = board
        self._new_stream_id = new_stream_id
        self._emit = emit
        self._regular: dict[int, _Regular] = {}
        self._irregular: dict[int, _Irregular] = {}
        self._last: dict[_Role, str] = {}
        self._told_error_ns = 0.0  # the clock's error that all streams were announced with
        self._ended_ns: dict[int, int] = {}  # by the board's number
        # The next number of irregular streams that ended: a channel's samples are numbered through its modes.
        self._next_seq: dict[int, int] = {}

    def knows(self, stream: int) -> bool:
        """Whether this sampled stream (by the board's number) runs."""
        return stream in self._regular

    def ended_lately(self, stream: int, now_ns: int) -> bool:
        """Whether this sampled stream ran until a moment ago."""
        ended_ns = self._ended_ns.get(stream)
        return ended_ns is not None and now_ns - ended_ns < _LATE_NS

    def mode_of(self, channel: int) -> int | None:
        """The mode in which a channel's irregular stream runs, None without one."""
        current = self._irregular.get(channel)
        return current.mode if current else None

    def end_all(self, cause: str, now_ns: int) -> None:
        """End every stream. After a boot all numbers start at 0."""
        for number in list(self._regular):
            self._end_regular(number, cause, now_ns)
        for number in list(self._irregular):
            self._end_irregular(number, cause, now_ns)
        if cause == "boot":
            self._next_seq.clear()
            self._ended_ns.clear()

    def any(self) -> bool:
        """Whether one runs."""
        return bool(self._regular or self._irregular)

    def restart(self, known: Known, clock: BoardClock, cause: str, now_ns: int) -> None:
        """Give every stream a successor that goes on where it is (the clock was stepped)."""
        next_seq = {number: run.next_seq for number, run in self._regular.items()}
        self.end_all(cause, now_ns)
        self.follow(known, clock, cause, now_ns)
        for number, run in self._regular.items():
            run.next_seq = next_seq.get(number, 0)

    def follow(
        self,
        known: Known,
        clock: BoardClock,
        cause: str,
        now_ns: int,
        predecessors: dict[int, int] | None = None,
    ) -> None:
        """Make the streams what ``known`` says. ``predecessors`` gives the number of the sampled stream that a new one
        was exchanged for."""
        self._tell_clock(clock)
        replaced: dict[int, str] = {}
        for new, old in (predecessors or {}).items():
            if old in self._regular:
                replaced[new] = self._regular[old].stream.id
        for number, run in list(self._regular.items()):
            if known.streams.get(number) != run.entry:
                self._end_regular(number, cause, now_ns)
        for number, entry in known.streams.items():
            if number not in self._regular:
                self._start_regular(known, clock, entry, cause, now_ns, replaced.get(number))
        for number, channel in known.channels.items():
            current = self._irregular.get(number)
            mode = known.mode_number(number)
            if current and (not channel.events or current.mode != mode):
                self._end_irregular(number, cause, now_ns)
            if channel.events and (current is None or current.mode != mode):
                self._start_irregular(known, clock, channel, mode, cause, now_ns)

    def samples(self, message: Samples, clock: BoardClock, now_ns: int) -> Fault | None:
        """Take a SAMPLES frame of a stream that runs."""
        run = self._regular[message.stream]
        columns = unpack_scans(run.packing, message.packed, run.channels)
        if columns is None:
            return Fault("bad_payload", f"stream {message.stream}: {len(message.packed)} bytes are no whole scans")
        lost = (message.seq - run.next_seq) % _WRAP
        if lost >= _HALF:
            return Fault("old_samples", f"stream {message.stream}: scan {message.seq} after {run.next_seq}")
        t0_ns = max(clock.to_ns(message.t_us), run.last_ns + 1)
        if t0_ns > now_ns + _AHEAD_NS:
            return _ahead(f"stream {message.stream}", t0_ns - now_ns)
        # Beyond the board's u32, which the fastest stream fills in 16 hours.
        seq = run.counted + lost
        if lost:
            self._lose(run, run.counted, lost)
        self._tell_clock(clock)
        scans = len(columns[0])
        run.next_seq = (message.seq + scans) % _WRAP
        run.counted = seq + scans
        run.last_ns = t0_ns + int((scans - 1) * run.period_ns)
        run.damage = self.damage
        self._emit(BatchReceived(Batch(run.stream.id, seq, t0_ns, columns, None, lost), message.packed))
        return None

    def irregular(self, message: Irregular, clock: BoardClock, now_ns: int) -> Fault | None:
        """Take an IRREGULAR frame of a channel whose stream runs in the frame's mode."""
        run = self._irregular[message.channel]
        unpacked = unpack_records(run.form, message.records)
        if unpacked is None:
            return Fault("bad_payload", f"channel {message.channel}: {len(message.records)} bytes are no whole records")
        times, values = unpacked
        lost = (message.seq - run.next_seq) % _WRAP
        if lost >= _HALF:
            return Fault("old_samples", f"channel {message.channel}: sample {message.seq} after {run.next_seq}")
        times_ns, last_ns = array("q"), run.last_ns
        for t_us in times:
            last_ns = max(clock.to_ns(t_us), last_ns + 1)
            times_ns.append(last_ns)
        if last_ns > now_ns + _AHEAD_NS:
            return _ahead(f"channel {message.channel}", last_ns - now_ns)
        seq = (message.seq - run.base_seq) % _WRAP
        if lost:
            self._lose(run, seq - lost, lost)
        run.last_ns = last_ns
        self._tell_clock(clock)
        run.next_seq = (message.seq + len(times)) % _WRAP
        run.damage = self.damage
        batch = Batch(run.stream.id, seq, times_ns[0], [values], times_ns, lost)
        self._emit(BatchReceived(batch, message.records))
        return None

    def pass_over(self, message: Irregular, records: int, now_ns: int) -> None:
        """Samples of a mode that is over came late: they use up their numbers and are lost."""
        run = self._irregular.get(message.channel)
        if run is None:
            self._next_seq[message.channel] = (message.seq + records) % _WRAP
            return
        lost = (message.seq + records - run.next_seq) % _WRAP
        if 0 < lost < _HALF:
            first = (run.next_seq - run.base_seq) % _WRAP
            run.next_seq = (run.next_seq + lost) % _WRAP
            self._emit(LossFound(Loss("board", "overrun", run.stream.id, lost, first, now_ns)))

    def _tell_clock(self, clock: BoardClock) -> None:
        """Times may be more or less wrong than was told: said of every stream, before the next batch."""
        if clock.error_ns == self._told_error_ns:
            return
        self._told_error_ns = clock.error_ns
        running = [run.stream.id for run in self._regular.values()]
        running += [run.stream.id for run in self._irregular.values()]
        for stream_id in running:
            self._emit(StreamClock(stream_id, clock.error_ns / 1e9))

    def _lose(self, run: _Regular | _Irregular, from_seq: int, count: int) -> None:
        on_wire = run.damage != self.damage
        place, reason = ("wire", "damaged") if on_wire else ("board", "overrun")
        self._emit(LossFound(Loss(place, reason, run.stream.id, count, from_seq, run.last_ns)))

    def _start_regular(
        self,
        known: Known,
        clock: BoardClock,
        entry: StreamEntry,
        cause: str,
        now_ns: int,
        predecessor: str | None,
    ) -> None:
        packing = Format(entry.format)
        d = known.descriptor
        stream = Stream(
            id=self._new_stream_id(),
            board=self._board,
            channels=tuple(known.channels[number] for number in entry.channels),
            dtype=DTYPE[TYPECODE[packing]],
            dt_ticks=entry.period_ticks,
            tick_hz=d.tick_hz,
            started_ns=now_ns,
            cause=cause,
            predecessor=predecessor or self._last.get((True, entry.channels[0])),
            offsets_s=known.offsets_s(entry),
            clock_error_s=clock.error_ns / 1e9,
            packing=packing.name.lower(),
        )
        period_ns = entry.period_ticks * 1e9 / d.tick_hz
        run = _Regular(stream, entry, packing, len(entry.channels), period_ns, damage=self.damage)
        self._regular[entry.stream] = run
        self._emit(StreamStarted(stream))

    def _start_irregular(
        self,
        known: Known,
        clock: BoardClock,
        channel: Channel,
        mode: int,
        cause: str,
        now_ns: int,
    ) -> None:
        form = known.form(channel.number, mode)
        if form is None:
            return
        dtype = FORM_DTYPE[form]
        stream = Stream(
            id=self._new_stream_id(),
            board=self._board,
            channels=(replace(channel, dtype=dtype),),
            dtype=dtype,
            dt_ticks=None,
            tick_hz=known.descriptor.tick_hz,
            started_ns=now_ns,
            cause=cause,
            predecessor=self._last.get((False, channel.number)),
            offsets_s=(0.0,),
            clock_error_s=clock.error_ns / 1e9,
            packing="records",
        )
        seq = self._next_seq.get(channel.number, 0)
        self._irregular[channel.number] = _Irregular(stream, mode, form, seq, seq, damage=self.damage)
        self._emit(StreamStarted(stream))

    def _end_regular(self, number: int, cause: str, now_ns: int) -> None:
        run = self._regular.pop(number)
        self._last.update(((True, channel), run.stream.id) for channel in run.entry.channels)
        self._ended_ns[number] = now_ns
        self._emit(StreamEnded(run.stream.id, cause, now_ns))

    def _end_irregular(self, number: int, cause: str, now_ns: int) -> None:
        run = self._irregular.pop(number)
        self._last[False, number] = run.stream.id
        self._next_seq[number] = run.next_seq
        self._emit(StreamEnded(run.stream.id, cause, now_ns))


def _ahead(what: str, ahead_ns: int) -> Fault:
    return Fault("early_samples", f"{what}: samples of {ahead_ns / 1e9:.0f} s from now")
