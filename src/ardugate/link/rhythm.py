"""HELLO and HEARTBEAT, each in its time (docs/reference/wire.md, 3.1 and 3.2)."""

from __future__ import annotations

from typing import Final

from ardugate.link.boots import Boots
from ardugate.link.line import Line
from ardugate.link.outbox import Outbox
from ardugate.link.phase import Phase
from ardugate.wire.limits import HEARTBEAT_MS, HELLO_REPEAT_MS
from ardugate.wire.messages import Heartbeat, Hello

_MS: Final = 1_000_000
_U32: Final = 0xFFFFFFFF


class Rhythm:
    """Asks the board for a sign of life, as often as the phase and the line want it."""

    def __init__(self, outbox: Outbox, line: Line, boots: Boots) -> None:
        self._outbox = outbox
        self._line = line
        self._boots = boots
        self._hello_ns = self._beat_ns = self._lost_ns = 0

    def greet(self, now_ns: int) -> None:
        """HELLO is due now."""
        self._hello_ns = now_ns

    def hello(self, now_ns: int) -> None:
        """Say hello."""
        self._outbox.ask("hello", Hello(self._boots.boot_id))
        self._hello_ns = now_ns + HELLO_REPEAT_MS * _MS

    def lost(self, now_ns: int) -> None:
        """The boot was lost: say hello, at once but where it was lost a moment ago too. A board that says another boot
        in each of its answers would keep both ends busy, and every client told, as fast as its line can."""
        self._hello_ns = max(now_ns, self._lost_ns + HELLO_REPEAT_MS * _MS)
        self._lost_ns = now_ns
        if self._hello_ns <= now_ns:
            self.hello(now_ns)

    def beat(self, now_ns: int) -> None:
        """Send a heartbeat; its stamp is the time in µs."""
        stamp = now_ns // 1_000 & _U32
        self._outbox.ask(("beat", stamp), Heartbeat(self._boots.boot_id, stamp))
        self._beat_ns = now_ns + (self._line.beat_ms or HEARTBEAT_MS) * _MS

    def at_once(self, phase: Phase, now_ns: int) -> None:
        """Send what this phase sends, whenever it was due; nothing to a sketch that only prints."""
        if self._line.listening:
            return
        if phase is Phase.HELLO:
            self.hello(now_ns)
        elif phase in (Phase.LEARNING, Phase.LIVE):
            self.beat(now_ns)

    def tick(self, phase: Phase, now_ns: int) -> None:
        """Send what is due."""
        due_ns = self.next_deadline(phase)
        if due_ns is not None and now_ns >= due_ns:
            self.at_once(phase, now_ns)

    def next_deadline(self, phase: Phase) -> int | None:
        """When the next is due."""
        if self._line.listening:
            return None
        if phase is Phase.HELLO:
            return self._hello_ns
        return self._beat_ns if phase in (Phase.LEARNING, Phase.LIVE) and self._line.beat_ms else None
