"""One change of the line's rate, from the asking to the end on which both ends agree (docs/reference/wire.md, 3.8)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from ardugate.link.outbox import Outbox
from ardugate.wire.limits import HEARTBEAT_MS, LINE_HEARTBEAT_MS, LINE_SETTLE_MS
from ardugate.wire.ops import SetLine

_MS: Final = 1_000_000

# Everything else is answered within a few ms, or its frame was lost and is repeated: ten such repetitions.
_QUIET_MS: Final = 1_000
# An answer waits behind two full frames at most (45 ms at 115,200 baud) and in a converter (16 ms). No answer after
# this: the command or its reply was lost. It is not repeated, since a board that did switch hears nothing at this rate.
_ANSWER_MS: Final = 150
# A board that did switch is back after the time to settle; its first answers then take as long as any.
_BACK_MS: Final = LINE_SETTLE_MS + _ANSWER_MS
# With one frame in five damaged, three tries fail together once in 20.
_TRIES: Final = 3


class Step(Enum):
    """How far a change is."""

    NONE = "no change"
    WAITING = "until everything else is answered"
    ASKED = "the board was asked"
    SETTLING = "at the new rate; an answered heartbeat settles it"
    DOUBTFUL = "at the rate before; the board may be at the other until it falls back"


class Switch:
    """Leads one change at a time. ``go_to`` is told when this end is to switch, ``done`` how it ended."""

    def __init__(self, outbox: Outbox, go_to: Callable[[int], None], done: Callable[[object, int, bool], None]) -> None:
        self._outbox = outbox
        self._go_to = go_to
        self._done = done
        self._step = Step.NONE
        self._owner: object = None
        self._from = self._baud = 0
        self._until_ns = self._since_ns = 0
        self._tries = 0

    @property
    def active(self) -> bool:
        """Whether a change is under way."""
        return self._step is not Step.NONE

    @property
    def beat_ms(self) -> int | None:
        """How often a heartbeat is due; None: not now, the board must hear nothing else until it has answered."""
        if self._step is Step.ASKED:
            return None
        return LINE_HEARTBEAT_MS if self._step in (Step.SETTLING, Step.DOUBTFUL) else HEARTBEAT_MS

    def begin(self, owner: object, before: int, baud: int, now_ns: int) -> None:
        """Go from ``before`` to ``baud``, for ``owner``."""
        self._owner, self._from, self._baud = owner, before, baud
        self._tries = 0
        self._outbox.hold = True
        self._enter(Step.WAITING, now_ns, _QUIET_MS)
        self.tick(now_ns)

    def abandon(self) -> None:
        """The boot or the pipe is gone; the rate stays what it is, and ``done`` is not told."""
        self._outbox.take(self)
        self._outbox.hold = False
        self._step = Step.NONE

    def give_up(self) -> None:
        """Nothing is heard any more: this end stays where it is."""
        if self.active:
            self._outbox.take(self)
            self._end(ok=False)

    def tick(self, now_ns: int) -> None:
        """Do what is due."""
        late = now_ns >= self._until_ns
        match self._step:
            case Step.WAITING if not self._outbox.busy(now_ns):
                self._tries += 1
                self._outbox.once(self, SetLine(self._baud))
                self._enter(Step.ASKED, now_ns, _ANSWER_MS)
            case Step.WAITING if late:
                self._end(ok=False)
            case Step.ASKED if late:
                self._outbox.take(self)
                self._enter(Step.DOUBTFUL, now_ns, _BACK_MS)
            case Step.SETTLING if late:
                # It said yes and was not heard: hardly chance, but either end may have stood still. Once more.
                self._tries = max(self._tries + 1, _TRIES - 1)
                self._enter(Step.DOUBTFUL, now_ns, _BACK_MS)
                self._go_to(self._from)
            case Step.DOUBTFUL if late:
                self._end(ok=False)
            case _:
                return

    def replied(self, baud: int | None, now_ns: int) -> None:
        """The board's answer: the rate that it goes to, None when it refuses."""
        if self._step is not Step.ASKED:
            return
        if baud is None or baud != self._baud:
            self._end(ok=False)
            return
        self._enter(Step.SETTLING, now_ns, LINE_SETTLE_MS)
        self._go_to(baud)

    def beat_answered(self, sent_ns: int, now_ns: int) -> None:
        """A heartbeat that was sent at ``sent_ns`` was answered: the board is at this rate."""
        if sent_ns < self._since_ns:
            return
        if self._step is Step.SETTLING:
            self._end(ok=True)
        elif self._step is Step.DOUBTFUL and self._tries < _TRIES:
            self._enter(Step.WAITING, now_ns, _QUIET_MS)
        elif self._step is Step.DOUBTFUL:
            self._end(ok=False)

    def next_deadline(self) -> int | None:
        """When :meth:`tick` has something to do."""
        if self._step is Step.NONE:
            return None
        quiet_ns = self._outbox.quiet_ns() if self._step is Step.WAITING else None
        return self._until_ns if quiet_ns is None else min(quiet_ns, self._until_ns)

    def _enter(self, step: Step, now_ns: int, for_ms: int) -> None:
        self._step = step
        self._since_ns = now_ns
        self._until_ns = now_ns + for_ms * _MS

    def _end(self, *, ok: bool) -> None:
        self._outbox.hold = False
        self._step = Step.NONE
        self._done(self._owner, self._baud, ok)
