"""Places in time across all streams, and cursors, which are their names."""

from __future__ import annotations

from collections.abc import Mapping

from ardugate.errors import Reason, RequestError


class Orders:
    """Every batch, loss and end has a place of its own, one after another. ``newest`` is the last one, 0 before any."""

    def __init__(self, life: str) -> None:
        self.life = life
        self.newest = 0
        self._before: dict[str, int] = {}

    def next(self) -> int:
        """The place of what happens now."""
        self.newest += 1
        return self.newest

    def resume(self, newest: int, lives: Mapping[str, int]) -> None:
        """Go on where an earlier gateway ended. ``lives`` has the last place of each life whose cursors still hold."""
        self.newest = newest
        self._before = dict(lives)

    def cursor(self, order: int) -> str:
        """The opaque string that clients see."""
        return f"{self.life}-{order:x}"

    def of(self, cursor: str) -> int:
        """The place that a cursor means. Raises RequestError ``cursor_expired``."""
        life, _, text = cursor.rpartition("-")
        try:
            order = int(text, 16)
        except ValueError:
            order = -1
        last = self.newest if life == self.life else self._before.get(life, -1)
        # Said back letter by letter, so that one place has one name.
        if 0 <= order <= last and text == f"{order:x}":
            return order
        raise expired("is of a gateway's life that nothing is kept of")


def expired(why: str) -> RequestError:
    """A cursor from which nobody can go on."""
    return RequestError(Reason.CURSOR_EXPIRED, f"this cursor {why}", "subscribe again without it")
