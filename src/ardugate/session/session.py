"""One client's conversation (docs/reference/gateway.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ardugate.errors import RequestError
from ardugate.model import Delivery, Loss, Principal, StreamClosed, StreamOpened
from ardugate.session.encode import Encoder, Frame
from ardugate.session.requests import Asked
from ardugate.session.shapes import Json, Notification


class Dialect(StrEnum):
    """The ways to speak; the value is the subprotocol (empty: none)."""

    PLAIN = ""
    JSON = "ardugate.v1.json"
    BINARY = "ardugate.v1"


@dataclass(frozen=True, slots=True)
class Close:
    """The connection must end with this WebSocket close code and reason (ASCII, at most 123 bytes)."""

    code: int
    reason: str
