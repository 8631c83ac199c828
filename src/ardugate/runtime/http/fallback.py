"""HTTP in place of a WebSocket: Server-Sent Events and long polling. The same session, and the same cursors in the hub,
as a WebSocket's client has; only how bytes leave differs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ardugate.errors import Reason, RequestError
from ardugate.model import Principal
from ardugate.runtime.client import Client
from ardugate.runtime.http.connection import Connection
from ardugate.runtime.http.door import Message, Receive
from ardugate.runtime.http.websocket import HIGH_WATER_BYTES, STALL_S
from ardugate.session.encode import Frame
from ardugate.session.requests import Subscribe

# Clients that live over HTTP (security limit): each may hold two pieces of HIGH_WATER_BYTES and its kernel's buffers.
MAX_CLIENTS = 256
# Something every so often, lest a proxy thinks that nobody is there: theirs wait 30 s and more.
KEEP_ALIVE_S = 20.0
# A poll that found something waits so long for more: 20 answers a second are a page's, and a request costs a
# millisecond.
GATHER_S = 0.05


class Host(Protocol):
    """The gateway, as clients over HTTP need it."""

    async def connect(self, connection: Connection, principal: Principal, request: Subscribe) -> Client:
        """Take a new connection. Raises RequestError."""
        ...

    def client_left(self, client: Client) -> None:
        """It is gone."""


class Tray:
    """A connection whose messages are fetched: takes some while ``taking`` is true, until HIGH_WATER_BYTES lie there.

    ``closed`` tells that nothing follows what lies there.
    """

    def __init__(self, remote: str) -> None:
        self.remote = remote
        self.taking = False
        self.closed = False
        self._frames: list[Frame] = []
        self._size_bytes = 0
        self._news = asyncio.Event()
        self._full = asyncio.Event()

    @property
    def paused(self) -> bool:
        """It takes no more at present."""
        return not self.taking or self._full.is_set()

    def send(self, frames: Sequence[Frame], wire: bytes) -> None:
        """Put messages here."""
        del wire
        if self.closed:
            return
        self._frames += frames
        self._size_bytes += sum(len(frame.payload) for frame in frames)
        self._news.set()
        if self._size_bytes >= HIGH_WATER_BYTES:
            self._full.set()

    def close(self, code: int, reason: str) -> None:
        """Nothing follows."""
        del code, reason
        self.closed = True
        self._news.set()
        self._full.set()

    async def news(self, within_s: float) -> bool:
        """Wait until something lies here, or the end has come; False: not in this time."""
        return await _within(within_s, self._news.wait())

    async def full(self, within_s: float) -> None:
        """Wait until there is no more room, or this time is over."""
        await _within(within_s, self._full.wait())

    def fetch(self) -> list[Frame]:
        """What lies here."""
        frames, self._frames, self._size_bytes = self._frames, [], 0
        if not self.closed:
            self._news.clear()
            self._full.clear()
        return frames


@dataclass(slots=True, eq=False)
class _Poller:
    """A client between its polls. ``cursor`` is what it was told last; ``ends`` the timer of its end."""

    tray: Tray
    client: Client
    wants: tuple[str, Subscribe]
    cursor: str | None
    ends: asyncio.TimerHandle | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Polled:
    """The answer to a poll: ``cursor`` and ``session`` are for the next one."""

    session: str
    cursor: str | None
    messages: list[bytes]


class Fallback:
    """Clients that live over HTTP."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._trays: set[Tray] = set()
        self._pollers: dict[str, _Poller] = {}
        self._closed = False

    def close(self) -> None:
        """The gateway ends: every stream, and every poll that waits, is over; none begins."""
        self._closed = True
        for tray in self._trays:
            tray.close(1001, "the gateway ends")
        for poller in list(self._pollers.values()):
            self._leave(poller)

    async def connect(self, principal: Principal, request: Subscribe, remote: str) -> tuple[Tray, Client]:
        """A new client, for ``run_events``. Raises RequestError."""
        if self._closed:
            raise RequestError(Reason.OFFLINE, "the gateway ends", "come back when it runs again")
        if len(self._trays) >= MAX_CLIENTS:
            raise RequestError(Reason.TOO_MANY, f"{MAX_CLIENTS} clients live over HTTP", "use the WebSocket")
        tray = Tray(remote)
        client = await self._host.connect(tray, principal, request)
        self._trays.add(tray)
        return tray, client

    async def run_events(
        self, tray: Tray, client: Client, receive: Receive, send: Callable[[bytes], Awaitable[None]]
    ) -> bool:
        """Send what comes, until the other side or the gateway ends it. False: it took nothing for 30 s, cut it off."""
        gone = asyncio.create_task(_close_when_gone(receive, tray), name=f"end of {client.id}")
        try:
            while not tray.closed:
                tray.taking = True
                client.writable()
                text = b": still here\n\n"
                if await tray.news(KEEP_ALIVE_S):
                    text = b"".join(_event(frame) for frame in tray.fetch())
                tray.taking = False
                if text and not await _within(STALL_S, send(text)):
                    return False
            return True
        finally:
            gone.cancel()
            self._trays.discard(tray)
            self._host.client_left(client)

    async def poll(
        self, principal: Principal, request: Subscribe, session: str, wait_s: float, remote: str, receive: Receive
    ) -> Polled:
        """What there is for a client, waiting for it up to ``wait_s``.

        Who names its session and the cursor that it was told last goes on; anyone else begins anew at
        ``request.cursor``. Raises RequestError.
        """
        wants = (principal.name, replace(request, cursor=None))
        poller = self._pollers.get(session)
        if poller is not None and poller.wants == wants:
            if poller.busy:
                raise RequestError(Reason.TOO_MANY, "another poll of this session waits", "wait for its answer")
            if poller.cursor != request.cursor or poller.tray.closed:
                self._leave(poller)
                poller = None
        else:
            poller = None
        if poller is None:
            tray, client = await self.connect(principal, request, remote)
            poller = self._pollers[client.id] = _Poller(tray, client, wants, request.cursor)
        return await self._answer(poller, wait_s, receive)

    async def _answer(self, poller: _Poller, wait_s: float, receive: Receive) -> Polled:
        tray = poller.tray
        if poller.ends is not None:
            poller.ends.cancel()
        poller.busy = tray.taking = True
        gone = asyncio.create_task(_close_when_gone(receive, tray), name=f"end of a poll of {poller.client.id}")
        try:
            poller.client.writable()
            # Samples come with the next tick, also for who does not want to wait.
            if await tray.news(max(wait_s, GATHER_S)):
                await tray.full(GATHER_S)
        finally:
            gone.cancel()
            poller.busy = tray.taking = False
            if tray.closed:
                self._leave(poller)
            else:
                poller.ends = asyncio.get_running_loop().call_later(STALL_S, self._leave, poller)
        frames = tray.fetch()
        poller.cursor = next((frame.cursor for frame in reversed(frames) if frame.cursor), poller.cursor)
        return Polled(poller.client.id, poller.cursor, [frame.payload for frame in frames])

    def _leave(self, poller: _Poller) -> None:
        """A client that polled is gone."""
        if self._pollers.pop(poller.client.id, None) is None:
            return
        if poller.ends is not None:
            poller.ends.cancel()
        self._trays.discard(poller.tray)
        self._host.client_left(poller.client)


def _event(frame: Frame) -> bytes:
    """A message as an event; samples name the place to go on from."""
    # JSON of one line, as the encoder makes it.
    place = f"id: {frame.cursor}\n".encode() if frame.cursor else b""
    return place + b"data: " + frame.payload + b"\n\n"


async def _close_when_gone(receive: Receive, tray: Tray) -> None:
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
    tray.close(1001, "the client is gone")


async def _within(limit_s: float, what: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(limit_s):
            await what
    except TimeoutError:
        return False
    return True
