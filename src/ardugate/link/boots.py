"""Whose boot it is: the boot id that is offered, and what a board's hello means (docs/reference/wire.md, 3.1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from ardugate.wire.messages import FLAG_UNASKED, BoardHello

_U32 = 0xFFFFFFFF


class Heard(Enum):
    """What a hello from the board means."""

    NOTHING = "a second answer"
    ASKS = "it has no boot id: say hello at once"
    SAME = "the boot that was known goes on"
    NEW = "a new boot begins with the id that was offered"
    RESET = "it was reset while the link was believed live"


class Boots:
    """The boot ids of one link."""

    def __init__(self, random_boot_id: Callable[[], int]) -> None:
        self._random = random_boot_id
        self._confirmed = False
        # Ids that were offered before; a board may answer to one of them after the next was offered.
        self._earlier: deque[int] = deque(maxlen=8)
        self.boot_id = self._fresh()

    def _fresh(self) -> int:
        """32 random bits, never 0."""
        return self._random() & _U32 or 1

    def renew(self) -> None:
        """The next boot gets an id of its own."""
        self._earlier.append(self.boot_id)
        self.boot_id = self._fresh()
        self._confirmed = False

    def hear(self, hello: BoardHello, *, greeting: bool) -> Heard:
        """What this hello means while the gateway is ``greeting``, or else believes the link live. Where the old id is
        used up, a fresh one is there afterwards."""
        if not greeting:
            return self._hear_live(hello)
        if hello.boot_id == 0 and self._confirmed:
            # It was reset; perhaps it has taken the id of the boot before, which must not name two boots.
            self.renew()
            return Heard.ASKS
        if hello.flags & FLAG_UNASKED:
            return Heard.ASKS
        same = self._confirmed and hello.boot_id == self.boot_id
        self._confirmed = True
        return Heard.SAME if same else Heard.NEW

    def _hear_live(self, hello: BoardHello) -> Heard:
        if hello.boot_id == 0:
            self.renew()
            return Heard.RESET
        # An answer to the id before this one came first and was taken for this one's: only now does this boot begin.
        return Heard.NEW if hello.boot_id in self._earlier else Heard.NOTHING
