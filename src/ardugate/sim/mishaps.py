"""What goes wrong by the clock: resets, silences, sketches that hang, invented bytes, another sketch's text."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from random import Random
from typing import Final

from ardugate.sim.options import SimOptions

_S: Final = 1_000_000_000
_OTHER_EVERY_S: Final = 0.5


class Mishap(Enum):
    """Something that happens by itself."""

    RESET = auto()
    SILENCE = auto()
    HANG = auto()
    CHATTER = auto()
    OTHER_TEXT = auto()


class Mishaps:
    """When each of them happens next. Bursts of chatter come at random times, the others at regular ones."""

    def __init__(self, options: SimOptions, now_ns: int) -> None:
        self._random = Random(f"{options.seed} chatter")
        self._chatter_hz = options.faults.chatter
        every_s = {
            Mishap.RESET: options.reset_every_s,
            Mishap.SILENCE: options.silent_every_s,
            Mishap.HANG: options.hang_every_s,
            Mishap.OTHER_TEXT: _OTHER_EVERY_S if options.other else None,
        }
        self._every_ns = {mishap: int(period_s * _S) for mishap, period_s in every_s.items() if period_s}
        self._next_ns = {mishap: now_ns + period_ns for mishap, period_ns in self._every_ns.items()}
        if self._chatter_hz:
            self._next_ns[Mishap.CHATTER] = now_ns + self._until_burst_ns()

    def next_ns(self) -> int | None:
        """When the next one happens."""
        return min(self._next_ns.values(), default=None)

    def due(self, t_ns: int) -> Iterator[Mishap]:
        """Those that happen now; a reset last, since it ends what the others did."""
        for mishap in (Mishap.SILENCE, Mishap.HANG, Mishap.CHATTER, Mishap.OTHER_TEXT, Mishap.RESET):
            if mishap in self._next_ns and self._next_ns[mishap] <= t_ns:
                pause_ns = self._until_burst_ns() if mishap is Mishap.CHATTER else self._every_ns[mishap]
                self._next_ns[mishap] = t_ns + pause_ns
                yield mishap

    def _until_burst_ns(self) -> int:
        return 1 + int(self._random.expovariate(self._chatter_hz) * _S)
