"""The timers of one connection: by name, each running or not, all gone at once at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timers:
    """Timers of one owner on one loop, each known by a word."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._running: dict[str, asyncio.TimerHandle] = {}

    def arm(self, name: str, delay_s: float, callback: Callable[[], None]) -> None:
        """Start a timer; one of that name that runs already runs on unchanged."""
        if name not in self._running:
            self._running[name] = self._loop.call_later(delay_s, self._fire, name, callback)

    def disarm(self, name: str) -> None:
        """Stop a timer, if it runs."""
        if timer := self._running.pop(name, None):
            timer.cancel()

    def disarm_all(self) -> None:
        """Stop every timer."""
        for name in list(self._running):
            self.disarm(name)

    def _fire(self, name: str, callback: Callable[[], None]) -> None:
        del self._running[name]
        callback()
