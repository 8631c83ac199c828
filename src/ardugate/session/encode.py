"""Encodings, each made once and kept for all clients that get the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic_core import to_json

from ardugate.model import Channel, Delivery, Form, Loss
from ardugate.session import binary, shapes
from ardugate.session.shapes import Json, Notification, address, seconds

# Encodings kept per dialect: a tick makes a few per stream; who lags further behind pays for his own.
KEPT = 512
# Notifications are told to all clients one after the other, never again; a `welcome` or `board` is 10 kB and more.
KEPT_NOTIFICATIONS = 4

_TEXT = 0x81
_BINARY = 0x82
"""RFC 6455: a final frame of text, of binary data."""


Column = Sequence[int] | Sequence[float] | Sequence[str]


class Dialect(StrEnum):
    """The ways to speak; the value is the subprotocol (empty: none)."""

    PLAIN = ""
    JSON = "ardugate.v1.json"
    BINARY = "ardugate.v1"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One WebSocket message from the gateway: its payload, and the whole frame as it goes on the wire (a server's
    frames are not masked, so one is right for every client). ``cursor`` is the place after it, of ``samples`` only."""

    text: bool
    payload: bytes
    wire: bytes
    cursor: str = ""


def frame(payload: bytes, *, text: bool, cursor: str = "") -> Frame:
    """A message as one WebSocket frame."""
    head, size = _TEXT if text else _BINARY, len(payload)
    if size < 126:
        header = bytes((head, size))
    elif size < 0x10000:
        header = bytes((head, 126)) + size.to_bytes(2, "big")
    else:
        header = bytes((head, 127)) + size.to_bytes(8, "big")
    return Frame(text, payload, header + payload, cursor)


def text_frame(message: object, cursor: str = "") -> Frame:
    """Any JSON value as a text message. NaN and infinity, which no value should hold, become null."""
    return frame(to_json(message, inf_nan_mode="null"), text=True, cursor=cursor)


def notification_json(method: str, params: Json) -> Json:
    """A notification as JSON-RPC."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def samples(delivery: Delivery) -> Json:
    """The params of ``samples``: columns in the channels' units."""
    view = delivery.view
    times_ns = delivery.times_ns
    times: Json = (
        {"t0_s": seconds(delivery.t0_ns), "dt_s": view.dt_s}
        if times_ns is None
        else {"t_s": [each / 1e9 for each in times_ns]}
    )
    columns: Json
    if view.form is Form.ENVELOPE:
        pairs = zip(view.channels, delivery.columns[::2], delivery.columns[1::2], strict=True)
        columns = {address(view.board, each.name): _envelope(each, low, high) for each, low, high in pairs}
    else:
        columns = {
            address(view.board, channel.name): channel.values(column)
            for channel, column in zip(view.channels, delivery.columns, strict=True)
        }
    head: Json = {"stream": view.id, "seq": delivery.seq}
    return head | times | {"columns": columns, "lost": delivery.lost, "cursor": delivery.cursor}


def _envelope(channel: Channel, low: Column, high: Column) -> Json:
    # A negative scale turns the raw values over.
    if channel.scale < 0:
        low, high = high, low
    return {"min": channel.values(low), "max": channel.values(high)}


_Key = TypeVar("_Key")


class _Kept(Generic[_Key]):
    """Encodings by the identity of what they encode. The object is held with its encoding, so its id stays its own."""

    def __init__(self, make: Callable[[_Key], Frame], most: int) -> None:
        self._make = make
        self._most = most
        self._kept: dict[int, tuple[_Key, Frame]] = {}

    def __call__(self, what: _Key) -> Frame:
        kept = self._kept.get(id(what))
        if kept is not None:
            return kept[1]
        made = self._make(what)
        if len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[id(what)] = (what, made)
        return made


class Encoder:
    """One per gateway. The same Delivery, Notification or Loss gives the same Frame object, whoever asks."""

    def __init__(self) -> None:
        self.notification: Callable[[Notification], Frame] = _Kept(_notification, KEPT_NOTIFICATIONS)
        self.loss: Callable[[Loss], Frame] = _Kept(_loss, KEPT)
        self._json: Callable[[Delivery], Frame] = _Kept(_samples, KEPT)
        self._binary: Callable[[Delivery], Frame] = _Kept(self._make_binary, KEPT)

    def delivery(self, delivery: Delivery, dialect: Dialect) -> Frame:
        """A batch in the JSON or the binary dialect."""
        return self._binary(delivery) if dialect is Dialect.BINARY else self._json(delivery)

    def _make_binary(self, delivery: Delivery) -> Frame:
        if binary.can_encode(delivery):
            return frame(binary.encode(delivery), text=False, cursor=delivery.cursor)
        return self._json(delivery)


def _samples(delivery: Delivery) -> Frame:
    return text_frame(notification_json("samples", samples(delivery)), delivery.cursor)


def _notification(what: Notification) -> Frame:
    return text_frame(notification_json(what.method, what.params))


def _loss(what: Loss) -> Frame:
    return text_frame(notification_json("loss", shapes.loss(what)))
