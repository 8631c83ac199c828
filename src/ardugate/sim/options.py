"""What a simulated board is told at its birth: who it is, what runs on it, what goes wrong."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, fields
from enum import StrEnum


class SketchName(StrEnum):
    """What runs on the simulated board.

    ``demo`` has declared channels and signals that move; ``plain`` is the shipped sketch on an Uno whose pins hear
    nothing, so that a test knows every value; ``declaring`` declares one of everything, as the conformance suite's own
    sketch for a chip does; ``greenhouse`` is the board library's example of that name, with soil that dries.
    """

    DEMO = "demo"
    PLAIN = "plain"
    DECLARING = "declaring"
    GREENHOUSE = "greenhouse"


@dataclass(frozen=True, slots=True)
class Faults:
    """How often the line fails. The first three are chances per byte, in both directions.

    ``corrupt`` gives a byte another value, ``lose`` takes it away, ``repeat`` writes it twice. ``duplicate`` is the
    chance that a whole frame is sent, or understood, twice. ``chatter`` is the number of bursts of invented bytes from
    the board in a second. At line rates above ``deaf_above`` baud the board hears nothing, above ``noisy_above`` half
    of the longer frames are damaged; 0: at none.
    """

    corrupt: float = 0.0
    lose: float = 0.0
    repeat: float = 0.0
    duplicate: float = 0.0
    chatter: float = 0.0
    deaf_above: float = 0.0
    noisy_above: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError for a chance that is none."""
        for each in fields(self):
            value: float = getattr(self, each.name)
            upper = {"chatter": MAX_CHATTER_HZ, "deaf_above": MAX_BAUD, "noisy_above": MAX_BAUD}.get(each.name, 1.0)
            if not 0 <= value <= upper:
                raise ValueError(f"expected {each.name} from 0 to {upper:g}, got {value:g}")


# What the line's baud rate may be: at half of what a board starts at, the start configuration just fits.
MIN_BAUD = 57_600
# Of a sketch that only prints: the slowest that the Arduino IDE offers.
MIN_TEXT_BAUD = 300
MAX_BAUD = 12_000_000

# More bursts a second than this are no line any more, and cost the machine more than the board.
MAX_CHATTER_HZ = 1_000.0


@dataclass(frozen=True, slots=True)
class SimOptions:
    """One simulated board.

    ``name`` is the board's own name. ``seed`` fixes every random choice. ``identity`` None stands for one that follows
    from the name, so that the same board is known again tomorrow; 0 is a board that never met a gateway. ``baud`` None
    is a pipe without a baud rate; a number paces what the board sends, and with a ``max_baud`` the line can go faster
    than it. ``drift_ppm`` makes the board's clock run fast.
    After each reset the bootloader talks and is deaf for ``boot_ms``. Every ``reset_every_s`` the board is reset; every
    ``silent_every_s`` it says and hears nothing for ``silent_for_s``; every ``hang_every_s`` its sketch hangs, and goes
    on after ``hang_for_s`` more. With ``other`` another sketch runs: it prints
    this text, twice a second, and knows nothing of the wire.
    """

    name: str = "demo"
    sketch: SketchName = SketchName.DEMO
    seed: int = 0
    identity: int | None = None
    baud: int | None = None
    max_baud: int = 0
    drift_ppm: int = 0
    boot_ms: int = 0
    reset_every_s: float | None = None
    silent_every_s: float | None = None
    silent_for_s: float = 2.0
    hang_every_s: float | None = None
    hang_for_s: float = 5.0
    other: str = ""
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        """Raises ValueError for a baud rate that carries too little."""
        least = MIN_TEXT_BAUD if self.other else MIN_BAUD
        if self.baud is not None and self.baud < least:
            raise ValueError(f"expected a baud rate of {least} or more, got {self.baud}")

    @property
    def eeprom_identity(self) -> int:
        """The 64 bits that the board's EEPROM holds when it is born."""
        if self.identity is not None:
            return self.identity
        word = zlib.crc32(self.name.encode())
        return word << 32 | zlib.crc32(word.to_bytes(4, "little")) | 1
