"""The ledger: every loss, by place."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from ardugate.hub.limits import RECENT_LOSSES
from ardugate.model import Loss


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of the losses of one board in one place for one reason: ``count`` scans in ``times`` losses."""

    board: str
    place: str
    reason: str
    count: int
    times: int
    last_ns: int


class Ledger:
    """Sums since the gateway began, and the last losses one by one. Bounded: boards x places x reasons."""

    def __init__(self) -> None:
        self._totals: dict[tuple[str, str, str], Total] = {}
        self._recent: deque[Loss] = deque(maxlen=RECENT_LOSSES)

    def add(self, loss: Loss) -> None:
        """Count one loss; a loss of nothing is none."""
        if loss.count <= 0:
            return
        key = (loss.board, loss.place, loss.reason)
        total = self._totals.get(key) or Total(*key, count=0, times=0, last_ns=0)
        self._totals[key] = replace(
            total, count=total.count + loss.count, times=total.times + 1, last_ns=max(total.last_ns, loss.at_ns)
        )
        self._recent.append(loss)

    def totals(self) -> list[Total]:
        """Every sum, by board, place and reason."""
        return [self._totals[key] for key in sorted(self._totals)]

    def recent(self) -> list[Loss]:
        """The last losses, oldest first."""
        return list(self._recent)
