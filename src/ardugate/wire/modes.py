"""Modes, abilities, types and holds as numbers on the wire (docs/reference/wire.md, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ardugate.model import Hold, Mode, ValueType


class RawForm(StrEnum):
    """How one value is written where it stands alone: in records of IRREGULAR, and in ``set`` and ``read``."""

    BOOL = "bool"
    I32 = "i32"
    F32 = "f32"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ModeSpec:
    """One row of the table of modes.

    ``ability`` is the bit name that a pin needs, None where every pin can. ``raw`` is None for a mode without values.
    ``raw_maximum`` is None where the board decides (``adc_bits``, ``pwm_max``) or nothing limits it. ``scale`` None
    means 1 / ``pwm_max``.
    """

    number: int
    mode: Mode
    ability: str | None
    type: ValueType
    raw: RawForm | None
    unit: str = ""
    output: bool = False
    events: bool = False
    hold: Hold | None = None
    hold_ms: int = 0
    raw_maximum: int | None = None
    scale: float | None = 1.0


# How long a `client` output of a plain pin is kept by one set, in ms: a page that renews it every half second may
# miss three renewals (4.2).
CLIENT_HOLD_MS: Final = 2_000

_B, _I, _F = ValueType.BOOL, ValueType.INT, ValueType.FLOAT
_CLIENT = Hold.CLIENT

MODES: Final[tuple[ModeSpec, ...]] = (
    ModeSpec(0, Mode.OFF, None, _B, None),
    ModeSpec(1, Mode.INPUT, "input", _B, RawForm.BOOL, events=True, raw_maximum=1),
    ModeSpec(2, Mode.INPUT_PULLUP, "pullup", _B, RawForm.BOOL, events=True, raw_maximum=1),
    ModeSpec(3, Mode.ANALOG, "analog", _I, RawForm.I32, "count"),
    ModeSpec(4, Mode.OUTPUT, "output", _B, RawForm.BOOL, output=True, events=True, hold=Hold.LINK, raw_maximum=1),
    ModeSpec(5, Mode.PWM, "pwm", _F, RawForm.I32, "", True, True, _CLIENT, CLIENT_HOLD_MS, None, None),
    ModeSpec(6, Mode.SERVO, "servo", _F, RawForm.I32, "°", True, True, _CLIENT, CLIENT_HOLD_MS, 1_800, 0.1),
    ModeSpec(7, Mode.TONE, "tone", _F, RawForm.I32, "Hz", True, True, _CLIENT, CLIENT_HOLD_MS, 65_535),
    ModeSpec(8, Mode.COUNT, "count", _I, RawForm.I32),
    ModeSpec(9, Mode.FREQUENCY, "frequency", _F, RawForm.F32, "Hz"),
    ModeSpec(10, Mode.QUADRATURE, "quadrature", _I, RawForm.I32),
)

# The mode number of a declared channel: its form is the descriptor's.
DECLARED: Final = 255

MODE_BY_NUMBER: Final[dict[int, ModeSpec]] = {spec.number: spec for spec in MODES}
MODE_BY_NAME: Final[dict[Mode, ModeSpec]] = {spec.mode: spec for spec in MODES}

# Bit n of a pin's abilities, by name; bit 15 is `locked` (4.1).
ABILITIES: Final[tuple[str, ...]] = (
    "input",
    "pullup",
    "output",
    "analog",
    "pwm",
    "servo",
    "tone",
    "count",
    "edges",
    "frequency",
    "quadrature",
)
LOCKED: Final = 1 << 15

TYPES: Final[tuple[ValueType, ...]] = (
    ValueType.BOOL,
    ValueType.INT,
    ValueType.FLOAT,
    ValueType.ENUM,
    ValueType.TEXT,
)
HOLDS: Final[tuple[Hold, ...]] = (Hold.CLIENT, Hold.LINK, Hold.BOARD)

# Flags of a channel record (4.1).
CHANNEL_OUTPUT: Final = 1
CHANNEL_IRREGULAR: Final = 2
CHANNEL_FLOAT: Final = 4
CHANNEL_MOMENTARY: Final = 8
CHANNEL_KEEPS: Final = 16

# Flags of an entry in the answer to QUERY modes (3.3).
MODE_CLAIMED: Final = 1
MODE_EVENTS: Final = 2


def abilities_from_bits(bits: int) -> frozenset[str]:
    """The names of the abilities that are set; unknown bits are ignored."""
    return frozenset(name for bit, name in enumerate(ABILITIES) if bits >> bit & 1)


def bits_from_abilities(names: frozenset[str], *, locked: bool = False) -> int:
    """The bits for these names. Raises ValueError for a name that is none."""
    return sum(1 << ABILITIES.index(name) for name in names) | (LOCKED if locked else 0)


def declared_form(value_type: ValueType, flags: int) -> RawForm:
    """How the raw values of a declared channel are written (3.6)."""
    match value_type:
        case ValueType.BOOL:
            return RawForm.BOOL
        case ValueType.TEXT:
            return RawForm.TEXT
        case ValueType.INT | ValueType.ENUM | ValueType.FLOAT:
            return RawForm.F32 if flags & CHANNEL_FLOAT else RawForm.I32
