"""Frozen values that rooms hand each other.

Nothing here does anything: no input, no output, no clock. Times are gateway time in integer nanoseconds since the Unix
epoch (``_ns``) or the board's own microseconds since its reset (``_us``, u32, wraps). Raw values are what the board
counts; ``value = raw * scale + offset`` is in the channel's unit.
"""

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
        scale = float(self.scale)
        values = [raw * scale + self.offset for raw in column]
        if self.type is ValueType.INT:
            return [int(value) if value.is_integer() else value for value in values]
        return list(values)

    def _number(self, raw: float) -> Value:
        if not isfinite(raw):
            return None
        value = _shortest_f32(raw) * self.scale + self.offset
        return int(value) if self.type is ValueType.INT and value.is_integer() else value


def _shortest_f32(value: float) -> float:
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
    """A command that the sketch declares."""

    number: int
    name: str
    arguments: tuple[Argument, ...] = ()


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
    ``counters`` is what the board said of itself, None while it has not."""

    round_trip_ms: float
    clock_error_ms: float
    bad_frames: int
    resends: int
    counters: BoardCounters | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A board as the gateway's clients see it. ``info`` is the last known, None before the first hello."""

    id: str
    name: str
    port: str
    state: BoardState
    reason: str = ""
    stopped: bool = False
    since_ns: int = 0
    info: BoardInfo | None = None
    link: LinkQuality | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One set of channels at one rate in one boot; ``id`` is never reused.

    A regular stream has ``dt_ticks`` (per scan, of ``tick_hz``); an irregular one has None and holds one channel.
    ``dtype`` is that of every column (``u8 u16 i16 i32 f32 text``); ``offsets_s`` says when in a scan each channel is
    taken. ``cause`` says why it began: ``boot rate mode gap clock``; ``predecessor`` is the stream that it follows.
    """

    id: str
    board: str
    channels: tuple[Channel, ...]
    dtype: str
    dt_ticks: int | None
    tick_hz: int
    started_ns: int
    cause: str = "boot"
    predecessor: str | None = None
    offsets_s: tuple[float, ...] = ()
    clock_error_s: float = 0.0

    @property
    def dt_s(self) -> float | None:
        """Seconds from one scan to the next, None for an irregular stream."""
        return None if self.dt_ticks is None else self.dt_ticks / self.tick_hz


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Consecutive scans of one stream; never spans a gap.

    ``seq`` is the first scan's number since the stream began, ``lost`` the scans missing on board and wire before it.
    ``columns`` holds one column a channel, each ``count`` raw values (``array`` of the stream's dtype, or a list of
    str). ``times_ns`` has one time a scan in an irregular stream and is None in a regular one, whose scan *k* is at
    ``t0_ns + k * dt``. Compared by identity, so that an encoding can be kept with it.
    """

    stream: str
    seq: int
    t0_ns: int
    columns: Sequence[array[int] | array[float] | list[str]]
    times_ns: array[int] | None = None
    lost: int = 0

    @property
    def count(self) -> int:
        """Number of scans."""
        return len(self.columns[0])


@dataclass(frozen=True, slots=True)
class SetRequest:
    """Write one output. ``value`` in the channel's unit; ``ttl_ms`` None: the output's own hold."""

    channel: str
    value: Value
    ttl_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ModeRequest:
    """Claim a pin for a mode. ``options``: ``count`` takes ``edge`` (``rising falling both``), ``quadrature`` takes
    ``partner`` (a pin's name)."""

    channel: str
    mode: Mode
    options: dict[str, str | int | float] = field(default_factory=dict[str, "str | int | float"])


@dataclass(frozen=True, slots=True)
class RateRequest:
    """Sample these channels at ``hz`` (0 stops, ``None`` means as fast as can be)."""

    channels: tuple[str, ...]
    hz: float | None


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read one channel once."""

    channel: str


@dataclass(frozen=True, slots=True)
class RenewRequest:
    """Extend what holds these outputs, without writing them."""

    channels: tuple[str, ...]
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class CallRequest:
    """Run a sketch's command."""

    command: str
    arguments: dict[str, Value]


@dataclass(frozen=True, slots=True)
class StopRequest:
    """Every output to its safe value, latched."""


@dataclass(frozen=True, slots=True)
class ClearStopRequest:
    """Unlatch the stop; moves nothing."""


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Give the board its 64-bit identity."""

    identity: int


BoardRequest = (
    SetRequest
    | ModeRequest
    | RateRequest
    | ReadRequest
    | RenewRequest
    | CallRequest
    | StopRequest
    | ClearStopRequest
    | IdentityRequest
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A board's answer to a request that it did.

    ``accepted_ns`` is when the gateway took the request, ``executed_ns`` when the board did it (gateway time);
    ``value`` is what the board really does (for ``rate``: ``rates`` by channel name, in Hz). ``until_ns`` is the end
    of a hold that has one.
    """

    asked: Value = None
    value: Value = None
    accepted_ns: int = 0
    executed_ns: int = 0
    hold: Hold | None = None
    until_ns: int | None = None
    rates: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Loss:
    """What is missing of one stream in one place. ``place`` is one of ``board wire queue client``; ``reason`` is a
    word of the ledger's closed list (docs/reference/gateway.md, 4.5). ``board`` may be left out by who does not know
    it: the hub fills it in."""

    place: str
    reason: str
    stream: str
    count: int
    from_seq: int
    at_ns: int
    board: str = ""


class Role(StrEnum):
    """What a principal may do; each role may do what those before it may."""

    VIEW = "view"
    CONTROL = "control"
    ADMIN = "admin"

    def covers(self, other: Role) -> bool:
        """Whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: ``name`` tells one credential from another (never the secret itself)."""

    name: str
    role: Role


class Form(StrEnum):
    """What a subscription wants of a stream: every scan (or every k-th), minimum and maximum over every k scans, or
    only the newest."""

    RAW = "raw"
    ENVELOPE = "envelope"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class View:
    """A board's stream as clients see it: board stream x chosen columns x form x rung.

    ``id`` is what clients call a stream, ``number`` (u32, from 1) its name in binary frames; both are equal for all who
    chose the same and never given again. ``every``: a raw view keeps the scans whose number is a multiple of it, and
    counts in kept scans (view seq = board seq / every); an envelope keeps minimum and maximum of ``every`` scans, and
    counts those. ``dt_s`` is the time between kept scans; None for irregular streams and for ``latest``, whose batches
    carry their times. ``rate_hz`` is the rate kept: scans per second at most, None where the board alone decides.
    ``offsets_s`` has one entry a channel.
    """

    id: str
    number: int
    board: str
    channels: tuple[Channel, ...]
    dtype: str
    form: Form
    every: int
    dt_s: float | None
    rate_hz: float | None
    started_ns: int
    cause: str
    predecessor: str | None
    offsets_s: tuple[float, ...]
    clock_error_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """A batch as one view shows it, the same object for every client of the view, so that an encoding can be kept with
    it. Columns are raw values of ``view.dtype`` in the order of ``view.channels``, in an envelope two for each: minima,
    then maxima; ``times_ns`` has one time a scan where ``view.dt_s`` is None. ``lost`` counts the view's scans missing
    on board and wire just before. ``cursor`` is the opaque place to go on from."""

    view: View
    seq: int
    t0_ns: int
    columns: tuple[Sequence[int] | Sequence[float] | Sequence[str], ...]
    times_ns: array[int] | None
    lost: int
    cursor: str

    @property
    def count(self) -> int:
        """Number of scans, at least 1."""
        return len(self.columns[0])


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """A client is going to get this view, for these of its subscriptions (also said again when they change)."""

    view: View
    subscriptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """A client has got all of this view (``stream`` is the view's id); nothing of it follows."""

    stream: str
    cause: str
    at_ns: int


Taken = StreamOpened | StreamClosed | Delivery | Loss
"""What the hub hands out for a client, in order."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may drive a channel, until when. ``client`` is the connection, ``keep`` lets it outlive that connection."""

    board: str
    channel: str
    client: str
    principal: Principal
    until_ns: int
    keep: bool = False
