"""Whether a line is too noisy for its rate: the share of bad frames in a window of time."""

from __future__ import annotations

from typing import Final

_MS: Final = 1_000_000

# At 1e-4 damaged bytes, which a stream bears, one full frame in 40 is bad; at 2e-4 one in 20.
MOST_BAD: Final = 0.05
# Fewer than this may be one burst: a motor that starts.
LEAST_BAD: Final = 8
# Faults that are further apart than this are not one trouble.
WINDOW_MS: Final = 2_000


class Noise:
    """Counts frames at one rate."""

    def __init__(self) -> None:
        self._good = self._bad = 0
        self._until_ns = 0

    def clear(self) -> None:
        """Another rate: count anew."""
        self._good = self._bad = 0

    def good(self, now_ns: int) -> None:
        """A frame passed its checks."""
        self._roll(now_ns)
        self._good += 1

    def bad(self, now_ns: int) -> None:
        """One did not."""
        self._roll(now_ns)
        self._bad += 1

    @property
    def too_much(self) -> bool:
        """Whether this rate is one too high."""
        return self._bad >= LEAST_BAD and self._bad >= MOST_BAD * (self._good + self._bad)

    def _roll(self, now_ns: int) -> None:
        if now_ns >= self._until_ns:
            self.clear()
            self._until_ns = now_ns + WINDOW_MS * _MS
