"""What a WebSocket connection and the gateway know of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from ardugate.model import Principal
from ardugate.runtime.http.access import Head, Refusal
from ardugate.session.encode import Frame


class Connection(Protocol):
    """An open WebSocket, as the gateway sees it."""

    @property
    def paused(self) -> bool:
        """It takes no more bytes at present: pass it over."""
        ...

    @property
    def remote(self) -> str:
        """The other side's address."""
        ...

    def send(self, frames: Sequence[Frame], wire: bytes) -> None:
        """Send messages in one piece: ``wire`` is what all of them are on a WebSocket, joined once for all who get the
        same. Dropped once the connection is closing."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; whoever does not answer within a second is cut off."""
        ...


class Once:
    """What stands for a connection while one HTTP request is answered: keeps the answer."""

    paused = False

    def __init__(self, remote: str) -> None:
        self.remote = remote
        self.payload: bytes | None = None
        self.answered = asyncio.Event()

    def send(self, frames: Sequence[Frame], wire: bytes) -> None:
        """The answer; nothing else is ever said here."""
        del wire
        for frame in frames:
            self.payload = frame.payload
            self.answered.set()

    def close(self, code: int, reason: str) -> None:
        """The request's own end is enough."""


class Handler(Protocol):
    """What the gateway does with one connection."""

    def receive_text(self, data: bytes, *, overtaken: bool = False, late: bool = False) -> None:
        """One whole text message, UTF-8 (checked); ``overtaken`` by a stop that came later and was handed on before;
        ``late``: it may have been sent before or while this process stood still."""

    def writable(self) -> None:
        """The connection, which was paused, takes bytes again."""

    def connection_lost(self) -> None:
        """It is over. Called once."""


class Door(Protocol):
    """Who decides about new connections, and takes them."""

    def admit(self, head: Head, remote: str) -> Principal | Refusal:
        """Whether this head, from this address, may become a WebSocket."""
        ...

    def open(self, connection: Connection, head: Head, principal: Principal, subprotocol: str) -> Handler:
        """Take a connection that is open now (subprotocol empty: none)."""
        ...

    def stood_still(self) -> bool:
        """Whether what is read now may have waited since before a pause of this process."""
        ...
