"""What of a board's troubles is said to clients, and how often."""

from __future__ import annotations

from collections.abc import Callable

from ardugate.model import Board
from ardugate.runtime.hearer import Hearer

# The least time between two notices of one kind of damage from one board: a bad line is said, and does not flood.
FAULT_NOTICE_NS = 10_000_000_000


class Notices:
    """One board's. ``now_ns`` is a clock that never steps."""

    def __init__(self, hearer: Hearer, now_ns: Callable[[], int]) -> None:
        self._hearer = hearer
        self._now_ns = now_ns
        self._said_ns: dict[str, int] = {}

    def hung(self, board: Board, *, hung: bool) -> None:
        """Its sketch hangs, or goes on."""
        text = f"{board.name}'s sketch has not come round for 2 s; its outputs were made safe"
        self._hearer.happened("hung", board.id, text if hung else f"{board.name}'s sketch comes round again")

    def starved(self, board: Board, total_s: int) -> None:
        """Its sketch does not come round as often as it should; ``total_s`` since the reset."""
        if self._may_say("starved_loops"):
            text = f"{board.name}'s sketch does not come round: its loop() takes longer than a second"
            self._hearer.happened("fault", board.id, f"{text} ({total_s} s so far)")

    def fault(self, board: Board, kind: str, detail: str, count: int) -> None:
        """It sent what cannot be; ``count`` of this kind so far."""
        if self._may_say(kind):
            self._hearer.happened("fault", board.id, f"{board.name}: {kind}: {detail} ({count} so far)")

    def _may_say(self, kind: str) -> bool:
        now_ns = self._now_ns()
        if now_ns - self._said_ns.get(kind, -FAULT_NOTICE_NS) < FAULT_NOTICE_NS:
            return False
        self._said_ns[kind] = now_ns
        return True
