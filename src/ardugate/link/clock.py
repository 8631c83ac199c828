"""Board time to gateway time, from the four stamps of each heartbeat (docs/reference/wire.md, 3.2).

Each exchange gives one point (board time, gateway time) whose error is at most half its round trip. The points with
the shortest round trips give offset and rate; the published mapping turns towards them without a step, so that times
made from it never go back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from ardugate.wire.limits import HEARTBEAT_MS

_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31

# Points kept: 16 s of heartbeats. A ceramic resonator drifts with temperature over minutes, so this is short enough.
_POINTS: Final = 16_000 // HEARTBEAT_MS
# The rate is measured between two points that are at least this far apart; before that it is taken as nominal.
_BASE_US: Final = 2_000_000
# A resonator is within 0.5 %; what is beyond 2 % is a wrong measurement.
_MAX_SKEW: Final = 0.02
# An error is made good over this time, but by no more than this share of time.
_SLEW_US: Final = 2_000_000
_MAX_SLEW: Final = 0.002
# An error that slewing would take minutes for: gateway time was stepped or the computer slept.
_STEP_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Point:
    board_us: float
    gateway_ns: float
    round_trip_ns: float


class BoardClock:
    """The mapping for one boot. ``ready`` after the first exchange; ``steps`` counts jumps, after which streams start
    anew.

    Gateway times are kept as floats since the first exchange: since 1970 they would be exact to 256 ns only.
    """

    def __init__(self) -> None:
        self.ready = False
        self.steps = 0
        self.round_trip_ns = 0.0
        self._points: deque[_Point] = deque(maxlen=_POINTS)
        self._origin_ns = 0
        self._newest_us = 0  # board time without wrap-around, of the newest exchange
        self._from_us = 0.0
        self._from_ns = 0.0
        self._ns_per_us = 1_000.0
        self._skew = 0.0

    @property
    def error_ns(self) -> float:
        """How wrong a mapped time may be: half the shortest round trip among the points."""
        return min((point.round_trip_ns for point in self._points), default=0.0) / 2

    @property
    def ppm(self) -> float:
        """How much faster the board's clock runs than the gateway's."""
        return -self._skew * 1e6

    def exchange(self, sent_ns: int, received_us: int, answered_us: int, uncertainty_us: int, now_ns: int) -> None:
        """One heartbeat and its answer: gateway times of sending and receiving, board times of receiving (known to
        ``uncertainty_us``, earlier) and of answering."""
        if not self.ready:
            self._newest_us = answered_us
            self._origin_ns = sent_ns
        received = self._unwrap(received_us) - uncertainty_us / 2
        answered = self._unwrap(answered_us)
        self._newest_us = max(self._newest_us, answered)
        self.round_trip_ns = max(0.0, now_ns - sent_ns - (answered - received) * 1_000)
        middle_ns = (sent_ns + now_ns - 2 * self._origin_ns) / 2
        self._points.append(_Point((received + answered) / 2, middle_ns, self.round_trip_ns))
        self._turn(float(answered))

    def to_ns(self, board_us: int) -> int:
        """Gateway time of a board time (u32) within half a wrap (35 minutes) of the newest exchange."""
        return self._origin_ns + int(self._published(self._unwrap(board_us)))

    def agrees(self, board_us: int, now_ns: int, tolerance_ns: int) -> bool:
        """Whether this board time (u32), read about now, continues what was known before."""
        if not self.ready:
            return True
        since_us = (now_ns - self._origin_ns - self._from_ns) / self._ns_per_us
        expected = int(self._from_us + since_us) % _WRAP
        apart_us = abs((board_us - expected + _HALF) % _WRAP - _HALF)
        return apart_us * 1_000 <= tolerance_ns + _MAX_SKEW * since_us * 1_000

    def _unwrap(self, board_us: int) -> int:
        return self._newest_us + (board_us - self._newest_us + _HALF) % _WRAP - _HALF

    def _published(self, board_us: float) -> float:
        return self._from_ns + (board_us - self._from_us) * self._ns_per_us

    def _turn(self, at_us: float) -> None:
        """Lead the mapping on from ``at_us`` towards what the points say."""
        half = len(self._points) // 2
        points = list(self._points)
        recent = min(points[half:], key=lambda point: point.round_trip_ns)
        if half:
            early = min(points[:half], key=lambda point: point.round_trip_ns)
            base_us = recent.board_us - early.board_us
            if base_us >= _BASE_US:
                skew = (recent.gateway_ns - early.gateway_ns) / (base_us * 1_000) - 1
                self._skew = max(-_MAX_SKEW, min(_MAX_SKEW, skew))
        rate = 1_000 * (1 + self._skew)
        target_ns = recent.gateway_ns + (at_us - recent.board_us) * rate
        if not self.ready:
            self.ready = True
            self._from_ns = target_ns
        else:
            error_ns = target_ns - self._published(at_us)
            if abs(error_ns) > _STEP_NS:
                newest = points[-1]
                self.steps += 1
                self._points.clear()
                self._points.append(newest)
                self._from_ns = newest.gateway_ns + (at_us - newest.board_us) * rate
            else:
                self._from_ns = self._published(at_us)
                rate += 1_000 * max(-_MAX_SLEW, min(_MAX_SLEW, error_ns / (_SLEW_US * 1_000)))
        self._from_us = at_us
        self._ns_per_us = rate
