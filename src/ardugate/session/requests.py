"""What a client may ask: one frozen dataclass a method, whose fields are the params of docs/reference/gateway.md.

They are parsed by pydantic (strictly: no field that is not here, no conversion of types) and then hold for every
dialect. Addresses and globs are as the client wrote them; who carries the request out resolves them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ardugate.model import Form, Mode, Principal, Role
from ardugate.session.limits import (
    MAX_CURSOR_CHARS,
    MAX_GLOBS,
    MAX_JOURNAL,
    MAX_KEY_CHARS,
    MAX_POINTS,
    MAX_SHARE_S,
)
from ardugate.session.params import Address, Params
from ardugate.session.port_requests import ListPorts, PortLend, PortReclaim, UsePort

_Globs = Annotated[tuple[Address, ...], Field(min_length=1, max_length=MAX_GLOBS)]
_Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARS)]
# Beyond 2^53 a JSON number is not exact in a browser; no channel has such values.
_Integer = Annotated[int, Field(ge=-(2**53), le=2**53)]


def _whole(value: object) -> object:
    """JSON has one kind of number: 2000.0 is an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_no_declaration(mode: Mode) -> Mode:
    if mode is Mode.DECLARED:
        raise PydanticCustomError("enum", "Input should be a mode of a pin: only a sketch declares")
    return mode


_WHOLE = BeforeValidator(_whole)
_Mode = Annotated[Mode, AfterValidator(_is_no_declaration)]
# Unix seconds; until the year 2286 a float holds them to half a microsecond.
# The year 2286: later is a mistake in the unit.
LATEST_S = 10_000_000_000
_Time = Annotated[float, Field(ge=0, le=LATEST_S)]
_Text = Annotated[str, Field(max_length=4_096)]
_Name = Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARS)]
# A year: nobody means more.
_Length = Annotated[float, Field(gt=0, le=31_622_400)]

# How long a board shows itself unless one says otherwise: time to look up from the screen and along a shelf.
IDENTIFY_MS = 5_000


@dataclass(frozen=True, slots=True)
class ListBoards(Params):
    """``boards``: every board that the gateway knows."""


@dataclass(frozen=True, slots=True)
class ListClients(Params):
    """``clients``: who is connected."""


@dataclass(frozen=True, slots=True)
class ReadLedger(Params):
    """``ledger``: every loss, by place."""


@dataclass(frozen=True, slots=True)
class Subscribe(Params):
    """``subscribe``: the samples of all channels that match, present and to come (``channels`` None: all)."""

    channels: _Globs | None = None
    form: Form = Form.RAW
    max_hz: Annotated[float, Field(ge=0.001, le=1_000_000)] | None = None
    cursor: Annotated[str, Field(max_length=MAX_CURSOR_CHARS)] | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribe(Params):
    """``unsubscribe``: end one subscription of this connection."""

    subscription: Annotated[str, Field(max_length=MAX_KEY_CHARS)]


@dataclass(frozen=True, slots=True)
class GetValue(Params):
    """``get``: a channel's value; waits for a first one."""

    channel: Address


@dataclass(frozen=True, slots=True)
class SetValue(Params):
    """``set``: write an output. ``ttl_ms`` None: the output's own hold."""

    channel: Address
    value: bool | _Integer | float | _Text
    ttl_ms: Annotated[int, Field(ge=1, le=65_535), _WHOLE] | None = None
    key: _Key | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class SetMode(Params):
    """``mode``: claim a pin for a mode."""

    channel: Address
    mode: _Mode
    options: dict[Annotated[str, Field(max_length=32)], Annotated[str, Field(max_length=64)] | _Integer | float] = (
        field(default_factory=dict[str, "str | int | float"])
    )
    key: _Key | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class SetRate(Params):
    """``rate``: sample these channels at ``hz`` (0 stops)."""

    channels: _Globs
    hz: Annotated[float, Field(ge=0, le=10_000_000)] | Literal["max"]
    key: _Key | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class CallCommand(Params):
    """``call``: run a command of the sketch, and wait for its end."""

    command: Address
    args: dict[Annotated[str, Field(max_length=MAX_KEY_CHARS)], bool | _Integer | float | _Text] = field(
        default_factory=dict[str, "bool | int | float | str"]
    )
    board: Address | None = None
    key: _Key | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class Identify(Params):
    """``identify``: let a board show itself to eyes."""

    board: Address | None = None
    for_ms: Annotated[int, Field(ge=0, le=65_535), _WHOLE] = IDENTIFY_MS
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class NameBoard(Params):
    """``name``: call a board something else."""

    name: _Text
    board: Address | None = None
    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class TakeLease(Params):
    """``lease_take``: the right to drive these channels alone."""

    channels: _Globs
    ttl_ms: Annotated[int, Field(ge=100, le=600_000), _WHOLE]
    takeover: bool = False
    keep: bool = False
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class RenewLease(Params):
    """``lease_renew``: extend leases, and what holds the outputs that this principal set last."""

    channels: _Globs
    ttl_ms: Annotated[int, Field(ge=100, le=600_000), _WHOLE]
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class ReleaseLease(Params):
    """``lease_release``: give leases back."""

    channels: _Globs
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class StopAll(Params):
    """``stop_all``: every output to its safe value, latched (``board`` None: of every board)."""

    board: Address | None = None


@dataclass(frozen=True, slots=True)
class ClearStop(Params):
    """``clear_stop``: unlatch; moves nothing."""

    board: Address | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class MakeTicket(Params):
    """``ticket``: a one-time link to the page."""

    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class CreateShare(Params):
    """``share_create``: a link that others may use. ``boards`` None: for all of them; ``for_s`` None: without an end.
    ``grants`` is the role that it gives: nobody gives away by a link what needs an admin."""

    grants: Literal["view", "control"] = "view"
    boards: Annotated[tuple[Address, ...], Field(min_length=1, max_length=MAX_GLOBS)] | None = None
    for_s: Annotated[float, Field(ge=1, le=MAX_SHARE_S)] | None = None
    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class ListShares(Params):
    """``share_list``: every link that is good."""

    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class RevokeShare(Params):
    """``share_revoke``: end a link, and the connections of who came by it."""

    share: Address
    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class ReadHistory(Params):
    """``history``: what was, as far as it is in memory (``from_s`` None: all of it; ``to_s`` None: until now), or what
    a recording holds of it."""

    channels: _Globs | None = None
    from_s: _Time | None = None
    to_s: _Time | None = None
    points: Annotated[int, Field(ge=1, le=MAX_POINTS), _WHOLE] | None = None
    recording: _Name | None = None


@dataclass(frozen=True, slots=True)
class ReadJournal(Params):
    """``journal``: what happened, in plain words (``board`` None: to all of them)."""

    since_s: _Time = 0
    until_s: _Time = LATEST_S
    last: Annotated[int, Field(ge=1, le=MAX_JOURNAL), _WHOLE] = 100
    board: Address | None = None


@dataclass(frozen=True, slots=True)
class StartRecording(Params):
    """``record_start``: keep all that boards send (``name`` None: after the time; ``for_s`` None: until stopped)."""

    name: _Name | None = None
    for_s: _Length | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class StopRecording(Params):
    """``record_stop``: end a recording (``name`` None: the one that runs)."""

    name: _Name | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class ListRecordings(Params):
    """``recordings``: every recording of the gateway."""


@dataclass(frozen=True, slots=True)
class Annotate(Params):
    """``annotate``: put a mark into the time (``t_s`` None: now; ``board`` None: about no single one)."""

    text: Annotated[str, Field(min_length=1, max_length=1_024)]
    t_s: _Time | None = None
    board: Address | None = None
    role: ClassVar[Role] = Role.CONTROL


@dataclass(frozen=True, slots=True)
class SaveRing(Params):
    """``save``: keep the newest seconds of the ring as a recording."""

    last_s: _Length
    name: _Name | None = None
    role: ClassVar[Role] = Role.CONTROL


Request = (
    ListBoards
    | ListClients
    | ReadLedger
    | Subscribe
    | Unsubscribe
    | GetValue
    | SetValue
    | SetMode
    | SetRate
    | CallCommand
    | Identify
    | NameBoard
    | TakeLease
    | RenewLease
    | ReleaseLease
    | StopAll
    | ClearStop
    | MakeTicket
    | ReadHistory
    | ReadJournal
    | StartRecording
    | StopRecording
    | ListRecordings
    | Annotate
    | SaveRing
    | PortLend
    | PortReclaim
    | ListPorts
    | UsePort
    | CreateShare
    | ListShares
    | RevokeShare
)

METHODS: dict[str, type[Request]] = {
    "boards": ListBoards,
    "clients": ListClients,
    "ledger": ReadLedger,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "get": GetValue,
    "set": SetValue,
    "mode": SetMode,
    "rate": SetRate,
    "call": CallCommand,
    "identify": Identify,
    "name": NameBoard,
    "lease_take": TakeLease,
    "lease_renew": RenewLease,
    "lease_release": ReleaseLease,
    "stop_all": StopAll,
    "clear_stop": ClearStop,
    "ticket": MakeTicket,
    "history": ReadHistory,
    "journal": ReadJournal,
    "record_start": StartRecording,
    "record_stop": StopRecording,
    "recordings": ListRecordings,
    "annotate": Annotate,
    "save": SaveRing,
    "port_lend": PortLend,
    "port_reclaim": PortReclaim,
    "ports": ListPorts,
    "port_use": UsePort,
    "share_create": CreateShare,
    "share_list": ListShares,
    "share_revoke": RevokeShare,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to carry out, then to answer by ``Session.reply`` or ``Session.fail`` with this ``handle``, once.

    ``session`` is the connection's id; the principal may do it (its role was checked); ``accepted_ns`` is when it came.
    """

    session: str
    handle: int
    principal: Principal
    request: Request
    accepted_ns: int
