"""What the board says of itself with each heartbeat, and how the link does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ardugate.link.clock import BoardClock
from ardugate.link.events import HungChanged, LinkEvent, LinkHealth, StopChanged
from ardugate.wire.messages import FLAG_HUNG, FLAG_STOPPED, FLAG_WATCHDOG

_MS: Final = 1_000_000

# How often the link's health is told: it is read by eyes.
_EVERY_MS: Final = 1_000


class Health:
    """The board's flags and the link's figures. Events go to ``emit``."""

    def __init__(self, emit: Callable[[LinkEvent], None]) -> None:
        self.stopped = False
        self.hung = False
        self._watchdog = False
        self._emit = emit
        self._due_ns = 0

    def flags(self, flags: int) -> None:
        """The flags of a hello or heartbeat."""
        self._watchdog = bool(flags & FLAG_WATCHDOG)
        self.stop(latched=bool(flags & FLAG_STOPPED))
        hung = bool(flags & FLAG_HUNG)
        if hung != self.hung:
            self.hung = hung
            self._emit(HungChanged(hung))

    def stop(self, *, latched: bool) -> None:
        """The stop is latched or cleared."""
        if latched != self.stopped:
            self.stopped = latched
            self._emit(StopChanged(latched))

    def report(self, now_ns: int, clock: BoardClock, bad_frames: int, resends: int) -> None:
        """Tell how the link does, if it is time."""
        if now_ns < self._due_ns:
            return
        self._due_ns = now_ns + _EVERY_MS * _MS
        self._emit(
            LinkHealth(
                round_trip_ms=clock.round_trip_ns / _MS,
                clock_error_ms=clock.error_ns / _MS,
                clock_ppm=clock.ppm,
                bad_frames=bad_frames,
                resends=resends,
                watchdog=self._watchdog,
            )
        )
