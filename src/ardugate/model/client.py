"""Who asks, and what a client gets of a stream."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ardugate.model.board import Channel
from ardugate.model.stream import Loss


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
    """Who asks: ``name`` tells one credential from another (never the secret itself).

    ``boards`` None: all of them, else the ids of those that there are for this one. ``share`` is the id of the link by
    which somebody came, empty for others.
    """

    name: str
    role: Role
    boards: tuple[str, ...] | None = None
    share: str = ""


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


@dataclass(frozen=True, slots=True)
class Driver:
    """Who set an output last, when (``set_ns``, the board's doing of it in gateway time), and until when that holds it:
    ``until_ns`` None, it has no end. ``client`` is the connection, which may be gone."""

    board: str
    channel: str
    client: str
    principal: Principal
    set_ns: int
    until_ns: int | None
