"""Board time to gateway time, from the four stamps of each heartbeat (docs/explanation/time.md).

Three things are kept apart: the *line* that is most likely right (``Fit``), the *bound* of what is certain (``Bound``),
and the *mapping* that is published, which follows the line without a step, so that times made from it never go back.
"""

from __future__ import annotations

from typing import Final

from ardugate.link.clock_bound import Bound, Statement
from ardugate.link.clock_fit import MAX_SKEW, Exchange, Fit
from ardugate.wire.limits import FRAME_OVERHEAD, HEARTBEAT_MS, SAMPLES_FLUSH_MS
from ardugate.wire.messages import BoardHeartbeat, Heartbeat, serialize

_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
# Board time may differ from what was expected by this much, and the boot be the same.
_SAME_NS: Final = 1_000_000_000

# A heartbeat and its answer on the line, and the bits that a UART makes of a byte.
_ASKED_BYTES: Final = len(serialize(Heartbeat(0, 0))) + FRAME_OVERHEAD
_ANSWER_BYTES: Final = len(serialize(BoardHeartbeat(0, 0, 0, 0, 0, 0))) + FRAME_OVERHEAD
_BITS_A_BYTE: Final = 10
# A UART's rate may be off by some percent; what is faster than this share of the time it takes is no such line.
_LEAST_LINE: Final = 0.9

# An error is made good over this time: a noisy exchange then moves the mapping's rate by some 10 ppm only.
_SLEW_US: Final = 4_000_000
# But by no more than this share of time. A reader must bear a rate that is wrong by as much anyway: a resonator's.
_MAX_SLEW: Final = 0.005
# An error that slewing would take minutes for: gateway time was stepped or the computer slept.
_STEP_NS: Final = 1_000_000_000
# So many exchanges in a row that cannot be after what was known are believed; fewer are outliers.
_BELIEVED: Final = 3

# A board's stamps are whole µs, of most AVRs multiples of 4.
_RESOLUTION_NS: Final = 4_000
# How much the rate may have changed since it was measured, over 48 s: as much as ``Fit`` allows it.
_CHANGE: Final = 100e-6
# Samples up to this long after an exchange are covered by the bound that it gives: one heartbeat may be lost.
_AHEAD_US: Final = 2 * HEARTBEAT_MS * 1_000
# Within a frame samples count by nominal periods, for so long.
_FRAME_NS: Final = SAMPLES_FLUSH_MS * 1_000_000


class BoardClock:
    """The mapping for one boot. ``ready`` after the first exchange; ``steps`` counts jumps, after which streams start
    anew; ``round_trip_ns`` is the last exchange's, without the time that the board held it.

    Gateway times are kept as floats since the first exchange: since 1970 they would be exact to 256 ns only.
    """

    def __init__(self, baud: int | None = None) -> None:
        """``baud`` as in ``line``."""
        self.ready = False
        self.steps = 0
        self.round_trip_ns = 0.0
        self._asked_ns = self._answer_ns = 0.0
        self._fit = Fit()
        self._bound = Bound()
        self._statement = Statement()
        self._refused = 0  # exchanges in a row that cannot be
        self._used = False  # somebody has a time of this mapping
        self._origin_ns = 0
        # The mapping: a corner, at the newest exchange, and the rates on either side of it.
        self._corner_us = 0  # without wrap-around
        self._corner_ns = 0.0
        self._ns_per_us = 1_000.0
        self._ns_per_us_before = 1_000.0
        self._covered_us = 0.0  # after the corner; later samples may be more wrong than was told
        self.line(baud)

    def line(self, baud: int | None) -> None:
        """The line's rate, None on a pipe without one. A frame takes time on a line, and an answer more than a
        heartbeat."""
        byte_ns = _BITS_A_BYTE * 1e9 / baud if baud else 0.0
        self._asked_ns, self._answer_ns = _ASKED_BYTES * byte_ns, _ANSWER_BYTES * byte_ns

    @property
    def error_ns(self) -> float:
        """How wrong a mapped time may be, as it is to be told: at least half the fastest round trip."""
        return self._statement.error_ns

    @property
    def ppm(self) -> float:
        """How much faster the board's clock runs than the gateway's."""
        return -self._fit.skew * 1e6

    def exchange(self, sent_ns: int, received_us: int, answered_us: int, uncertainty_us: int, now_ns: int) -> None:
        """One heartbeat and its answer: gateway times of sending and receiving, board times of receiving (known to
        ``uncertainty_us``, earlier) and of answering."""
        if not self.ready:
            self._corner_us = answered_us
            self._origin_ns = sent_ns
        answered = self._corner_us + self._after_corner(answered_us)
        received = self._corner_us + self._after_corner(received_us) - uncertainty_us / 2
        held_ns = (answered - received) * 1_000 * (1 + self._fit.skew)
        round_trip_ns = now_ns - sent_ns - held_ns
        doubt_ns = held_ns * self._fit.rate_error + _RESOLUTION_NS
        if self.ready and round_trip_ns < -doubt_ns:
            return  # nothing is answered before it was asked
        self.round_trip_ns = max(0.0, round_trip_ns)
        if round_trip_ns < (self._asked_ns + self._answer_ns) * _LEAST_LINE - doubt_ns:
            # Faster than the line: its rate is one in name only, as on native USB.
            self.line(None)
            self._fit.forget()
        middle_ns = (sent_ns + now_ns - 2 * self._origin_ns) / 2
        # What is certain makes no use of the line's rate, lest a rate in name only make it wrong.
        half_ns = self.round_trip_ns / 2 + uncertainty_us * 500 + doubt_ns
        newest = Exchange(
            board_us=(received + answered) / 2,
            gateway_ns=middle_ns + (self._asked_ns - self._answer_ns) / 2,
            low_ns=middle_ns - half_ns,
            high_ns=middle_ns + half_ns,
            round_trip_ns=self.round_trip_ns,
        )
        if self._believe(newest):
            self._fit.add(newest)
            self._turn(answered)

    def to_ns(self, board_us: int) -> int:
        """Gateway time of a board time (u32) within half a wrap (35 minutes) of the newest exchange."""
        after_us = (board_us - self._corner_us + _HALF) % _WRAP - _HALF
        if after_us > self._covered_us:
            self._cover(after_us)
        self._used = True
        rate = self._ns_per_us if after_us >= 0 else self._ns_per_us_before
        return self._origin_ns + int(self._corner_ns + after_us * rate)

    def agrees(self, board_us: int, now_ns: int) -> bool:
        """Whether this board time (u32), read about now, continues what was known before a pause."""
        if not self.ready:
            return True
        since_us = (now_ns - self._origin_ns - self._corner_ns) / self._ns_per_us
        expected = int(self._corner_us + since_us) % _WRAP
        apart_us = abs((board_us - expected + _HALF) % _WRAP - _HALF)
        return apart_us * 1_000 <= _SAME_NS + MAX_SKEW * since_us * 1_000

    def _after_corner(self, board_us: int) -> int:
        return (board_us - self._corner_us + _HALF) % _WRAP - _HALF

    @property
    def _rate(self) -> float:
        """ns per µs on the line."""
        return 1_000 * (1 + self._fit.skew)

    @property
    def _drift(self) -> float:
        """How wrong that may be."""
        return self._fit.rate_error + _CHANGE

    def _believe(self, newest: Exchange) -> bool:
        """Work an exchange into the bound. False: it cannot be, and it is the first such; it may be wrong."""
        if not self.ready:
            self._bound.restart(newest)
            return True
        gap_ns = self._bound.gap_ns(newest, self._rate, self._drift)
        if gap_ns <= 0:
            self._bound.narrow(newest, self._rate, self._drift)
        else:
            self._refused += 1
            if self._refused < _BELIEVED and gap_ns <= _STEP_NS:
                # Until it is known which of the two is wrong, the bound holds for both.
                mapped_ns = self._corner_ns + (newest.board_us - self._corner_us) * self._ns_per_us
                error_ns = max(newest.high_ns - mapped_ns, mapped_ns - newest.low_ns)
                self._statement.cover(error_ns, newest.board_us)
                return False
            self._fit.forget()
            self._bound.restart(newest)
        self._refused = 0
        return True

    def _turn(self, at_us: int) -> None:
        """Lead the mapping on from ``at_us`` towards the line."""
        line_ns = self._fit.at(at_us)
        mapped_ns = self._corner_ns + (at_us - self._corner_us) * self._ns_per_us
        error_ns = line_ns - mapped_ns
        self._ns_per_us_before, slew = self._ns_per_us, 0.0
        jump = abs(error_ns) > _STEP_NS
        if jump or not self._used:
            self.steps += jump and self.ready
            self._ns_per_us_before, mapped_ns = self._rate, line_ns
        else:
            slew = max(-_MAX_SLEW, min(_MAX_SLEW, error_ns / (_SLEW_US * 1_000)))
        self.ready = True
        self._corner_us, self._corner_ns = at_us, mapped_ns
        self._ns_per_us = self._rate + 1_000 * slew
        self._cover(_AHEAD_US)

    def _cover(self, after_us: float) -> None:
        """See to it that the bound which is told holds until so long after the corner."""
        error_ns = self._bound.error_ns(self._corner_ns, self._corner_us, self._rate, self._drift)
        wider = self._drift * 1_000 + abs(self._ns_per_us - self._rate)  # ns a µs
        in_frame_ns = abs(self._fit.skew) * _FRAME_NS
        least_ns = max(error_ns + wider * after_us + in_frame_ns, self._fit.best_ns / 2)
        self._statement.cover(least_ns, self._corner_us + after_us)
        self._covered_us = (self.error_ns - error_ns - in_frame_ns) / wider
