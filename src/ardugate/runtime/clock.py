"""Gateway time: Unix nanoseconds that go back only when somebody sets the computer's clock back.

The wall clock is read once, when the clock is made; after that the monotonic clock carries the time on. A wall clock
that drifts away is followed by running up to 500 ppm faster or slower, so that one stream's times stay even, and
gently, so that who compares another clock with this one (a link with its board's) can follow. A wall
clock that *steps* (more than 1 s at once) is not followed by itself: the time goes on evenly until ``follow`` is
called, by who ends all streams then (docs/reference/gateway.md, 4.2).

Deadlines are no matter of what the wall shows: ``steady_ns`` never goes back and is never stepped. It is what links are
given; ``shift_ns`` is to be added to a steady time for gateway time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

MAX_SLEW_PPB = 500_000  # 500 ppm: what NTP itself slews by, too little to be seen in a sampling rate
RAMP_PPB = 1_000  # a second: by 1 ppm, little beside what links allow their boards' clocks (link/clock.py)
SLEW_PERIOD_NS = 1_000_000_000  # the wall is looked at once a second
STEP_NS = 1_000_000_000  # more than 1 s at once is no drift: somebody set the clock

_BILLION = 1_000_000_000


class GatewayClock:
    """``now_ns()`` is gateway time in ns since the Unix epoch; ``shift_ns`` the steps that it made since the clock was
    made; ``stepped_ns`` how far a wall that stepped is ahead. Both sources are parameters so that tests own them."""

    def __init__(
        self, monotonic_ns: Callable[[], int] = time.monotonic_ns, wall_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._base_monotonic_ns = monotonic_ns()
        self._base_ns = wall_ns()
        self._slew_ppb = 0
        self._error_ns = 0
        self.stepped_ns = 0
        self.shift_ns = 0

    def now_ns(self) -> int:
        """Gateway time now."""
        return self.steady_ns() + self.shift_ns

    def follow(self) -> int:
        """Step to a wall that stepped. Returns by how much, 0 where it did not."""
        self.steady_ns()
        by_ns, self.stepped_ns = self.stepped_ns, 0
        self.shift_ns += by_ns
        self._error_ns -= by_ns
        return by_ns

    def steady_ns(self) -> int:
        """Gateway time without its steps: never goes back."""
        monotonic_ns = self._monotonic_ns()
        elapsed_ns = monotonic_ns - self._base_monotonic_ns
        now_ns = self._base_ns + elapsed_ns + elapsed_ns * self._slew_ppb // _BILLION
        if elapsed_ns >= SLEW_PERIOD_NS:
            self._base_monotonic_ns, self._base_ns = monotonic_ns, now_ns
            self._choose_slew(self._wall_ns() - now_ns - self.shift_ns, elapsed_ns)
        return now_ns

    def _choose_slew(self, error_ns: int, elapsed_ns: int) -> None:
        before_ns, self._error_ns = self._error_ns, error_ns
        if abs(error_ns) > STEP_NS:
            self.stepped_ns, self._slew_ppb = error_ns, 0
            return
        self.stepped_ns = 0
        drift_ppb = self._slew_ppb + (error_ns - before_ns) * _BILLION // elapsed_ns
        # As fast as a gentle brake can still stop at no error: from v at a per second it takes v^2 / 2a; half of a.
        closing_ppb = min(math.isqrt(RAMP_PPB * abs(error_ns)), abs(error_ns) // 4)
        wanted_ppb = drift_ppb + int(math.copysign(closing_ppb, error_ns))
        most_ppb = RAMP_PPB * elapsed_ns // _BILLION
        change_ppb = max(-most_ppb, min(most_ppb, wanted_ppb - self._slew_ppb))
        self._slew_ppb = max(-MAX_SLEW_PPB, min(MAX_SLEW_PPB, self._slew_ppb + change_ppb))
