"""What the simulated board did, and the replies that it remembers (docs/reference/wire.md, 3.4)."""

from __future__ import annotations

from dataclasses import dataclass

from ardugate.wire import limits
from ardugate.wire.messages import Reply, Status

_IDS: int = 65_536


@dataclass(frozen=True, slots=True)
class Execution:
    """One command that really ran. ``op`` is its number on the wire (0: STOP), ``arguments`` its bytes, ``status`` what
    was replied, ``at_us`` the board time."""

    boot_id: int
    id: int
    op: int
    arguments: bytes
    status: int
    at_us: int


class Replies:
    """Eight slots, and one beside them for the call that runs or ran last."""

    def __init__(self) -> None:
        self._slots: list[Reply | None] = [None] * limits.REPLY_SLOTS
        self._call: Reply | None = None

    def keep(self, reply: Reply) -> None:
        """Remember what was replied; ``pending`` is a call's."""
        self._slots[reply.id % limits.REPLY_SLOTS] = reply
        if reply.status == Status.PENDING:
            self._call = reply

    def end(self, reply: Reply) -> Reply:
        """A call came to its end with this reply, which is remembered instead of ``pending``; gives it back."""
        self._call = reply
        slot = reply.id % limits.REPLY_SLOTS
        kept = self._slots[slot]
        if kept is not None and kept.id == reply.id:
            self._slots[slot] = reply
        return reply

    def recall(self, command_id: int, boot_id: int) -> Reply | None:
        """What to answer from memory: what was done already, ``stale`` for what is too old to know; None: run it."""
        if self._call is not None and self._call.id == command_id:
            return self._call
        kept = self._slots[command_id % limits.REPLY_SLOTS]
        if kept is None or kept.id == command_id:
            return kept
        late = (command_id - kept.id) % _IDS >= _IDS // 2
        return Reply(boot_id, command_id, Status.STALE) if late else None
