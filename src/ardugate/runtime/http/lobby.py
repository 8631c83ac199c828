"""Connections that ask over HTTP, or have not asked yet: so many, lest who only connects keeps everybody else out."""

from __future__ import annotations

from typing import Protocol


class Caller(Protocol):
    """One connection."""

    @property
    def idle(self) -> bool:
        """Nothing is being answered on it."""
        ...

    def make_way(self) -> None:
        """End at once: there are too many."""
        ...


class Lobby:
    """Of more than ``most``, the one ends that has been idle for longest: a browser that still wants it connects again,
    and a request takes milliseconds. Where none is idle, that is the one that came last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._callers: dict[Caller, None] = {}  # in the order in which they were heard of last

    def enter(self, caller: Caller) -> None:
        """One has come, or was answered just now."""
        self.leave(caller)
        self._callers[caller] = None
        if len(self._callers) > self._most and (longest := next((each for each in self._callers if each.idle), None)):
            self.leave(longest)
            longest.make_way()

    def leave(self, caller: Caller) -> None:
        """One has left, or has become a WebSocket."""
        self._callers.pop(caller, None)
