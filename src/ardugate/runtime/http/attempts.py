"""Who tries tokens: after some wrong ones, a minute of the shortest answers."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)

# A security limit. The token has 256 bits, so nobody guesses it; this keeps log and processor free of who tries. The
# right token is let in at any time: nobody can lock the owner out.
MAX_WRONG = 10
WINDOW_S = 60.0
_MAX_KNOWN = 1_024  # addresses that are remembered; the one that was met first goes first


class Attempts:
    """Counts wrong tokens by the address that they came from."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, int]] = {}  # until when, how many

    def wrong(self, remote: str, now_s: float) -> bool:
        """One more. True when there were too many of late."""
        until_s, count = self._known.get(remote, (0.0, 0))
        if until_s <= now_s:
            self._known.pop(remote, None)
            until_s, count = now_s + WINDOW_S, 0
        self._known[remote] = until_s, count + 1
        if len(self._known) > _MAX_KNOWN:
            del self._known[next(iter(self._known))]
        if count + 1 == MAX_WRONG:
            logger.warning("%s has sent %d wrong tokens: it is not listened to for a minute", remote, MAX_WRONG)
        return count >= MAX_WRONG
