"""What a board sends: streams, batches of scans, and what is missing of them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from ardugate.model.board import Channel


@dataclass(frozen=True, slots=True)
class Stream:
    """One set of channels at one rate in one boot; ``id`` is never reused.

    A regular stream has ``dt_ticks`` (per scan, of ``tick_hz``); an irregular one has None and holds one channel.
    ``dtype`` is that of every column (``u8 u16 i16 i32 f32 text``); ``offsets_s`` says when in a scan each channel is
    taken. ``cause`` says why it began: ``boot rate mode gap clock``; ``predecessor`` is the stream that it follows.
    ``packing`` is how the board packs its scans (wire.md, 3.5: ``u10 bits u8 u16 i16 i32 f32``; ``records`` in an
    irregular stream), empty where they do not come packed.
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
    packing: str = ""

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
