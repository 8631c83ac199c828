"""How wrong a board's mapped time may be: what is certain, not what is likely."""

from __future__ import annotations

from collections import deque
from typing import Final

from ardugate.link.clock_fit import Exchange

# The bound that is told is this much more than the one at hand, so that it need not be told again at each heartbeat.
# One that grows is told at once.
_HEADROOM: Final = 1.25
# A smaller one is told when it would have done for a window if it is half, for all of them if it is a sixth less.
_WINDOW_US: Final = 5_000_000
_WINDOWS: Final = 4
_HALF: Final = 2.0
_WORTH_IT: Final = 1.2


class Bound:
    """Between which gateway times the board's newest moment was: each exchange narrows it, time between widens it.

    All times in ns are since the clock's first exchange, those in µs board time without wrap. ``drift`` says how wrong
    the rate may be (1: all of it).
    """

    def __init__(self) -> None:
        self._at_us = 0.0
        self._low_ns = 0.0
        self._high_ns = 0.0

    def restart(self, exchange: Exchange) -> None:
        """Only this exchange counts."""
        self._at_us, self._low_ns, self._high_ns = exchange.board_us, exchange.low_ns, exchange.high_ns

    def gap_ns(self, exchange: Exchange, ns_per_us: float, drift: float) -> float:
        """How far an exchange is from what can be; 0 or less when it agrees."""
        low_ns, high_ns = self._carried(exchange.board_us, ns_per_us, drift)
        return max(exchange.low_ns - high_ns, low_ns - exchange.high_ns)

    def narrow(self, exchange: Exchange, ns_per_us: float, drift: float) -> None:
        """What both allow: an exchange that agrees with what was known."""
        low_ns, high_ns = self._carried(exchange.board_us, ns_per_us, drift)
        self._at_us = exchange.board_us
        self._low_ns, self._high_ns = max(low_ns, exchange.low_ns), min(high_ns, exchange.high_ns)

    def error_ns(self, mapped_ns: float, at_us: float, ns_per_us: float, drift: float) -> float:
        """How wrong it may be to say that ``at_us`` was ``mapped_ns``."""
        low_ns, high_ns = self._carried(at_us, ns_per_us, drift)
        return max(high_ns - mapped_ns, mapped_ns - low_ns)

    def _carried(self, at_us: float, ns_per_us: float, drift: float) -> tuple[float, float]:
        elapsed_us = at_us - self._at_us
        wider_ns = abs(elapsed_us) * 1_000 * drift
        return self._low_ns + elapsed_us * ns_per_us - wider_ns, self._high_ns + elapsed_us * ns_per_us + wider_ns


class Statement:
    """The bound that is told: never less than the one at hand, and seldom another one."""

    def __init__(self) -> None:
        self.error_ns = 0.0
        self._peaks_ns = deque[float](maxlen=_WINDOWS)  # of past windows
        self._peak_ns = 0.0
        self._since_us = 0.0

    def cover(self, error_ns: float, at_us: float) -> None:
        """The bound at hand is ``error_ns`` now."""
        if error_ns > self.error_ns:
            self._tell(error_ns, at_us)
            return
        self._peak_ns = max(self._peak_ns, error_ns)
        if at_us - self._since_us < _WINDOW_US:
            return
        # All that was sent in the window keeps to the smaller one, too: it may reach a slow client after this.
        self._peaks_ns.append(self._peak_ns)
        highest_ns = max(self._peaks_ns)
        if self._peak_ns * _HEADROOM * _HALF < self.error_ns:
            self._tell(self._peak_ns, at_us)
        elif len(self._peaks_ns) == _WINDOWS and highest_ns * _HEADROOM * _WORTH_IT < self.error_ns:
            self._tell(highest_ns, at_us)
        self._peak_ns, self._since_us = 0.0, at_us

    def _tell(self, error_ns: float, at_us: float) -> None:
        self.error_ns = error_ns * _HEADROOM
        self._peaks_ns.clear()
        self._peak_ns, self._since_us = 0.0, at_us
