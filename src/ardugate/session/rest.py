"""The HTTP API's bodies as models: what ``/openapi.json`` is generated from. They say how things look; what is right is
judged by ``session.parse``, for every way to speak alike, and drawn by ``session.shapes``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ardugate.errors import Reason
from ardugate.model import BoardState, Form, Hold, Mode, ValueType
from ardugate.session.limits import MAX_BATCH, MAX_KEY_CHARS

Value = bool | int | float | str
"""A channel's value in its unit; an enum's is its label."""


class Shape(BaseModel):
    """Base of every model: what is not drawn is not there."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ShareShape(Shape):
    """SHARE of the gateway protocol: a link. ``clients`` is how many are connected by it."""

    id: str
    grants: Literal["view", "control"]
    boards: list[str] | None
    created_t_s: float
    until_s: float | None
    clients: int


class ShareMade(Shape):
    """A new link, and its address, which is told this once."""

    share: ShareShape
    url: str


class ShareList(Shape):
    """Every link that is good."""

    shares: list[ShareShape]


class ShareEnded(Shape):
    """A link that is over."""

    share: str


class Refusal(Shape):
    """Why something was not done."""

    reason: Reason
    message: str
    """The cause, for eyes."""
    hint: str
    """The remedy, for eyes."""


class Problem(Shape):
    """The body of every answer with a status of 400 or more."""

    error: Refusal


class ChannelShape(Shape):
    """CHANNEL of the gateway protocol, 3.1."""

    channel: str
    name: str
    type: ValueType
    mode: Mode
    unit: str
    pin: str | None
    output: bool
    claimed: bool
    events: bool
    momentary: bool
    dtype: str
    scale: float
    offset: float
    minimum: float | None
    maximum: float | None
    labels: list[str]
    hold: Hold | None
    hold_ms: int
    safe: Value | None
    bits: int | None
    vref_v: float | None
    effective_bits: int | None
    rate_hz: float | None
    checked: bool


class FirmwareShape(Shape):
    """What a board said of itself in its hello."""

    wire: int
    version: str
    identity: str
    reset_cause: str


class PinShape(Shape):
    """A pin, and what it can do."""

    number: int
    name: str
    abilities: list[str]
    safe: int
    locked: bool


class ArgumentShape(Shape):
    """An argument of a command."""

    name: str
    type: ValueType
    unit: str
    minimum: float | None
    maximum: float | None


class CommandShape(Shape):
    """A command that the sketch declares."""

    name: str
    arguments: list[ArgumentShape]
    result: ValueType | None
    """The type of what it gives back; null: nothing."""
    unit: str
    """The result's."""


class DescriptorShape(Shape):
    """What a board is."""

    name: str
    mcu: str
    tick_hz: int
    max_streams: int
    adc_bits: int
    vref_v: float
    pwm_max: int
    firmware: FirmwareShape
    pins: list[PinShape]
    channels: list[ChannelShape]
    commands: list[CommandShape]
    aliases: dict[str, str]


class CountersShape(Shape):
    """What a board counted since its reset."""

    bad_frames: int
    rx_overruns: int
    tx_dropped: int
    sample_overruns: int
    edges_lost: int
    starved_loops: int


class LinkShape(Shape):
    """How a board's link does."""

    round_trip_ms: float
    clock_error_ms: float
    bad_frames: int
    resends: int
    counters: CountersShape | None
    baud: int | None


class BoardShape(Shape):
    """BOARD of the gateway protocol, 3.1."""

    id: str
    name: str
    port: str
    state: BoardState
    reason: str
    stopped: bool
    hung: bool
    since_t_s: float
    link: LinkShape | None
    descriptor: DescriptorShape | None


class Boards(Shape):
    """Every board."""

    boards: list[BoardShape]


class ValueNow(Shape):
    """A channel's value: the answer to ``get``."""

    channel: str
    value: Value | None
    unit: str
    t_s: float
    age_s: float
    stale: bool


class ValueToSet(Shape):
    """What an output is to be."""

    value: Value
    ttl_ms: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """How long it is held, then it goes to its safe value; absent: the output's own hold."""
    key: Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARS)] | None = None
    """The same key with the same body, within 10 minutes, is not done again."""


class ReceiptShape(Shape):
    """RECEIPT of the gateway protocol, 3.7."""

    channel: str
    asked: Value | None
    value: Value | None
    accepted_t_s: float
    executed_t_s: float
    hold: Hold | None
    until_s: float | None = None


class ToCall(Shape):
    """The arguments of a command."""

    args: dict[str, Value] = Field(default_factory=dict[str, Value])
    key: Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARS)] | None = None
    """The same key with the same body, within 10 minutes, is not done again."""


class Called(Shape):
    """A command that has ended: the answer to ``call``."""

    board: str
    command: str
    result: Value | None
    """What the command gave back."""
    unit: str
    accepted_t_s: float
    executed_t_s: float


class RpcRequest(Shape):
    """A JSON-RPC request."""

    jsonrpc: Literal["2.0"]
    id: int | Annotated[str, Field(max_length=MAX_KEY_CHARS)] | None = None
    method: str
    params: dict[str, object] = Field(default_factory=dict[str, object])


class RpcError(Shape):
    """Why a request was not done; ``data`` says the reason and the remedy."""

    code: int
    message: str
    data: dict[str, str]


class RpcAnswer(Shape):
    """The answer to a request: ``result`` or ``error``."""

    jsonrpc: Literal["2.0"]
    id: int | str | None
    result: dict[str, object] | None = None
    error: RpcError | None = None


class Polled(Shape):
    """The answer to a poll."""

    session: str
    """Give it in the next poll, and it goes on where this one ended."""
    cursor: str | None
    """Give it in the next poll as ``since``."""
    messages: list[dict[str, object]]
    """Notifications of the gateway protocol, 4."""


class StreamChannel(Shape):
    """A channel of a stream."""

    channel: str
    name: str
    type: ValueType
    unit: str
    scale: float
    offset: float
    offset_s: float
    labels: list[str]


class StreamShape(Shape):
    """STREAM of the gateway protocol, 3.4."""

    stream: str
    number: int
    board: str
    form: Form
    dtype: str
    every: int
    dt_s: float | None
    rate_hz: float | None
    started_t_s: float
    cause: str
    predecessor: str | None
    clock_error_s: float
    subscriptions: list[str]
    channels: list[StreamChannel]


class Ends(Shape):
    """Minimum and maximum of each point of an envelope."""

    min: list[Value | None]
    max: list[Value | None]


class TimedSamples(Shape):
    """Consecutive scans, each with its time."""

    stream: str
    seq: int
    t_s: list[float]
    columns: dict[str, list[Value | None] | Ends]
    """By address."""
    lost: int
    """Scans missing on board and wire just before."""
    cursor: str


class History(Shape):
    """What was: the answer to ``history``."""

    streams: list[StreamShape]
    samples: list[TimedSamples]
    cursor: str
    """The place after all of it: subscribe with it, and go on."""


def call_schema() -> dict[str, object]:
    """The JSON Schema of a request or a batch."""
    one = RpcRequest.model_json_schema()
    return {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_BATCH}]}
