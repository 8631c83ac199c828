"""How many clients there is room for: a bound that keeps the gateway up for those that are there."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from ardugate.runtime.http.access import Refusal

logger = logging.getLogger(__name__)

# Security limits. A client costs 16 KiB, and up to 192 KiB more in buffers while it reads slowly: 400 MB at worst.
# Twice what was measured to be served well by one core (docs/explanation/performance.md).
MAX_CLIENTS = 2_000
# From one address elsewhere: a class behind one router has some hundred pages open, a script gone wild takes what it
# gets. Programs on this machine, a reverse proxy among them, share one address and may have all there is.
MAX_CLIENTS_PER_ADDRESS = 256
# Security limits, too: connections a second, with a second's worth at once. Opening one costs about a millisecond, so
# that a storm is answered and there is time left for those who are there.
OPENINGS_PER_S = 100
OPENINGS_PER_S_AND_ADDRESS = 20
_MAX_RATED = 1_024  # addresses whose pace is known; a flood from more of them meets the first limit


class Pace:
    """So many a second, and as many at once after a pause."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._left = float(per_s)
        self._at_s = 0.0

    def keeps(self, now_s: float) -> bool:
        """Whether one more fits in now; it is counted then."""
        self._left = min(self._per_s, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Room:
    """Counts connections by their address; ``refused`` those that were turned away. ``most`` is for how many there are
    files, ``now_s`` a monotonic clock."""

    def __init__(self, most: int = MAX_CLIENTS, now_s: Callable[[], float] = time.monotonic) -> None:
        self.refused = 0
        self._most = most
        self._now_s = now_s
        self._present = Counter[str]()
        self._pace = Pace(OPENINGS_PER_S)
        self._pace_of: dict[str, Pace] = {}

    def refuse(self, remote: str) -> Refusal | None:
        """Why one more from this address is not taken; None when there is room."""
        if self._present.total() >= self._most:
            cause = f"{self._most} clients are connected, there is no room for more"
        elif self._present[remote] >= MAX_CLIENTS_PER_ADDRESS and not _is_here(remote):
            cause = (
                f"{MAX_CLIENTS_PER_ADDRESS} clients are connected from {remote}, there is no room for more from there"
            )
        elif not self._in_time(remote):
            cause = "too many connections are opened at a time"
            return self._turn_away(cause, "try again in a second")
        else:
            return None
        return self._turn_away(cause, "close some: `clients` lists them")

    def _in_time(self, remote: str) -> bool:
        now_s = self._now_s()
        if not _is_here(remote):
            pace = self._pace_of.pop(remote, None) or Pace(OPENINGS_PER_S_AND_ADDRESS)
            self._pace_of[remote] = pace  # the one that was met last stands last
            if len(self._pace_of) > _MAX_RATED:
                del self._pace_of[next(iter(self._pace_of))]
            if not pace.keeps(now_s):
                return False
        return self._pace.keeps(now_s)

    def _turn_away(self, cause: str, remedy: str) -> Refusal:
        self.refused += 1
        # The first, the second, the fourth: who is flooded needs no flood of lines.
        if self.refused.bit_count() == 1:
            logger.warning("refused: %s (%d refused so far)", cause, self.refused)
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, cause, remedy)

    def enter(self, remote: str) -> None:
        """One more is there."""
        self._present[remote] += 1

    def leave(self, remote: str) -> None:
        """One has left."""
        self._present[remote] -= 1
        if not self._present[remote]:
            del self._present[remote]


def _is_here(remote: str) -> bool:
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
