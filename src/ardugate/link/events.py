"""What a link hands out: frozen values, in the order in which things happened."""

from __future__ import annotations

from dataclasses import dataclass

from ardugate.errors import RequestError
from ardugate.model import Batch, BoardCounters, BoardInfo, BoardState, Channel, Loss, Receipt, Stream


@dataclass(frozen=True, slots=True)
class LinkState:
    """The link's state changed. ``reason`` is one lower-case line for eyes, or empty."""

    state: BoardState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InfoChanged:
    """What is known of the board changed: a new boot, a mode, a rate."""

    info: BoardInfo
    stopped: bool


@dataclass(frozen=True, slots=True)
class StopChanged:
    """The board's stop was latched or cleared, whoever did it."""

    stopped: bool


@dataclass(frozen=True, slots=True)
class HungChanged:
    """The sketch did not come round for so long that the board made its outputs safe, or comes round again."""

    hung: bool


@dataclass(frozen=True, slots=True)
class LineChanged:
    """The port is to be switched to this line rate before anything more is sent. ``why`` is ``asked`` (both ends
    agreed, or that failed and this is the rate before) or ``searching`` (nothing is heard)."""

    baud: int
    why: str


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """A stream begins; batches of it follow."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """No batch of this stream comes any more. ``cause`` is one of ``boot rate mode clock line``."""

    stream_id: str
    cause: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class StreamClock:
    """How wrong the times of a stream's next batches may be is another figure now: more, or clearly less."""

    stream_id: str
    clock_error_s: float


@dataclass(frozen=True, slots=True)
class BatchReceived:
    """Consecutive scans of a stream that was announced before. ``packed`` is what they were unpacked from."""

    batch: Batch
    packed: bytes = b""


@dataclass(frozen=True, slots=True)
class LossFound:
    """Scans are missing. It comes just before the batch whose ``lost`` counts the same scans."""

    loss: Loss


@dataclass(frozen=True, slots=True)
class RequestDone:
    """The board did what was asked with this handle."""

    handle: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """What was asked with this handle was not done, or nobody knows (``unknown_outcome``)."""

    handle: int
    error: RequestError


@dataclass(frozen=True, slots=True)
class TextReceived:
    """Text of the sketch. ``checked``: it came in a frame; otherwise it was found between frames or instead of them."""

    text: str
    checked: bool


@dataclass(frozen=True, slots=True)
class PrintedChanged:
    """A sketch that only prints has these channels from now on. Nothing else is known of its board."""

    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class FaultCounted:
    """The peer's bad input was dropped. ``count`` is the total of this ``kind`` since the link was made; several
    faults of a kind in one read are one event."""

    kind: str
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class CountersReported:
    """The board's own counters changed."""

    counters: BoardCounters


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """How the link does; about once a second while the board answers.

    ``round_trip_ms`` is the last heartbeat's, without the time that the board held it; ``clock_error_ms`` bounds the
    error of gateway times made from board times; ``clock_ppm`` is how much faster the board's clock runs than the
    gateway's; ``bad_frames`` and ``resends`` count since the link was made; ``watchdog``: the board's watchdog has
    acted in this boot.
    """

    round_trip_ms: float
    clock_error_ms: float
    clock_ppm: float
    bad_frames: int
    resends: int
    watchdog: bool


LinkEvent = (
    LinkState
    | InfoChanged
    | StopChanged
    | HungChanged
    | LineChanged
    | StreamStarted
    | StreamEnded
    | StreamClock
    | BatchReceived
    | LossFound
    | RequestDone
    | RequestFailed
    | TextReceived
    | PrintedChanged
    | FaultCounted
    | CountersReported
    | LinkHealth
)
