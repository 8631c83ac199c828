"""Saying much in few lines: the first of a kind as they are, the rest as a number."""

from __future__ import annotations


class Sparing:
    """Lets ``most`` of each kind through in ``window_s`` seconds, and counts the rest. ``now_s``: a monotonic clock."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._seen: dict[str, tuple[float, int]] = {}  # until when, how many

    def lets(self, kind: str, now_s: float) -> bool:
        """Whether this one is said. Ask for ``summed`` before, or a count is lost."""
        until_s, count = self._seen.get(kind, (now_s + self._window_s, 0))
        self._seen[kind] = until_s, count + 1
        return count < self._most

    def summed(self, now_s: float) -> list[tuple[str, int]]:
        """The kinds whose time is over and how many of each were not said, where there were some."""
        over = {kind: count for kind, (until_s, count) in self._seen.items() if until_s <= now_s}
        for kind in over:
            del self._seen[kind]
        return [(kind, count - self._most) for kind, count in over.items() if count > self._most]
