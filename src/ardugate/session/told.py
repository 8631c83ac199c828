"""What the gateway says over ``/ws`` unasked, as models: the params of each notification, and the plain dialect.
``/asyncapi.json`` is generated from them; ``session.shapes`` and ``session.encode`` make them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ardugate.model import Role
from ardugate.session import rest
from ardugate.session.limits import MAX_BATCH
from ardugate.session.rest import Shape, Value
from ardugate.session.spoken import DriverShape, EventKind, LeaseCause, LeaseShape, LossShape, RecordingShape


class GatewayShape(Shape):
    """The gateway: ``life`` differs at each start."""

    version: str
    life: str


class Welcome(Shape):
    """The first message of a connection."""

    protocol: str
    gateway: GatewayShape
    session: str
    principal: str
    role: Role
    t_s: float
    boards: list[rest.BoardShape]


class StreamEnd(Shape):
    """A stream that is over."""

    stream: str
    cause: str
    t_s: float


class Streams(Shape):
    """Streams that begin, change or end."""

    streams: list[rest.StreamShape]
    ended: list[StreamEnd]


class RegularSamples(Shape):
    """Consecutive scans of a regular stream: scan k at ``t0_s + k * dt_s``."""

    stream: str
    seq: int
    t0_s: float
    dt_s: float
    columns: dict[str, list[Value | None] | rest.Ends]
    lost: int
    cursor: str


class BoardChanged(Shape):
    """A board came, or anything of it changed."""

    board: rest.BoardShape


class BoardGone(Shape):
    """A place's entry has ended."""

    gone: str


class LinkChanged(Shape):
    """How a board's link does."""

    board: str
    link: rest.LinkShape | None


class LeaseChanged(Shape):
    """Leases began or ended."""

    cause: LeaseCause
    leases: list[LeaseShape]
    t_s: float


class Driven(Shape):
    """Outputs were set or held on, or nobody drives them any more."""

    drivers: list[DriverShape]
    ended: list[str]
    t_s: float


class StopChanged(Shape):
    """A stop was latched or cleared."""

    board: str
    stopped: bool
    t_s: float
    session: str | None
    principal: str | None


class Log(Shape):
    """What a sketch printed."""

    board: str
    text: str
    t_s: float
    checked: bool


class AlarmShape(Shape):
    """What became of an alarm."""

    name: str
    raised: bool
    channel: str | None
    value: Value


class Event(Shape):
    """An edge of a life."""

    kind: EventKind
    board: str | None
    text: str
    t_s: float
    alarm: AlarmShape | None = None


class RecordingChanged(Shape):
    """A recording begins, ends, pauses or goes on."""

    recording: RecordingShape


NOTIFICATIONS: dict[str, tuple[type[Shape], ...]] = {
    "welcome": (Welcome,),
    "streams": (Streams,),
    "samples": (RegularSamples, rest.TimedSamples),
    "board": (BoardChanged, BoardGone),
    "link": (LinkChanged,),
    "loss": (LossShape,),
    "lease": (LeaseChanged,),
    "driven": (Driven,),
    "stop": (StopChanged,),
    "log": (Log,),
    "event": (Event,),
    "recording": (RecordingChanged,),
}
"""By method; where there are several, a notification is one of them."""


class PlainValues(Shape):
    """The plain dialect: what is new of a board."""

    t_s: float
    board: str
    values: dict[str, Value | None]


class PlainProblem(Shape):
    """The plain dialect: why something was not done."""

    error: str
    hint: str
    reason: str
    channel: str | None = None


class PlainResult(Shape):
    """The plain dialect: what a command gave back."""

    t_s: float
    board: str
    result: dict[str, Value]


class PlainWish(Shape):
    """The plain dialect: outputs to set, commands to call, by address."""

    set: Annotated[dict[str, Value], Field(min_length=1, max_length=MAX_BATCH)] | None = None
    call: Annotated[dict[str, dict[str, Value]], Field(min_length=1, max_length=MAX_BATCH)] | None = None


PLAIN: dict[str, type[Shape]] = {"values": PlainValues, "result": PlainResult, "problem": PlainProblem}
"""What the gateway says in the plain dialect."""
