"""One client of the gateway: its connection, its session, its place in the hub."""

from __future__ import annotations

from typing import Protocol

from ardugate.hub import Hub, Resolver
from ardugate.model import Principal
from ardugate.runtime.http.connection import Connection
from ardugate.session import shapes
from ardugate.session.encode import Dialect
from ardugate.session.requests import Asked
from ardugate.session.scope import within
from ardugate.session.session import Session
from ardugate.session.shapes import Notification


class Host(Protocol):
    """The gateway, as a client needs it."""

    def now_ns(self) -> int:
        """Gateway time."""
        ...

    def carry_out(self, client: Client, asked: Asked, *, late: bool = False) -> object:
        """Do what is asked, then answer through the client's session; ``late``: it may have been sent long ago."""

    def client_writable(self, client: Client) -> None:
        """A client that was passed over takes bytes again."""

    def sent(self, dialect: Dialect, messages: int, size: int) -> None:
        """Control messages went out to a client of this dialect: so many, and so many bytes."""

    def client_left(self, client: Client) -> None:
        """It is gone."""


class Client:
    """A connected client. Control messages go out at once, samples when the gateway's tick gives them."""

    def __init__(
        self, host: Host, connection: Connection, session: Session, resolver: Resolver, principal: Principal
    ) -> None:
        self.connection = connection
        self.session = session
        self.resolver = resolver
        self.principal = principal
        self.since_ns = host.now_ns()
        self._host = host

    @property
    def id(self) -> str:
        """The session's id."""
        return self.session.id

    def info(self, hub: Hub) -> shapes.ClientInfo:
        """What others are told of it."""
        return shapes.ClientInfo(
            session=self.id,
            principal=self.principal,
            dialect=self.session.dialect.value,
            address=self.connection.remote,
            since_ns=self.since_ns,
            subscriptions=hub.subscriptions(self.id),
            dropped=hub.dropped(self.id),
        )

    def notify(self, notification: Notification) -> None:
        """Say something that this client did not ask for."""
        boards = self.principal.boards
        told = notification if boards is None else within(notification, boards)
        if told is not None:
            self.session.notify(told)
            self.flush()

    def flush(self) -> None:
        """Send what waits. A client that takes no bytes is left alone: what waits for it is bounded by its session,
        which then closes it."""
        if not self.connection.paused and (frames := self.session.data_to_send()):
            wire = b"".join([frame.wire for frame in frames])
            self.connection.send(frames, wire)
            self._host.sent(self.session.dialect, len(frames), len(wire))
        if (closing := self.session.closing) is not None:
            self.connection.close(closing.code, closing.reason)

    def receive_text(self, data: bytes, *, overtaken: bool = False, late: bool = False) -> None:
        """A message of the client; ``overtaken`` by a stop that it sent later; ``late``: perhaps sent long ago."""
        self.session.receive_text(self._host.now_ns(), data, overtaken=overtaken)
        self.begin(late=late)
        self.flush()

    def begin(self, *, late: bool = False) -> None:
        """Begin what is asked, which at first may be the session's own wish."""
        for asked in self.session.events():
            self._host.carry_out(self, asked, late=late)

    def writable(self) -> None:
        """It takes bytes again."""
        self.flush()
        self._host.client_writable(self)

    def connection_lost(self) -> None:
        """It is gone."""
        self._host.client_left(self)
