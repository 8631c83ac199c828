"""From wished rates to commands that start and end sampled streams (docs/reference/wire.md, 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link import plan
from ardugate.link.jobs import GoTo, Refusal, StepsTo
from ardugate.link.known import Known
from ardugate.link.line import Line
from ardugate.wire import ops
from ardugate.wire.answers import StreamDetail, StreamEntry
from ardugate.wire.limits import LINE_RATES, STREAM_ID_REST

_MAX_TICKS: Final = (1 << 32) - 1
_MAX_STREAM_ID: Final = 255
# Channels in one COMMAND stream or renew: 48 bytes on the line, less 14 for frame and head, less 6 of arguments.
MAX_CHANNELS: Final = 28
# The line's rate is changed so often in one go: down through all rates, each tried twice.
_MAX_CHANGES: Final = 2 * len(LINE_RATES)


class Rates:
    """The sampled streams of one boot's board, as parts of plans; ``line`` goes faster where they need it.
    ``changed(cause, replaced)`` is called after each change; ``parked`` are channels that left their stream because of
    their mode: (kind, period in ticks)."""

    def __init__(self, known: Known, line: Line, changed: Callable[[str, dict[int, int]], None]) -> None:
        self.parked: dict[int, tuple[str, int]] = {}
        self._known = known
        self._line = line
        self._changed = changed
        self._used_ids: list[int] = list(known.streams)

    def running(self) -> dict[int, int]:
        """The periods that run now, in ticks by channel."""
        return {n: entry.period_ticks for entry in self._known.streams.values() for n in entry.channels}

    def ticks(self, hz: float | None) -> int:
        """The period for a rate: 0 for none, 1 for as fast as can be."""
        if hz is None:
            return 1
        tick_hz = self._known.descriptor.tick_hz
        if hz < 0 or (hz and tick_hz / hz > _MAX_TICKS):
            raise RequestError(Reason.OUT_OF_RANGE, f"{hz:g} Hz is no rate", f"at least {tick_hz / _MAX_TICKS:.2g} Hz")
        if hz > tick_hz:
            raise RequestError(Reason.RATE_TOO_HIGH, f"{hz:g} Hz is more than the board's clock of {tick_hz} Hz")
        return max(1, round(tick_hz / hz)) if hz else 0

    def apply(self, wanted: dict[int, int], cause: str) -> StepsTo[int | None]:
        """Lead the sampled streams to ``wanted`` (ticks by channel); after a refusal, back to what they were. Returns
        the board time of the last start, None when nothing was to be done."""
        known = self._known
        before = self.running()
        groups = plan.grouped(wanted, self._kind)
        if len(groups) > known.descriptor.max_streams:
            message = f"that needs {len(groups)} sampled streams, the board has {known.descriptor.max_streams}"
            raise RequestError(Reason.TOO_MANY, message, "give more channels the same rate")
        if any(len(numbers) > MAX_CHANNELS for numbers in groups.values()):
            raise RequestError(Reason.TOO_MANY, f"one stream carries at most {MAX_CHANNELS} channels")
        started_us: int | None = None
        try:
            for step in plan.steps(list(known.streams.values()), wanted, self._kind, self._next_id):
                started_us = yield from self._started(step, cause)
        except Refusal as refusal:
            for step in plan.steps(list(known.streams.values()), before, self._kind, self._next_id):
                yield from self._stream(step, cause)
            raise self._explained(refusal) from refusal
        return started_us

    def fastest(self, numbers: list[int], wanted: dict[int, int]) -> StepsTo[int | None]:
        """As fast as can be: the board says what can be kept, on the fastest line that helps."""
        while True:
            try:
                return (yield from self.apply({**wanted, **dict.fromkeys(numbers, 1)}, "rate"))
            except _TooFastError as error:
                offer = error.offer
            if not (yield from self._raise_line(offer, offer.offered_ticks)):
                return (yield from self.apply({**wanted, **dict.fromkeys(numbers, offer.best_ticks)}, "rate"))

    def follow_line(self) -> StepsTo[None]:
        """Bring the line to the rate that it should have; what no longer fits then is asked for anew, and runs as fast
        as it can."""
        for _ in range(_MAX_CHANGES):
            if (baud := self._line.target()) is None or baud == self._line.baud:
                break
            yield GoTo(baud)
        if self._line.slower:
            for entry in list(self._known.streams.values()):
                yield from self._fit(entry)
        self._line.planned()

    def _fit(self, entry: StreamEntry) -> StepsTo[None]:
        """Begin a stream again on a slower line."""
        period_ticks: int | None = entry.period_ticks
        while period_ticks:
            step = ops.SetStream(self._next_id(), entry.stream, period_ticks, entry.channels)
            try:
                yield from self._stream(step, "line")
                return
            except Refusal as refusal:
                best_ticks = refusal.offer.best_ticks if refusal.offer else 0
                period_ticks = best_ticks if best_ticks > period_ticks else None
        yield from self._stream(ops.SetStream(0, entry.stream, 0, ()), "line")

    def _started(self, step: ops.SetStream, cause: str) -> StepsTo[int | None]:
        """Do a step; the line goes faster if that is what it takes."""
        while True:
            try:
                return (yield from self._stream(step, cause))
            except Refusal as refusal:
                offer = refusal.offer
                if offer is None or step.period_ticks < offer.offered_ticks:
                    raise
                if not (yield from self._raise_line(offer, step.period_ticks)):
                    raise

    def _raise_line(self, offer: ops.RateOffer, period_ticks: int) -> StepsTo[bool]:
        """Go to a faster line for the sake of this period; False: there is none, or it would not help."""
        if offer.offered_ticks >= offer.best_ticks:
            return False
        while (baud := self._line.faster(offer.best_ticks / max(1, period_ticks))) is not None:
            if (yield GoTo(baud)):
                return True
        return False

    def _stream(self, step: ops.SetStream, cause: str) -> StepsTo[int | None]:
        done = yield step
        assert isinstance(done, ops.StreamDone)
        known = self._known
        entries = [entry for number, entry in known.streams.items() if number != step.replaces]
        if step.channels:
            known.kept_ticks[step.period_ticks] = done.period_ticks
            entries.append(StreamEntry(step.stream, done.format, done.period_ticks, step.channels))
            if done.step_ticks is not None:
                detail = StreamDetail(done.format, done.period_ticks, done.step_ticks, done.effective_bits)
                known.details[step.stream] = detail
        if known.set_streams(entries):
            raise RequestError(Reason.INTERNAL, "the board keeps a stream that cannot be")
        known.refresh()
        self._changed(cause, {step.stream: step.replaces} if step.replaces and step.channels else {})
        return done.started_us

    def _kind(self, number: int) -> str:
        return self._known.sample_kind(number) or ""

    def _next_id(self) -> int:
        """A number for a sampled stream that rested long enough."""
        last = self._used_ids[-1] if self._used_ids else 0
        number = last % _MAX_STREAM_ID + 1
        while number in self._known.streams or number in self._used_ids:
            number = number % _MAX_STREAM_ID + 1
        self._used_ids = [*self._used_ids, number][-STREAM_ID_REST:]
        return number

    def _explained(self, refusal: Refusal) -> RequestError:
        offer = refusal.offer
        if offer is None or not offer.best_ticks or not offer.offered_ticks:
            return refusal
        tick_hz = self._known.descriptor.tick_hz
        message = f"the board cannot sample that fast; the highest rate is {tick_hz / offer.best_ticks:.6g} Hz"
        hint = "or sample fewer channels"
        if offer.offered_ticks < offer.best_ticks and self._line.baud:
            here = f"{tick_hz / offer.best_ticks:.6g} Hz at {self._line.baud} baud"
            there = f"{tick_hz / offer.offered_ticks:.6g} Hz at {self._line.max_baud} baud"
            hint = f"at most {here}, and {there}, from which the line is kept; {hint}"
        return _TooFastError(message, hint, offer)


class _TooFastError(RequestError):
    """``rate_too_high`` with the shortest periods that can be kept."""

    def __init__(self, message: str, hint: str, offer: ops.RateOffer) -> None:
        super().__init__(Reason.RATE_TOO_HIGH, message, hint)
        self.offer = offer
