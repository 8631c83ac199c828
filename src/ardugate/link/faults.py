"""A peer's bad input: counted, told once per read, never raised."""

from __future__ import annotations

from collections import Counter

from ardugate.link.events import FaultCounted
from ardugate.wire.messages import Fault


class Faults:
    """Totals by kind since the link was made."""

    def __init__(self) -> None:
        self._totals = Counter[str]()
        self._fresh: dict[str, str] = {}

    def add(self, fault: Fault) -> None:
        """Count one."""
        self._totals[fault.kind] += 1
        self._fresh[fault.kind] = fault.detail

    @property
    def fresh(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._fresh)

    def total(self, kind: str) -> int:
        """How many of this kind there were."""
        return self._totals[kind]

    def take(self) -> list[FaultCounted]:
        """One event for each kind that grew since the last call, with its latest detail."""
        events = [FaultCounted(kind, detail, self._totals[kind]) for kind, detail in self._fresh.items()]
        self._fresh.clear()
        return events
