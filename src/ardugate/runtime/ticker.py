"""When clients get samples: at once when nothing was sent for a tick's length, else at the next tick."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Ticker:
    """Calls ``tick`` at most once in ``period_s``; soon after ``wake``, and when it said so itself.

    ``tick`` returns in how many seconds it wants to be called again, None when there is nothing to wait for.
    """

    def __init__(self, period_s: float, tick: Callable[[], float | None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._period_s = period_s
        self._tick = tick
        self._earliest_s = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._at_s = 0.0  # when it comes; uvloop's handles cannot tell

    def wake(self) -> None:
        """There is something to do."""
        self._arm(self._loop.time())

    def stop(self) -> None:
        """No tick any more."""
        if self._handle is not None:
            self._handle.cancel()
        self._earliest_s = float("inf")

    def _arm(self, wanted_s: float) -> None:
        at_s = max(wanted_s, self._earliest_s)
        if at_s == float("inf"):
            return
        if self._handle is not None:
            if self._at_s <= at_s:
                return
            self._handle.cancel()
        self._handle, self._at_s = self._loop.call_at(at_s, self._run), at_s

    def _run(self) -> None:
        self._handle = None
        self._earliest_s = self._loop.time() + self._period_s
        again_s = self._tick()
        if again_s is not None:
            self._arm(self._loop.time() + again_s)
