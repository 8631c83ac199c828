"""What the gateway answers over ``/ws``, as models: the result of each request. ``/asyncapi.json`` is generated from
them, ``session.shapes`` makes them. Notifications: ``session.told``."""

from __future__ import annotations

from typing import Literal

from ardugate.model import Role
from ardugate.session import rest
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


class LeaseShape(Shape):
    """LEASE of the gateway protocol, 3.11."""

    channel: str
    session: str
    principal: str
    until_s: float
    keep: bool


class DriverShape(Shape):
    """DRIVER of the gateway protocol, 4.12."""

    channel: str
    session: str
    principal: str
    set_t_s: float
    until_s: float | None


class Clients(Shape):
    """Who is connected, who controls what, who set what last, and the gateway's time."""

    clients: list[ClientShape]
    refused: int
    leases: list[LeaseShape]
    drivers: list[DriverShape]
    t_s: float


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


class PortShape(Shape):
    """PORT of the gateway protocol, 3.31: a serial port of the gateway's machine."""

    port: str
    kind: Literal["board", "converter", "other"]
    description: str
    holders: list[str]
    board: str | None


class Ports(Shape):
    """Every serial port that there is."""

    ports: list[PortShape]


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
    "ports": Ports,
    "port_use": PortReclaimed,
}
"""By method."""
