"""Gateway time: Unix nanoseconds that never go back.

The wall clock is read once, when the clock is made; after that the monotonic clock carries the time on. A wall clock
that drifts away is followed by running up to 500 ppm faster or slower, so that one stream's times stay even. A wall
clock that *steps* (more than 1 s at once) is not followed: the time goes on evenly, and ``stepped_ns`` says how far it
is from the wall.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MAX_SLEW_PPB = 500_000  # 500 ppm: what NTP itself slews by, too little to be seen in a sampling rate
SLEW_PERIOD_NS = 1_000_000_000  # the wall is looked at once a second
STEP_NS = 1_000_000_000  # more than 1 s at once is no drift: somebody set the clock

_BILLION = 1_000_000_000


class GatewayClock:
    """``now_ns()`` is gateway time in ns since the Unix epoch. Both sources are parameters so that tests own them."""

    def __init__(
        self, monotonic_ns: Callable[[], int] = time.monotonic_ns, wall_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._base_monotonic_ns = monotonic_ns()
        self._base_ns = wall_ns()
        self._slew_ppb = 0
        self.stepped_ns = 0

    def now_ns(self) -> int:
        """Gateway time now."""
        monotonic_ns = self._monotonic_ns()
        elapsed_ns = monotonic_ns - self._base_monotonic_ns
        now_ns = self._base_ns + elapsed_ns + elapsed_ns * self._slew_ppb // _BILLION
        if elapsed_ns >= SLEW_PERIOD_NS:
            self._base_monotonic_ns, self._base_ns = monotonic_ns, now_ns
            self._choose_slew(self._wall_ns() - now_ns)
        return now_ns

    def _choose_slew(self, error_ns: int) -> None:
        if abs(error_ns) > STEP_NS:
            self.stepped_ns, self._slew_ppb = error_ns, 0
            return
        self.stepped_ns = 0
        wanted_ppb = error_ns * _BILLION // SLEW_PERIOD_NS
        self._slew_ppb = max(-MAX_SLEW_PPB, min(MAX_SLEW_PPB, wanted_ppb))
