"""What sketches print, told to clients in pieces: a thousand lines a second are no thousand messages to each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ardugate.session import notifications
from ardugate.session.shapes import Notification

# Text comes at once, and what follows within this together: eyes see no difference.
PERIOD_S: Final = 0.05
# More is told before its time, so that no message is long: 20 of these a second are more than 2 Mbaud carry.
MAX_CHARS: Final = 16_384


class Printing:
    """Gathers text, by board and by whether it was checked. ``tell`` gets it as notifications. Needs a running loop;
    ``stop`` at the end."""

    def __init__(self, now_ns: Callable[[], int], tell: Callable[[Notification], None]) -> None:
        self._now_ns = now_ns
        self._tell = tell
        self._waiting: dict[tuple[str, bool], str] = {}
        self._timers: dict[tuple[str, bool], asyncio.TimerHandle] = {}

    def receive(self, board: str, text: str, *, checked: bool) -> None:
        """A sketch printed."""
        key = (board, checked)
        text = self._waiting.get(key, "") + text
        self._waiting[key] = text
        if key not in self._timers or len(text) >= MAX_CHARS:
            self._flush(key)

    def stop(self) -> None:
        """Tell what waits, and no more."""
        for key in list(self._waiting):
            self._flush(key)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _flush(self, key: tuple[str, bool]) -> None:
        board, checked = key
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        if text := self._waiting.pop(key, ""):
            self._timers[key] = asyncio.get_running_loop().call_later(PERIOD_S, self._flush, key)
            self._tell(notifications.log_text(board, text, self._now_ns(), checked=checked))
