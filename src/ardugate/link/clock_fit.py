"""Offset and rate of a board's clock: a line through the fastest round trips, the newer and faster the weightier."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

# The fastest exchange of each second is kept, for this many seconds. A line's quiet moments come at least so often;
# longer ago the board's temperature was another one.
_BUCKET_US: Final = 1_000_000
_BUCKETS: Final = 48

# How wrong the middle of an exchange may be, as a standard error: stamps and the host's own delays at least, half of
# what its round trip is longer than the fastest, and so much for each second of age (a resonator that is touched by a
# warm finger changes by 10 ppm within some ten seconds).
_NOISE_NS: Final = 50_000.0
_AGEING_NS_A_S: Final = 5_000.0
# Before anything is measured, a clock's rate is right to this, as a standard error: a resonator is within 0.5 %.
_PRIOR_SKEW: Final = 0.003
# How fast a rate may change: gateway time begins to be slewed by 1 ppm a second, a resonator that warms up changes by
# as much.
_WANDER_A_S: Final = 2e-6
# What is beyond this is a wrong measurement. Also how wrong the rate may be as long as nothing is known.
MAX_SKEW: Final = 0.02


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one heartbeat says: at board time ``board_us`` (no wrap) it was most likely ``gateway_ns``, and certainly
    between ``low_ns`` and ``high_ns``, gateway times since the clock's first exchange."""

    board_us: float
    gateway_ns: float
    low_ns: float
    high_ns: float
    round_trip_ns: float


class Fit:
    """The line. ``skew`` is its rate (gateway time per board time, less 1), which is wrong by at most ``rate_error``
    unless it changed meanwhile; ``best_ns`` the fastest round trip."""

    def __init__(self) -> None:
        self.skew = 0.0
        self.rate_error = MAX_SKEW
        self.best_ns = 0.0
        self._prior = 0.0
        self._points: deque[Exchange] = deque(maxlen=_BUCKETS)
        self._offset_ns = 0.0  # of the line at the newest point, after that point's own time

    def forget(self) -> None:
        """What was measured does not count any more; the rate is still the best guess."""
        self._points.clear()
        self._prior = self.skew
        self.rate_error = MAX_SKEW

    def add(self, exchange: Exchange) -> None:
        """Draw the line anew with this exchange, the newest."""
        points, before = self._points, self.skew
        elapsed_us = exchange.board_us - points[-1].board_us if points else 0.0
        if points and points[-1].board_us // _BUCKET_US == exchange.board_us // _BUCKET_US:
            if exchange.round_trip_ns > points[-1].round_trip_ns:
                return
            points.pop()
        points.append(exchange)
        self.best_ns = min(point.round_trip_ns for point in points)
        self._draw()
        self._doubt(elapsed_us, before)

    def at(self, board_us: float) -> float:
        """Gateway time on the line."""
        newest = self._points[-1]
        return newest.gateway_ns + self._offset_ns + (board_us - newest.board_us) * 1_000 * (1 + self.skew)

    def _draw(self) -> None:
        """Weighted least squares in coordinates of the newest point, so that floats stay exact to the ns."""
        newest = self._points[-1]
        weights = sum_x = sum_y = sum_xx = sum_xy = 0.0
        scale = 1_000 * (1 + self._prior)
        for point in self._points:
            x = (point.board_us - newest.board_us) * 1_000
            y = point.gateway_ns - newest.gateway_ns - (point.board_us - newest.board_us) * scale
            error = _NOISE_NS + (point.round_trip_ns - self.best_ns) / 2 - x / 1e9 * _AGEING_NS_A_S
            weight = 1 / (error * error)
            weights += weight
            sum_x += weight * x
            sum_y += weight * y
            sum_xx += weight * x * x
            sum_xy += weight * x * y
        mean_x, mean_y = sum_x / weights, sum_y / weights
        slope = (sum_xy - sum_x * mean_y) / (sum_xx - sum_x * mean_x + 1 / _PRIOR_SKEW**2)
        self.skew = max(-MAX_SKEW, min(MAX_SKEW, self._prior + slope))
        self._offset_ns = mean_y - (self.skew - self._prior) * mean_x

    def _doubt(self, elapsed_us: float, skew_before: float) -> None:
        """Two fast exchanges far apart bound the rate between them; the line's may differ from it by so much more. What
        was known a moment ago is still nearly as good."""
        known = self.rate_error + abs(self.skew - skew_before) + elapsed_us / 1e6 * _WANDER_A_S
        points = list(self._points)
        third = len(points) // 3
        if third:
            early = min(points[:third], key=_width_ns)
            late = min(points[-third:], key=_width_ns)
            base_ns = (late.board_us - early.board_us) * 1_000
            rate = (late.low_ns + late.high_ns - early.low_ns - early.high_ns) / (2 * base_ns) - 1
            known = min(known, abs(rate - self.skew) + (_width_ns(early) + _width_ns(late)) / (2 * base_ns))
        self.rate_error = min(MAX_SKEW, known)


def _width_ns(exchange: Exchange) -> float:
    return exchange.high_ns - exchange.low_ns
