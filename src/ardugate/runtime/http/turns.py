"""Requests of all connections take turns with everything else that the loop does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

# A request that is refused takes half a millisecond: so much of each round of the loop is theirs at most, and what is
# more urgent, a stop or a board, waits for two of them.
A_ROUND = 4


class Turns:
    """``a_round`` of them in each round of the loop, in the order in which they were wanted. However many connections
    ask at once, clients and boards are heard between."""

    def __init__(self, a_round: int = A_ROUND) -> None:
        self._a_round = a_round
        self._left = a_round
        self._waiting = deque[Callable[[], None]]()
        self._next: asyncio.Handle | None = None

    def now(self) -> bool:
        """Whether there is one left in this round; it is taken then."""
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._round)
        if self._left == 0:
            return False
        self._left -= 1
        return True

    def later(self, work: Callable[[], None]) -> None:
        """Do this when its turn has come. Only for who got none now."""
        self._waiting.append(work)

    def _round(self) -> None:
        self._left = self._a_round
        self._next = asyncio.get_running_loop().call_soon(self._round) if self._waiting else None
        while self._waiting and self._left:
            self._left -= 1
            self._waiting.popleft()()
