"""What the gateway says over ``/ws``, as models: the result of each request and the params of each notification. What
``/asyncapi.json`` is generated from; ``session.shapes`` and ``session.encode`` make them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ardugate.model import Role
from ardugate.session import rest
from ardugate.session.limits import MAX_BATCH
from ardugate.session.rest import Shape, Value

EventKind = Literal[
    "live",
    "silent",
    "reset",
    "down",
    "lent",
    "other_sketch",
    "blocked",
    "clock",
    "safe",
    "hung",
    "fault",
    "mark",
    "disk",
    "alarm",
]
JournalKind = EventKind | Literal["started", "ended", "stop", "lease", "client", "refused", "lost", "command", "log"]
LeaseCause = Literal["taken", "renewed", "taken_over", "released", "expired", "gone"]


class ClientShape(Shape):
    """Somebody who is connected."""

    session: str
    principal: str
    role: Role
    dialect: str
    address: str
    since_t_s: float
    subscriptions: int
    dropped: int


class Clients(Shape):
    """Who is connected."""

    clients: list[ClientShape]
    refused: int


class LossShape(Shape):
    """LOSS of the gateway protocol, 4.5: scans that never come."""

    place: Literal["board", "wire", "queue", "client"]
    reason: str
    board: str
    stream: str
    from_seq: int
    count: int
    t_s: float


class LossTotal(Shape):
    """The losses of one board in one place for one reason."""

    board: str
    place: Literal["board", "wire", "queue", "client"]
    reason: str
    count: int
    times: int
    last_t_s: float


class Ledger(Shape):
    """Every loss, summed up, and the last ones."""

    losses: list[LossTotal]
    recent: list[LossShape]


class Subscribed(Shape):
    """A subscription, and the streams that serve it."""

    subscription: str
    streams: list[rest.StreamShape]


class Unsubscribed(Shape):
    """A subscription that has ended."""

    subscription: str


class Rates(Shape):
    """The rates kept, by address, in Hz."""

    rates: dict[str, float]
    accepted_t_s: float
    executed_t_s: float


class Identified(Shape):
    """A board shows itself."""

    board: str
    for_ms: int
    accepted_t_s: float
    executed_t_s: float


class Named(Shape):
    """What a board is called from now on."""

    board: str
    name: Value | None
    accepted_t_s: float
    executed_t_s: float


class LeaseShape(Shape):
    """LEASE of the gateway protocol, 3.11."""

    channel: str
    session: str
    principal: str
    until_s: float
    keep: bool


class Leases(Shape):
    """Leases."""

    leases: list[LeaseShape]


class Renewed(Shape):
    """Leases, and the outputs whose hold was extended, by address."""

    leases: list[LeaseShape]
    extended: list[str]


class StopDone(Shape):
    """A board that has done it."""

    executed_t_s: float


class StopFailed(Shape):
    """A board that has not."""

    error: rest.Refusal


class Stopped(Shape):
    """What came of it, by board."""

    boards: dict[str, StopDone | StopFailed]


class Ticket(Shape):
    """A one-time link."""

    ticket: str
    url: str
    until_s: float


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


class Happening(Shape):
    """A line of the journal."""

    t_s: float
    kind: JournalKind
    board: str | None
    text: str


class Happenings(Shape):
    """What happened, oldest first."""

    entries: list[Happening]


class PortLent(Shape):
    """A port that another program may have now."""

    port: str
    board: str
    to: str


class PortReclaimed(Shape):
    """A port that is opened again."""

    port: str
    board: str


class RecordingShape(Shape):
    """RECORDING of the gateway protocol, 3.23: a capture in the gateway's folder."""

    name: str
    state: Literal["recording", "paused", "whole"]
    reason: Literal["", "disk_full", "disk_error", "slow_disk"]
    began_t_s: float
    until_t_s: float
    size_bytes: int


class RingShape(Shape):
    """The ring on disk."""

    from_s: float
    size_bytes: int


class RecordingList(Shape):
    """Every recording, the ring (null: there is none), and the room on their disk."""

    recordings: list[RecordingShape]
    ring: RingShape | None
    free_bytes: int | None


class Marked(Shape):
    """A mark in the time."""

    text: str
    board: str | None
    t_s: float


class RecordingChanged(Shape):
    """A recording begins, ends, pauses or goes on."""

    recording: RecordingShape


RESULTS: dict[str, type[Shape]] = {
    "boards": rest.Boards,
    "clients": Clients,
    "ledger": Ledger,
    "subscribe": Subscribed,
    "unsubscribe": Unsubscribed,
    "get": rest.ValueNow,
    "set": rest.ReceiptShape,
    "mode": rest.ReceiptShape,
    "rate": Rates,
    "call": rest.Called,
    "identify": Identified,
    "name": Named,
    "lease_take": Leases,
    "lease_renew": Renewed,
    "lease_release": Leases,
    "stop_all": Stopped,
    "clear_stop": Stopped,
    "ticket": Ticket,
    "history": rest.History,
    "journal": Happenings,
    "record_start": RecordingShape,
    "record_stop": RecordingShape,
    "recordings": RecordingList,
    "annotate": Marked,
    "save": RecordingShape,
    "port_lend": PortLent,
    "share_create": rest.ShareMade,
    "share_list": rest.ShareList,
    "share_revoke": rest.ShareEnded,
    "port_reclaim": PortReclaimed,
}
"""By method."""

NOTIFICATIONS: dict[str, tuple[type[Shape], ...]] = {
    "welcome": (Welcome,),
    "streams": (Streams,),
    "samples": (RegularSamples, rest.TimedSamples),
    "board": (BoardChanged, BoardGone),
    "link": (LinkChanged,),
    "loss": (LossShape,),
    "lease": (LeaseChanged,),
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
