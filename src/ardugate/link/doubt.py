"""A doubt about which modes and streams a board has: the link asks for them again, so that it always comes to agree.

Nothing should lead to one: every change is answered. But what a gateway believes wrongly it would believe for as long
as the boot lasts, with samples that come and are not decoded; so each sign of it makes the link look.
"""

from __future__ import annotations

from typing import Final

_MS: Final = 1_000_000

# Between two looks: a board that sends what it does not list costs no more than a few frames a second.
_EVERY_MS: Final = 1_000


class Doubt:
    """Of one link, which says ``arise`` and ``settle``; ``due`` tells it when to look. A look is given up after
    ``look_ms``; then it is time for the next."""

    def __init__(self, look_ms: int) -> None:
        self._look_ns = look_ms * _MS
        self._raised = False
        self._next_ns = 0

    def arise(self) -> None:
        """There is a sign that the board does something else than what is known."""
        self._raised = True

    def due(self, now_ns: int) -> bool:
        """Whether to ask now; True once for each look."""
        if not self._raised or now_ns < self._next_ns:
            return False
        self._next_ns = now_ns + self._look_ns
        return True

    def settle(self, now_ns: int) -> None:
        """The board has answered, or begins anew: what is known is true."""
        self._raised = False
        self._next_ns = now_ns + _EVERY_MS * _MS
