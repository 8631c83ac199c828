"""What a board is asked, and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from ardugate.model.board import Hold, Mode, Value


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
class IdentifyRequest:
    """Let the board show itself to eyes for ``for_ms`` (0 to 65,535); 0 ends that."""

    for_ms: int


@dataclass(frozen=True, slots=True)
class NameRequest:
    """Give the board a name, shown at once and said by the board itself from its next boot on; empty: the sketch's own
    again."""

    name: str


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
    | IdentifyRequest
    | NameRequest
    | IdentityRequest
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A board's answer to a request that it did.

    ``accepted_ns`` is when the gateway took the request, ``executed_ns`` when the board did it (gateway time);
    ``value`` is what the board really does, of a ``call`` what the command gave back in ``unit`` (for ``rate``:
    ``rates`` by channel name, in Hz). ``until_ns`` is the end of a hold that has one.
    """

    asked: Value = None
    value: Value = None
    accepted_ns: int = 0
    executed_ns: int = 0
    hold: Hold | None = None
    until_ns: int | None = None
    rates: dict[str, float] = field(default_factory=dict[str, float])
    unit: str = ""
