"""The composition: boards on one side, clients on the other, the hub between them, and the tick that fans out."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from ardugate import __version__
from ardugate.errors import Reason, RequestError
from ardugate.hub import Address, Hub, Resolver
from ardugate.model import Batch, Board, BoardRequest, Loss, Principal, Receipt, Role, StopRequest, Stream
from ardugate.runtime.board_task import BoardTask
from ardugate.runtime.client import Client
from ardugate.runtime.errands import Errands, Outcome
from ardugate.runtime.fanout import FanOut
from ardugate.runtime.http.access import TICKET_VALID_S, Access, Head, Refusal
from ardugate.runtime.http.connection import Connection, Once
from ardugate.runtime.http.room import Room
from ardugate.runtime.http.shares import Shares
from ardugate.runtime.http.sharing import guests_of
from ardugate.runtime.operations import begin, carry_out
from ardugate.runtime.options import RecordOptions
from ardugate.runtime.ports.lending import Lending
from ardugate.runtime.ports.offering import Offering
from ardugate.runtime.printing import Printing
from ardugate.runtime.receipts import Receipts
from ardugate.runtime.recording.recorder import Recorder
from ardugate.runtime.remembering import Remembering
from ardugate.runtime.ticker import Ticker
from ardugate.runtime.watching.chronicle import Chronicle
from ardugate.runtime.watching.exposition import exposition
from ardugate.runtime.watching.journal import Journal
from ardugate.runtime.watching.meters import Meters
from ardugate.runtime.watching.metrics import families
from ardugate.session import notifications, shapes
from ardugate.session.encode import Dialect, Encoder
from ardugate.session.requests import Asked, Subscribe
from ardugate.session.session import Session
from ardugate.session.shapes import Json, Notification

logger = logging.getLogger(__name__)

# Clients get samples at most every 10 ms, and at once when nothing was sent for as long: one write a client and tick
# costs a tenth of one a batch.
TICK_S = 0.010


class Gateway:
    """One gateway. Board tasks tell it what happens, connections ask it, ``close`` ends it.

    ``url`` is the page's address, for links; ``now_ns`` is gateway time; ``folder`` is the state folder
    (None: nothing outlives it); ``record`` says what is kept; ``shares`` are the links that were given out.
    """

    def __init__(
        self,
        *,
        access: Access,
        url: str,
        now_ns: Callable[[], int],
        folder: Path | None = None,
        record: RecordOptions | None = None,
        shares: Shares | None = None,
        room: Room | None = None,
    ) -> None:
        self.hub = Hub(life=secrets.token_hex(4))
        self.receipts = Receipts()
        self.meters = Meters()
        self.chronicle = Chronicle(Journal(folder, now_ns), self.hub.ledger, url)
        self.tasks: list[BoardTask] = []
        self.lending = Lending(self.tasks)
        self.offering = Offering(self.tasks)
        self.recorder = Recorder(self.hub, now_ns, record or RecordOptions(), folder, self._broadcast)
        self.remembering = Remembering(self.hub, self.recorder, now_ns)
        self.shares = shares or Shares(None, url, lambda: now_ns() / 1e9)
        self.failures = 0  # our own mistakes that a boundary caught
        self.unanswered: set[asyncio.Future[Receipt]] = set()  # what clients asked of boards
        self.ending = False  # outputs are made safe: nobody's request may move one again
        self._access = access
        self._url = url
        self._now_ns = now_ns
        self._encoder = Encoder()
        self._clients = guests_of(self.shares)
        self.room = room or Room()
        self._once: dict[str, Client] = {}
        self._client_count = 0
        self._fan_out = FanOut(self.hub, self._clients, self.meters)
        self._ticker = Ticker(TICK_S, self._tick)
        self._printing = Printing(now_ns, self._broadcast)
        self._errands = Errands(partial(begin, self), self._find, self._answered, now_ns)
        self._waiting: dict[Address, asyncio.Event] = {}
        self._stoppers: dict[str, tuple[str, str]] = {}

    def now_ns(self) -> int:
        """Gateway time."""
        return self._now_ns()

    def close(self) -> None:
        """No request is carried on, no tick follows. Ports and connections are their owners' to close."""
        self._ticker.stop()
        self.meters.stop()
        self.chronicle.close()
        self._errands.stop()
        self._printing.stop()
        self.lending.stop()

    # ---- the door (connection.Door)

    def admit(self, head: Head, remote: str) -> Principal | Refusal:
        """Judge a WebSocket's head."""
        if head.path != "/ws":
            return Refusal.not_found(head.path)
        admitted = self._access.admit(head, ticket=True)
        if not isinstance(admitted, Refusal):
            admitted = self.room.refuse(remote) or admitted
        if isinstance(admitted, Refusal):
            self.chronicle.refused(remote, admitted)
        return admitted

    def open(self, connection: Connection, head: Head, principal: Principal, subprotocol: str) -> Client:
        """Take a new connection."""
        channels = parse_qs(head.query).get("channels")
        session = Session(
            id=self._new_client_id(),
            dialect=Dialect(subprotocol),
            principal=principal,
            encoder=self._encoder,
            channels=tuple(channels[0].split(",")) if channels else None,
            now_ns=self._now_ns(),
        )
        client = self._take_in(connection, session, principal)
        client.begin()
        return client

    def stood_still(self) -> bool:
        """Whether what is read now may have waited since before a pause of this process."""
        return self._errands.pauses.stood_still()

    async def connect(self, connection: Connection, principal: Principal, request: Subscribe) -> Client:
        """Take a connection that is HTTP's, in place of a WebSocket: it begins with its one subscription. Raises
        RequestError, and then there is none."""
        if refusal := self.room.refuse(connection.remote):
            raise RequestError(Reason.TOO_MANY, refusal.cause, refusal.remedy)
        now_ns = self._now_ns()
        session = Session(
            id=self._new_client_id(), dialect=Dialect.JSON, principal=principal, encoder=self._encoder, now_ns=now_ns
        )
        client = self._take_in(connection, session, principal)
        try:
            await carry_out(self, client, Asked(client.id, 0, principal, request, now_ns))
        except RequestError:
            self.client_left(client)
            raise
        return client

    def _take_in(self, connection: Connection, session: Session, principal: Principal) -> Client:
        """A new client, and its welcome."""
        client = Client(self, connection, session, Resolver(self.hub.directory, principal.boards), principal)
        self._clients[client.id] = client
        self.room.enter(connection.remote)
        self.chronicle.came(client)
        welcome = notifications.welcome(
            protocol=session.dialect.value,
            version=__version__,
            life=self.hub.life,
            session=client.id,
            principal=principal,
            now_ns=self._now_ns(),
            boards=client.resolver.boards(),
        )
        client.notify(welcome)
        return client

    # ---- what clients need (client.Host)

    def carry_out(self, client: Client, asked: Asked, *, late: bool = False) -> asyncio.Task[None]:
        """Do what is asked, then answer it. Requests begin in the order in which they came."""
        return self._errands.begin(client, asked, lasts=client.id not in self._once, late=late)

    def client_writable(self, client: Client) -> None:
        """A client that was passed over takes bytes again."""
        del client
        self._ticker.wake()

    def client_left(self, client: Client) -> None:
        """A connection ended."""
        del self._clients[client.id]
        self.room.leave(client.connection.remote)
        self.hub.leave(client.id, self._now_ns())
        self.lending.left(client.id)
        self._ticker.wake()
        self.chronicle.left(client, self._now_ns())

    def _find(self, session: str) -> Client | None:
        return self._clients.get(session) or self._once.get(session)

    def _answered(self, asked: Asked, client: Client | None, outcome: Outcome) -> None:
        self.meters.answered(asked, outcome, self._now_ns())
        self.chronicle.answered(asked, client.connection.remote if client else "", outcome)

    # ---- what requests need (operations.World)

    def ask(self, board: str, request: BoardRequest) -> asyncio.Future[Receipt]:
        """Ask a board; never raises itself, the future does."""
        error = RequestError(Reason.OFFLINE, f"board {board} is not connected", "plug it in, and look at `boards`")
        if self.ending and not isinstance(request, StopRequest):
            error = RequestError(Reason.OFFLINE, "the gateway ends", "start it again")
        else:
            for task in self.tasks:
                if task.board.id == board:
                    answer = task.ask(request)
                    self.unanswered.add(answer)
                    answer.add_done_callback(self.unanswered.discard)
                    return answer
        nobody: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        nobody.set_exception(error)
        return nobody

    def clients(self) -> list[shapes.ClientInfo]:
        """Who is connected."""
        return [client.info(self.hub) for client in self._clients.values()]

    def mistakes(self) -> int:
        """Our own, that a boundary caught."""
        return self.failures + self._errands.failures + sum(task.failures for task in self.tasks)

    def sent(self, dialect: Dialect, messages: int, size: int) -> None:
        """Control messages went out."""
        self.meters.sent(dialect, "control", messages, size)

    def behind(self) -> Counter[Dialect]:
        """How many clients take no bytes at present."""
        return Counter(client.session.dialect for client in self._clients.values() if client.connection.paused)

    async def next_value(self, channel: Address) -> None:
        """Wait until a stream with this channel gets a batch."""
        await self._waiting.setdefault(channel, asyncio.Event()).wait()

    def will_stop(self, board: str, session: str, principal: Principal) -> None:
        """Who is to be named when the board's stop changes now."""
        self._stoppers[board] = (session, principal.name)

    def make_ticket(self, role: Role) -> tuple[str, str, int]:
        """A ticket, the link with it, its end."""
        ticket = self._access.new_ticket(role)
        return ticket, f"{self._url}?ticket={ticket}", self._now_ns() + int(TICKET_VALID_S * 1e9)

    def mark(self, text: str, board: str | None, at_ns: int, kind: str = "mark") -> None:
        """Somebody noted something, or it was noted once."""
        self._broadcast(notifications.happened(kind, board, text, at_ns))

    def wake(self) -> None:
        """There is something new for clients."""
        self._ticker.wake()

    # ---- HTTP (http_api.Answers)

    def metrics(self) -> str:
        """What Prometheus asks for."""
        return exposition(families(self))

    async def rpc(self, principal: Principal, body: bytes, remote: str) -> bytes | None:
        """One request or batch over HTTP: a session that ends with its answer."""
        connection = Once(remote)
        now_ns = self._now_ns()
        session = Session(
            id=self._new_client_id(), dialect=Dialect.JSON, principal=principal, encoder=self._encoder, now_ns=now_ns
        )
        client = Client(self, connection, session, Resolver(self.hub.directory, principal.boards), principal)
        self._once[client.id] = client
        try:
            session.receive_text(now_ns, body)
            await asyncio.gather(*(self.carry_out(client, asked) for asked in session.events()))
            if session.pending():
                await connection.answered.wait()  # the same key is being carried out for somebody else
            client.flush()
        finally:
            del self._once[client.id]
            self.hub.leave(client.id, self._now_ns())
        return connection.payload

    # ---- what boards tell (hearer.Hearer)

    def board_changed(self, board: Board, *, known: bool) -> None:
        """Anything of a board."""
        self.hub.directory.put(board, known=known)
        self.recorder.board(board)
        self._broadcast(notifications.board_changed(board))

    def link_changed(self, board: Board, *, known: bool) -> None:
        """How a link does: told alone, a whole board is fifty times as long."""
        self.hub.directory.put(board, known=known)
        self._broadcast(notifications.link_changed(board))

    def place_ended(self, board_id: str) -> None:
        """A place's board is known."""
        self.hub.directory.forget(board_id)
        self.recorder.board_gone(board_id)
        self._broadcast(notifications.board_gone(board_id))

    def clock_set(self, by_ns: int) -> None:
        """Gateway time was stepped by this."""
        now_ns = self._now_ns()
        self.hub.clock_set(by_ns, now_ns)
        for task in self.tasks:
            task.clock_set()
        text = f"the computer's clock was set {'forward' if by_ns > 0 else 'back'} by {abs(by_ns) / 1e9:.0f} s"
        logger.warning("%s: all streams begin anew", text)
        self._broadcast(notifications.happened("clock", None, text, now_ns))

    def happened(self, kind: str, board_id: str | None, text: str, alarm: Json | None = None) -> None:
        """An edge of a life; ``alarm`` is what became of one."""
        if kind == "reset" and board_id is not None:
            self.hub.drivers.forget(board_id)
            self._ticker.wake()
        self._broadcast(notifications.happened(kind, board_id, text, self._now_ns(), alarm))

    def stream_started(self, stream: Stream) -> None:
        """A stream begins."""
        self.hub.stream_started(stream)
        self.recorder.stream_started(stream)
        self.meters.stream_started(stream)
        self._ticker.wake()

    def stream_ended(self, stream_id: str, cause: str, at_ns: int) -> None:
        """A stream is over."""
        self.hub.stream_ended(stream_id, cause, at_ns)
        self.recorder.stream_ended(self.hub.orders.newest, stream_id, cause, at_ns)
        self.meters.stream_ended(stream_id)
        self._ticker.wake()

    def stream_clock(self, stream_id: str, clock_error_s: float) -> None:
        """Its times may be more or less wrong than was said."""
        self.hub.stream_clock(stream_id, clock_error_s)
        self.recorder.stream_clock(stream_id, clock_error_s)

    def publish(self, batch: Batch, packed: bytes = b"") -> None:
        """Scans, and what they were unpacked from."""
        self.hub.publish(batch)
        self.recorder.publish(self.hub.orders.newest, batch, packed)
        self.meters.published(batch)
        self._ticker.wake()
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            for event in waiting.values():
                event.set()

    def lost(self, loss: Loss) -> None:
        """Missing scans."""
        self.hub.lost(loss)
        self.recorder.lost(self.hub.orders.newest, loss)
        self._ticker.wake()

    def text_received(self, board_id: str, text: str, *, checked: bool) -> None:
        """The sketch printed."""
        self._printing.receive(board_id, text, checked=checked)

    def stop_changed(self, board_id: str, *, stopped: bool) -> None:
        """A stop was latched or cleared."""
        self.hub.drivers.forget(board_id)
        self._ticker.wake()
        session, principal = self._stoppers.pop(board_id, (None, None))
        self._broadcast(
            notifications.stop_changed(
                board_id, stopped=stopped, now_ns=self._now_ns(), session=session, principal=principal
            )
        )

    # ---- fan-out

    def _tick(self) -> float | None:
        now_ns = self._now_ns()
        self.hub.tick(now_ns)
        for change in self.hub.leases.changes():
            self._broadcast(notifications.lease_changed(change.cause, change.leases, change.at_ns))
        if news := self.hub.drivers.news(now_ns):
            self._broadcast(notifications.driven(news.drivers, [shapes.address(*each) for each in news.ended], now_ns))
        if self._fan_out.serve(now_ns):
            return 0.0  # more than one piece waits for somebody
        deadline_ns = self.hub.next_deadline()
        return None if deadline_ns is None else max(0.0, (deadline_ns - self._now_ns()) / 1e9)

    def _broadcast(self, notification: Notification) -> None:
        self.chronicle.heard(notification)
        self.recorder.heard(notification)
        for client in list(self._clients.values()):
            client.notify(notification)

    def _new_client_id(self) -> str:
        self._client_count += 1
        return f"c_{self._client_count:x}"
