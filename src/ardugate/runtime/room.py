"""How many clients there is room for: a bound that keeps the gateway up for those that are there."""

from __future__ import annotations

import ipaddress
import logging
from collections import Counter
from http import HTTPStatus

from ardugate.runtime.access import Refusal

logger = logging.getLogger(__name__)

# Security limits. A client costs 16 KiB, and up to 192 KiB more in buffers while it reads slowly: 400 MB at worst.
# Twice what was measured to be served well by one core (docs/explanation/performance.md).
MAX_CLIENTS = 2_000
# From one address elsewhere: a class behind one router has some hundred pages open, a script gone wild takes what it
# gets. Programs on this machine, a reverse proxy among them, share one address and may have all there is.
MAX_CLIENTS_PER_ADDRESS = 256


class Room:
    """Counts connections by their address; ``refused`` those that were turned away."""

    def __init__(self) -> None:
        self.refused = 0
        self._present = Counter[str]()

    def refuse(self, remote: str) -> Refusal | None:
        """Why one more from this address is not taken; None when there is room."""
        if self._present.total() >= MAX_CLIENTS:
            cause = f"{MAX_CLIENTS} clients are connected, there is no room for more"
        elif self._present[remote] >= MAX_CLIENTS_PER_ADDRESS and not _is_here(remote):
            cause = (
                f"{MAX_CLIENTS_PER_ADDRESS} clients are connected from {remote}, there is no room for more from there"
            )
        else:
            return None
        self.refused += 1
        # The first, the second, the fourth: who is flooded needs no flood of lines.
        if self.refused.bit_count() == 1:
            logger.warning("refused: %s (%d refused so far)", cause, self.refused)
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, cause, "close some: `clients` lists them")

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
