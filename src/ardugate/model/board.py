"""What a board is made of, and how it does."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import cast

# What a channel may be worth. None stands for "missing"; NaN and infinity never leave the gateway.
Value = bool | int | float | str | None


class ValueType(StrEnum):
    """The type of a channel's values (docs/reference/wire.md, 4.1)."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    ENUM = "enum"
    TEXT = "text"


class Mode(StrEnum):
    """What a pin is used for (docs/reference/wire.md, 4.2)."""

    OFF = "off"
    INPUT = "input"
    INPUT_PULLUP = "input_pullup"
    ANALOG = "analog"
    OUTPUT = "output"
    PWM = "pwm"
    SERVO = "servo"
    TONE = "tone"
    COUNT = "count"
    FREQUENCY = "frequency"
    QUADRATURE = "quadrature"
    DECLARED = "declared"


class Hold(StrEnum):
    """What keeps an output away from its safe value (docs/reference/wire.md, 4.3)."""

    CLIENT = "client"
    LINK = "link"
    BOARD = "board"


class BoardState(StrEnum):
    """What the gateway knows of a board, in one word."""

    CONNECTING = "connecting"
    LIVE = "live"
    SILENT = "silent"
    DOWN = "down"
    LENT = "lent"
    OTHER_SKETCH = "other_sketch"
    BLOCKED = "blocked"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Pin:
    """One of a board's pins. ``abilities`` are names: ``input pullup output analog pwm servo tone count edges
    frequency quadrature``; a ``locked`` pin talks to the host and refuses every mode."""

    number: int
    name: str
    abilities: frozenset[str]
    safe: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """Anything with a value, as it is now (a plain pin's type follows its mode).

    ``number`` is the board's channel id; ``name`` its address within the board (``A0``, ``temp``). ``dtype`` is the raw
    value's form in columns: ``u8 u16 i16 i32 f32`` or ``text``. ``safe``, ``minimum`` and ``maximum`` are in the
    channel's unit. ``rate_hz`` is the kept sampling rate, None for a channel that is not sampled. ``events`` tells that
    it has an irregular stream. ``claimed``: ``mode`` was called on it or the sketch declared it.
    ``checked``: its values came in frames; False for numbers that were found in printed text.
    """

    number: int
    name: str
    type: ValueType
    mode: Mode
    unit: str = ""
    pin: str | None = None
    output: bool = False
    claimed: bool = False
    events: bool = False
    momentary: bool = False
    dtype: str = "u8"
    scale: float = 1.0
    offset: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    labels: tuple[str, ...] = ()
    hold: Hold | None = None
    hold_ms: int = 0
    safe: Value = None
    bits: int | None = None
    vref_v: float | None = None
    effective_bits: int | None = None
    rate_hz: float | None = None
    checked: bool = True

    def values(self, column: Sequence[int] | Sequence[float] | Sequence[str]) -> list[Value]:
        """A column of raw values as values in the channel's unit. NaN and infinity become None; an ``f32`` becomes the
        shortest decimal that names it (21.3, not 21.299999237060547)."""
        match self.type:
            case ValueType.BOOL:
                return [bool(raw) for raw in column]
            case ValueType.TEXT:
                return [str(raw) for raw in column]
            case ValueType.ENUM:
                return [self._label(int(raw)) for raw in column]
            case ValueType.INT | ValueType.FLOAT:
                if isinstance(column, array) and column.typecode not in "fd":
                    return self._integers(cast("Sequence[int]", column))
                return [self._number(float(raw)) for raw in column]

    def _label(self, raw: int) -> Value:
        known = 0 <= raw < len(self.labels) and self.labels[raw]
        return self.labels[raw] if known else raw

    def _integers(self, column: Sequence[int]) -> list[Value]:
        # The path of every sampled pin, so without a call per value.
        if self.scale == 1 and self.offset == 0:
            return list(column) if self.type is ValueType.INT else [float(raw) for raw in column]
        scale, parts = float(self.scale), parts_of(self.scale)
        if parts:
            values = [raw / parts + self.offset for raw in column]
        else:
            values = [raw * scale + self.offset for raw in column]
        if self.type is ValueType.INT:
            return [int(value) if value.is_integer() else value for value in values]
        return list(values)

    def _number(self, raw: float) -> Value:
        if not isfinite(raw):
            return None
        value = shortest_f32(raw) * self.scale + self.offset
        return int(value) if self.type is ValueType.INT and value.is_integer() else value


def parts_of(scale: float) -> int:
    """How many parts of one a raw step is, where that is a whole number, else 0: 901 / 10 is 90.1, 901 * 0.1 is not."""
    parts = round(1 / scale) if 0 < scale < 1 else 0
    return parts if parts and 1 / parts == scale else 0


def shortest_f32(value: float) -> float:
    """The decimal of fewest digits, from 6 on, that rounds to the same binary32 as ``value`` (9 always do)."""
    exact = array("f", (value,))
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        if array("f", (short,)) == exact:
            return short
    return value


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a sketch's command."""

    name: str
    type: ValueType
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class SketchCommand:
    """A command that the sketch declares. ``result`` is the type of what it gives back, in ``unit``; None: nothing."""

    number: int
    name: str
    arguments: tuple[Argument, ...] = ()
    result: ValueType | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Firmware:
    """What a board said of itself in its hello."""

    wire: int
    version: str
    identity: int = 0
    reset_cause: str = "unknown"


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """What a live link knows of its board: the descriptor with the present modes worked in. The link hands out a new
    one whenever something of it changes."""

    name: str
    mcu: str
    tick_hz: int
    max_streams: int
    adc_bits: int
    vref_v: float
    pwm_max: int
    firmware: Firmware
    pins: tuple[Pin, ...]
    channels: tuple[Channel, ...]
    commands: tuple[SketchCommand, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class BoardCounters:
    """What the board counted since its reset (docs/reference/wire.md, 3.7)."""

    bad_frames: int = 0
    rx_overruns: int = 0
    tx_dropped: int = 0
    sample_overruns: int = 0
    edges_lost: int = 0
    starved_loops: int = 0


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """How a board's link does: round trip and clock error now, damaged frames and resends since it was made.
    ``counters`` is what the board said of itself, None while it has not. ``baud`` is the line's rate now, None on a
    pipe without one."""

    round_trip_ms: float
    clock_error_ms: float
    bad_frames: int
    resends: int
    counters: BoardCounters | None = None
    baud: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A board as the gateway's clients see it. ``info`` is the last known, None before the first hello. ``hung``: its
    sketch did not come round for so long that the board made its outputs safe."""

    id: str
    name: str
    port: str
    state: BoardState
    reason: str = ""
    stopped: bool = False
    hung: bool = False
    since_ns: int = 0
    info: BoardInfo | None = None
    link: LinkQuality | None = None
