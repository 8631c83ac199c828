"""The simulated board's sampled streams: scans on the board's clock, packed into frames (wire.md, 3.5)."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ardugate.sim.channels import Channels, ChannelState, Raw, Refusal
from ardugate.sim.rate import LineRate
from ardugate.sim.uno import ADC_BITS, CONVERSION_US, MAX_STREAMS, TICK_HZ
from ardugate.wire import limits
from ardugate.wire.messages import Samples, Status
from ardugate.wire.modes import RawForm
from ardugate.wire.ops import RateOffer, serialize_offer
from ardugate.wire.samples import TYPECODE, Column, Format, pack_scans

_NS: Final = 1_000_000_000

# What a SAMPLES frame has room for: the longest frame less its overhead, code, stream, sequence and time.
MAX_PACKED_BYTES: Final = limits.MAX_LINE_FROM_BOARD - limits.FRAME_OVERHEAD - 10
# A channel more than this in a stream is `too_many`; an Uno's 20 pins would not be sampled together.
MAX_CHANNELS: Final = 16
# Samples may take this share of the line; the rest is for heartbeats, replies, edges and the frames' own bytes.
_SAMPLES_SHARE: Final = 0.75
_DEFAULT_BAUD: Final = 115_200
# A period that no stream has.
NEVER_TICKS: Final = 0xFFFFFFFF

_WIDTH_BITS: Final = {Format.U10: 10, Format.U8: 8, Format.U16: 16, Format.I16: 16, Format.I32: 32, Format.F32: 32}


class BoardClock:
    """The board's clock: µs and ticks since its reset, from gateway time. ``drift_ppm`` makes it run fast."""

    def __init__(self, reset_ns: int, drift_ppm: int) -> None:
        self.reset_ns = reset_ns
        self._rate = 1_000_000 + drift_ppm

    def us(self, t_ns: float) -> int:
        """Board time at ``t_ns``: u32, wraps."""
        return int(t_ns - self.reset_ns) * self._rate // _NS & 0xFFFFFFFF

    def ticks_ns(self, ticks: int) -> int:
        """How long ``ticks`` take, in ns."""
        return ticks * _NS * 1_000_000 // (TICK_HZ * self._rate)

    def ticks(self, ns: int) -> int:
        """How many whole ticks pass in ``ns``."""
        return ns * TICK_HZ * self._rate // (_NS * 1_000_000)


@dataclass(slots=True)
class SampledStream:
    """One stream that runs. ``due`` is the number of the next scan; ``first`` that of the first one kept in
    ``columns``, which wait to be sent."""

    number: int
    packing: Format
    period_ticks: int
    states: tuple[ChannelState, ...]
    started_ns: int
    due: int = 0
    first: int = 0
    columns: list[list[Raw]] = field(default_factory=list[list[Raw]])

    @property
    def analog(self) -> bool:
        """Whether it is made of conversions, which come one after the other."""
        return all(state.analog for state in self.states)

    @property
    def step_ticks(self) -> int:
        """From one channel of a scan to the next."""
        return CONVERSION_US * TICK_HZ // 1_000_000 if self.analog and len(self.states) > 1 else 0

    @property
    def effective_bits(self) -> int:
        """How many bits of a value carry information, 0 where that is not known."""
        return ADC_BITS if self.analog else 0

    @property
    def waiting(self) -> int:
        """How many scans wait to be sent."""
        return len(self.columns)

    @property
    def max_scans(self) -> int:
        """How many scans one frame holds."""
        if self.packing is Format.BITS:
            return MAX_PACKED_BYTES // -(-len(self.states) // 8)
        return MAX_PACKED_BYTES * 8 // _WIDTH_BITS[self.packing] // len(self.states)


class Streams:
    """All sampled streams of a boot. ``emit`` gets each frame's message and the time at which it was complete."""

    def __init__(self, channels: Channels, clock: BoardClock, line: LineRate, emit: Callable[[Samples, int], None]):
        self._channels = channels
        self._clock = clock
        self._emit = emit
        self._line = line
        self._paused = False
        self.running: dict[int, SampledStream] = {}

    def start(self, number: int, replaces: int, period_ticks: int, channels: Sequence[int], t_ns: int) -> SampledStream:
        """Start a stream after ending ``replaces``. Raises Refusal, and then nothing has changed."""
        others = [stream for stream in self.running.values() if stream.number != replaces]
        if not number or not period_ticks or any(stream.number == number for stream in others):
            raise Refusal(Status.BAD_REQUEST)
        if list(channels) != sorted(set(channels)):
            raise Refusal(Status.BAD_REQUEST)
        states = tuple(self._channels.get(channel) for channel in channels)
        if any(state.form is None or state.form is RawForm.TEXT for state in states):
            raise Refusal(Status.WRONG_MODE)
        if len(others) >= MAX_STREAMS or len(states) > MAX_CHANNELS:
            raise Refusal(Status.TOO_MANY)
        stream = SampledStream(number, _packing(states), period_ticks, states, t_ns)
        best = self._best_ticks(stream, others, self._line.baud)
        if period_ticks < best:
            highest = max(self._line.baud or 0, self._line.max_baud)
            offer = RateOffer(best, self._best_ticks(stream, others, highest))
            raise Refusal(Status.RATE_TOO_HIGH, serialize_offer(offer))
        self.end(replaces, t_ns)
        self.running[number] = stream
        return stream

    def end(self, number: int, t_ns: int) -> None:
        """End a stream; what it has taken is still sent. One that does not run is none."""
        stream = self.running.get(number)
        if stream is not None:
            self._flush(stream, t_ns)
            del self.running[number]

    def hold(self, channel: int) -> bool:
        """Whether a stream holds this channel."""
        return any(state.number == channel for stream in self.running.values() for state in stream.states)

    def pause(self, t_ns: int) -> None:
        """The watchdog: send what was taken; scans go on counting."""
        for stream in self.running.values():
            self._flush(stream, t_ns)
        self._paused = True

    def resume(self, t_ns: int) -> int:
        """Go on with the next scan that is due; how many before it are missing."""
        missing = 0
        if not self._paused:
            return missing
        self._paused = False
        for stream in self.running.values():
            due = self._clock.ticks(t_ns - stream.started_ns) // stream.period_ticks + 1
            missing += max(0, due - stream.due)
            stream.due = max(due, stream.due)
        return missing

    def advance(self, t_ns: int) -> None:
        """Take every scan that is due by ``t_ns`` and send the frames that are complete."""
        if self._paused:
            return
        for stream in self.running.values():
            while True:
                at_ns = self._scan_ns(stream, stream.due)
                if stream.waiting and min(self._flush_ns(stream), t_ns) < at_ns:
                    if self._flush_ns(stream) > t_ns:
                        break
                    self._flush(stream, self._flush_ns(stream))
                    continue
                if at_ns > t_ns:
                    break
                self._take(stream, at_ns)

    def next_deadline(self) -> int | None:
        """When a frame is next complete, or a new one begins."""
        if self._paused or not self.running:
            return None
        return min(self._frame_ns(stream) for stream in self.running.values())

    def _take(self, stream: SampledStream, at_ns: int) -> None:
        if not stream.waiting:
            stream.first = stream.due
        stream.columns.append([self._channels.measure(state, at_ns) for state in stream.states])
        stream.due += 1
        if stream.waiting >= stream.max_scans:
            self._flush(stream, at_ns)

    def _flush(self, stream: SampledStream, t_ns: int) -> None:
        if not stream.columns:
            return
        typecode = TYPECODE[stream.packing]
        columns: list[Column] = [array(typecode, column) for column in zip(*stream.columns, strict=True)]
        first_us = self._clock.us(self._scan_ns(stream, stream.first))
        stream.columns = []
        self._emit(Samples(stream.number, stream.first, first_us, pack_scans(stream.packing, columns)), t_ns)

    def _scan_ns(self, stream: SampledStream, scan: int) -> int:
        return stream.started_ns + self._clock.ticks_ns(stream.period_ticks * scan)

    def _flush_ns(self, stream: SampledStream) -> int:
        return self._scan_ns(stream, stream.first) + limits.SAMPLES_FLUSH_MS * 1_000_000

    def _frame_ns(self, stream: SampledStream) -> int:
        """When the frame that is being filled will be complete."""
        if not stream.waiting:
            stream_first_ns = self._scan_ns(stream, stream.due)
            full_ns = self._scan_ns(stream, stream.due + stream.max_scans - 1)
            return min(stream_first_ns + limits.SAMPLES_FLUSH_MS * 1_000_000, full_ns)
        return min(self._flush_ns(stream), self._scan_ns(stream, stream.first + stream.max_scans - 1))

    def _best_ticks(self, stream: SampledStream, others: Sequence[SampledStream], baud: int | None) -> int:
        """The shortest period that the ADC and a line of this rate can keep beside the other streams."""
        us = 1_000_000 - sum(_scan_us(each) * TICK_HZ / each.period_ticks for each in others)
        bytes_per_s = (baud or _DEFAULT_BAUD) / 10 * _SAMPLES_SHARE
        bytes_per_s -= sum(_scan_bytes(each) * TICK_HZ / each.period_ticks for each in others)
        if us <= 0 or bytes_per_s <= 0:
            return NEVER_TICKS
        return max(int(TICK_HZ * max(_scan_us(stream) / us, _scan_bytes(stream) / bytes_per_s)) + 1, 1)


def _packing(states: Sequence[ChannelState]) -> Format:
    forms = {state.form for state in states}
    if forms == {RawForm.BOOL}:
        return Format.BITS
    if RawForm.F32 in forms:
        return Format.F32
    if all(state.analog for state in states):
        return Format.U10
    return Format.I32


def _scan_us(stream: SampledStream) -> float:
    return max(1.0, sum(CONVERSION_US if state.analog else 1.0 for state in stream.states))


def _scan_bytes(stream: SampledStream) -> float:
    if stream.packing is Format.BITS:
        return -(-len(stream.states) // 8)
    return len(stream.states) * _WIDTH_BITS[stream.packing] / 8
