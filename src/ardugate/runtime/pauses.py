"""Notices that this process stood still: stopped by a signal, a debugger, a machine without a processor to spare.

What clients sent meanwhile waited in their sockets, and nobody knows how long. An output that moves because of what
somebody wanted ten seconds ago is a danger, so that is not carried out.
"""

from __future__ import annotations

import asyncio
import math

# A loop that is late by so much did not only have much to do: a tick takes milliseconds, and on a machine
# with ten times the work that it can do a second was seen.
PAUSE_S = 2.5
BEAT_S = 0.25
# All sockets with something in them are read in one round of the loop, which with a thousand of them takes some tenths
# of a second. (What one of them had too much of for that round is its connection's matter.)
AFTER_S = 1.0


class Pauses:
    """Needs a running loop; ``stop`` at the end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._beat_s = math.inf  # until the first: what a gateway loads at its start is no pause
        self._old_until_s = 0.0
        self._timer = self._loop.call_later(BEAT_S, self._beat)

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def stood_still(self) -> bool:
        """Whether what is read now may have been sent long ago: right after a pause, until each socket was read that
        had something in it."""
        now_s = self._loop.time()
        return now_s - self._beat_s > BEAT_S + PAUSE_S or now_s < self._old_until_s

    def _beat(self) -> None:
        now_s = self._loop.time()
        if now_s - self._beat_s > BEAT_S + PAUSE_S:
            self._old_until_s = now_s + AFTER_S
        self._beat_s = now_s
        self._timer = self._loop.call_later(BEAT_S, self._beat)
