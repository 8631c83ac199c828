"""The simulated board's end of the line's rate (docs/reference/wire.md, 3.8), and what a wrong rate does to bytes."""

from __future__ import annotations

from random import Random
from typing import Final

from ardugate.sim.options import SimOptions
from ardugate.wire import limits

_MS: Final = 1_000_000
# A UART samples each bit in its middle: ten bits later it may be off by half a bit, at both ends together.
_TOLERANCE: Final = 0.04
# What a line that is noisy at a rate does to a byte: half of the full frames are then damaged.
NOISE: Final = 0.003


class LineRate:
    """At which rate the board sends and hears. ``baud`` None: a pipe without one; ``host_baud`` is the other end's."""

    def __init__(self, options: SimOptions) -> None:
        self._options = options
        self._random = Random(f"{options.seed} line")
        self.host_baud = options.baud
        self.max_baud = options.max_baud if options.baud else 0
        self.reset()

    def reset(self) -> None:
        """The board begins at its first rate."""
        self.baud = self._options.baud
        self._next: tuple[int, int] | None = None  # when, and to which rate it goes
        self._before: int | None = None  # until the rate has settled
        self._heard_ns: int | None = None

    def can(self, baud: int) -> bool:
        """Whether the board has this rate."""
        return baud in limits.LINE_RATES and baud <= self.max_baud

    @property
    def mute(self) -> bool:
        """Whether the board waits for a good frame before it says anything."""
        return self._next is not None or self._before is not None

    def go(self, baud: int, at_ns: int) -> None:
        """Switch when the REPLY has left."""
        self._next = (at_ns, baud)

    def heard(self, t_ns: int) -> None:
        """A good frame came."""
        self._heard_ns = t_ns
        if self._next is None:
            self._before = None

    def next_ns(self) -> int | None:
        """When :meth:`turn` has something to do."""
        if self._next is not None:
            return self._next[0]
        if self._heard_ns is None or self.baud == self._options.baud:
            return None
        return self._heard_ns + (limits.LINE_LOST_MS if self._before is None else limits.LINE_SETTLE_MS) * _MS

    def turn(self, t_ns: int) -> None:
        """Go to the rate that is next."""
        if self._next is not None:
            (_, self.baud), self._before, self._next = self._next, self.baud, None
        else:
            self.baud, self._before = self._before or self._options.baud, None
        self._heard_ns = t_ns

    def inward(self, data: bytes) -> bytes:
        """What the board hears of these bytes."""
        deaf_above = self._options.faults.deaf_above
        if deaf_above and self.baud and self.baud > deaf_above:
            return b""
        return self._carried(data)

    def outward(self, data: bytes) -> bytes:
        """What the other end gets of these bytes."""
        return self._carried(data)

    def _carried(self, data: bytes) -> bytes:
        if not self.baud or not self.host_baud or not data:
            return data
        if abs(self.baud - self.host_baud) > _TOLERANCE * self.host_baud:
            return self._random.randbytes(len(data))
        noisy_above = self._options.faults.noisy_above
        if noisy_above and self.baud > noisy_above:
            return bytes(byte ^ 0x5A if self._random.random() < NOISE else byte for byte in data)
        return data
