"""What a capture says beside the scans: one frozen value a note (docs/reference/capture.md, 3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, cast

from ardugate.model import Board, Loss, Stream
from ardugate.record.plain import from_plain, to_plain


@dataclass(frozen=True, slots=True)
class Head:
    """A capture begins here, or goes on with another gateway: what was announced before does not count any more.

    ``life`` is the gateway's, ``order`` the newest place before this one, ``at_ns`` gateway time."""

    format: str
    version: int
    gateway: str
    life: str
    order: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class BoardSeen:
    """A board, and again whenever anything of it changes."""

    board: Board
    at_ns: int


@dataclass(frozen=True, slots=True)
class StreamBegan:
    """A stream begins, or ran already when the file did; samples blocks call it by its ``number``. ``next_seq`` is the
    scan that is due, None where nobody counted."""

    number: int
    stream: Stream
    next_seq: int | None = 0


@dataclass(frozen=True, slots=True)
class StreamOver:
    """A stream has ended. ``order`` is its end's place."""

    order: int
    stream: str
    cause: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class ClockSaid:
    """How wrong a stream's times may be from now on."""

    stream: str
    clock_error_s: float


@dataclass(frozen=True, slots=True)
class Missing:
    """Scans that board or wire lost."""

    order: int
    loss: Loss


@dataclass(frozen=True, slots=True)
class Happened:
    """An edge of a life, or (kind ``mark``) what somebody noted."""

    kind: str
    board: str | None
    text: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a sketch printed."""

    board: str
    text: str
    at_ns: int
    checked: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing was kept for a while. Reasons: ``disk_full disk_error slow_disk``."""

    reason: str
    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """Of a tier: rows with this ``number`` are of this channel."""

    number: int
    board: str
    channel: str


Note = ChannelSeen | Head | BoardSeen | StreamBegan | StreamOver | ClockSaid | Missing | Happened | Said | Pause

FORMAT: Final = "ardugate capture"
VERSION: Final = 1

_NAMES: Final[dict[str, type[Note]]] = {
    "head": Head,
    "board": BoardSeen,
    "stream": StreamBegan,
    "stream_over": StreamOver,
    "clock": ClockSaid,
    "missing": Missing,
    "happened": Happened,
    "said": Said,
    "pause": Pause,
    "channel": ChannelSeen,
}
_NAME_OF: Final = {kind: name for name, kind in _NAMES.items()}


def serialize(note: Note) -> bytes:
    """A note as JSON."""
    return json.dumps({"note": _NAME_OF[type(note)], **to_plain(note)}, separators=(",", ":")).encode()


def parse(body: bytes) -> Note | None:
    """A note; None for one that this version does not know. Raises ValueError where it is not what it says it is."""
    try:
        data = json.loads(body)
        kind = _NAMES.get(data.pop("note"))
        return None if kind is None else cast("Note", from_plain(kind, data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"no note: {error}") from error
