"""What a client asked, carried out: one function a request, from the request to the result that it is answered with.

Everything here ends in a result or a RequestError. What the pure rooms decide (roles, types, leases, ranges) they
decide themselves; this is the order in which they are asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Protocol, assert_never

from ardugate.errors import Reason, RequestError
from ardugate.hub import Address, Hub, Last
from ardugate.model import (
    Board,
    BoardRequest,
    CallRequest,
    Channel,
    ClearStopRequest,
    IdentifyRequest,
    ModeRequest,
    NameRequest,
    Principal,
    RateRequest,
    ReadRequest,
    Receipt,
    Role,
    StopRequest,
)
from ardugate.runtime.client import Client
from ardugate.runtime.driving import check, renew, set_value
from ardugate.runtime.http.room import Room
from ardugate.runtime.http.shares import Shares
from ardugate.runtime.http.sharing import share
from ardugate.runtime.ports.lending import Lending
from ardugate.runtime.ports.offering import Offering
from ardugate.runtime.receipts import Receipts
from ardugate.runtime.recording.keeping import keep_record
from ardugate.runtime.recording.recorder import Recorder
from ardugate.runtime.remembering import Remembering
from ardugate.runtime.stopping import stop
from ardugate.runtime.watching.chronicle import Chronicle
from ardugate.session import shapes
from ardugate.session.port_requests import ListPorts, PortLend, PortReclaim, UsePort
from ardugate.session.requests import (
    Annotate,
    Asked,
    CallCommand,
    ClearStop,
    CreateShare,
    GetValue,
    Identify,
    ListBoards,
    ListClients,
    ListRecordings,
    ListShares,
    MakeTicket,
    NameBoard,
    ReadHistory,
    ReadJournal,
    ReadLedger,
    ReleaseLease,
    RenewLease,
    RevokeShare,
    SaveRing,
    SetMode,
    SetRate,
    SetValue,
    StartRecording,
    StopAll,
    StopRecording,
    Subscribe,
    TakeLease,
    Unsubscribe,
)
from ardugate.session.shapes import Json

# docs/reference/gateway.md, 3.6: `get` waits so long for a first value.
FIRST_VALUE_S = 5.0


class World(Protocol):
    """What carrying out a request needs of the gateway."""

    @property
    def hub(self) -> Hub:
        """Boards, streams, leases, ledger."""
        ...

    @property
    def receipts(self) -> Receipts:
        """Of outputs that were set."""
        ...

    @property
    def chronicle(self) -> Chronicle:
        """What happened."""
        ...

    @property
    def lending(self) -> Lending:
        """Which ports others have."""
        ...

    @property
    def offering(self) -> Offering:
        """Which ports there are beside."""
        ...

    @property
    def recorder(self) -> Recorder:
        """What is kept."""
        ...

    def mark(self, text: str, board: str | None, at_ns: int) -> None:
        """Somebody noted something."""

    @property
    def shares(self) -> Shares:
        """Links that were given out."""
        ...

    def now_ns(self) -> int:
        """Gateway time."""
        ...

    def ask(self, board: str, request: BoardRequest) -> Awaitable[Receipt]:
        """Ask a board. Never raises itself: what is awaited raises RequestError."""
        ...

    def clients(self) -> list[shapes.ClientInfo]:
        """Who is connected."""
        ...

    @property
    def room(self) -> Room:
        """For how many clients there is room."""
        ...

    @property
    def remembering(self) -> Remembering:
        """What was."""
        ...

    def next_value(self, channel: Address) -> Awaitable[None]:
        """Wait for the channel's next value."""
        ...

    def will_stop(self, board: str, session: str, principal: Principal) -> None:
        """Note who asked for the change of a board's stop that follows."""

    def make_ticket(self, role: Role) -> tuple[str, str, int]:
        """A ticket, the link with it, its end in gateway time."""
        ...

    def wake(self) -> None:
        """There is something new for clients."""


def begin(world: World, client: Client, asked: Asked) -> Awaitable[Json]:
    """As :func:`carry_out`; a stop has gone to its boards when this returns."""
    if isinstance(asked.request, StopAll):
        return stop(world, client, asked.request.board, StopRequest())
    return carry_out(world, client, asked)


async def carry_out(world: World, client: Client, asked: Asked) -> Json:
    """Do what ``asked`` says; returns the result as docs/reference/gateway.md draws it. Raises RequestError."""
    request = asked.request
    hub = world.hub
    match request:
        case ListBoards():
            return {"boards": [shapes.board(board) for board in client.resolver.boards()]}
        case ListClients():
            mine = client.principal
            found = [each for each in world.clients() if mine.boards is None or each.principal.share == mine.share]
            return {
                "clients": [shapes.client(each) for each in found],
                "refused": world.room.refused,
                "leases": [shapes.lease(each) for each in hub.leases.all() if client.resolver.sees(each.board)],
                "drivers": [shapes.driver(each) for each in hub.drivers.all() if client.resolver.sees(each.board)],
                "t_s": shapes.seconds(world.now_ns()),
            }
        case ReadLedger():
            return {
                "losses": [
                    shapes.loss_total(each.board, each.place, each.reason, each.count, each.times, each.last_ns)
                    for each in hub.ledger.totals()
                    if client.resolver.sees(each.board)
                ],
                "recent": [shapes.loss(loss) for loss in hub.ledger.recent() if client.resolver.sees(loss.board)],
            }
        case Subscribe(channels, form, max_hz, cursor):
            taken = hub.subscribe(
                client.id,
                client.resolver,
                now_ns=world.now_ns(),
                channels=channels,
                form=form,
                max_hz=max_hz,
                cursor=cursor,
            )
            world.wake()
            return shapes.subscribed(taken.subscription, taken.views)
        case Unsubscribe(subscription):
            hub.unsubscribe(client.id, subscription, world.now_ns())
            world.wake()
            return {"subscription": subscription}
        case GetValue(text):
            return await _get(world, client, text)
        case SetValue():
            return await set_value(world, client, request)
        case SetMode(text, mode, options):
            board, channel = client.resolver.channel(text)
            check(world, client, board, channel)
            receipt = await world.ask(board.id, ModeRequest(channel.name, mode, dict(options)))
            return shapes.receipt(board.id, channel.name, receipt)
        case SetRate(texts, hz):
            board, sampled = _of_one_board(client.resolver.channels(texts))
            for each in sampled:
                check(world, client, board, each)
            names = tuple(each.name for each in sampled)
            return shapes.rates(board.id, await world.ask(board.id, RateRequest(names, None if hz == "max" else hz)))
        case CallCommand(command, args, board_id):
            board = client.resolver.board(board_id)
            receipt = await world.ask(board.id, CallRequest(command, dict(args)))
            return shapes.called(board.id, command, receipt)
        case Identify(board_id, for_ms):
            board = client.resolver.board(board_id)
            return shapes.identified(board.id, for_ms, await world.ask(board.id, IdentifyRequest(for_ms)))
        case NameBoard(name, board_id):
            board = client.resolver.board(board_id)
            return shapes.named(board.id, await world.ask(board.id, NameRequest(name)))
        case TakeLease(texts, ttl_ms, takeover, keep):
            leases = hub.leases.take(
                client.id,
                client.principal,
                _addresses(client, texts),
                ttl_ms,
                world.now_ns(),
                takeover=takeover,
                keep=keep,
            )
            world.wake()
            return {"leases": [shapes.lease(lease) for lease in leases]}
        case RenewLease():
            return await renew(world, client, request)
        case ReleaseLease(texts):
            left = hub.leases.release(client.id, client.principal, _addresses(client, texts), world.now_ns())
            world.wake()
            return {"leases": [shapes.lease(lease) for lease in left]}
        case StopAll(board_id):
            return await stop(world, client, board_id, StopRequest())
        case ClearStop(board_id):
            return await stop(world, client, board_id, ClearStopRequest())
        case MakeTicket():
            return shapes.ticket(*world.make_ticket(client.principal.role))
        case ReadHistory():
            return await world.remembering.answer(client, request)
        case ReadJournal(since_s, until_s, last, board_id):
            board_id = None if board_id is None else client.resolver.board(board_id).id
            world.chronicle.sum_up_losses()
            only = client.principal.boards
            return {"entries": await world.chronicle.journal.entries(since_s, until_s, last, board_id, only=only)}
        case CreateShare() | ListShares() | RevokeShare():
            return share(world, client, request)
        case PortLend(port, to, while_connected):
            return await world.lending.lend(port, to, client.id if while_connected else None)
        case PortReclaim(port):
            return await world.lending.reclaim(port)
        case ListPorts():
            return await world.offering.ports()
        case UsePort(port):
            return await world.offering.use(port)
        case StartRecording() | StopRecording() | ListRecordings() | Annotate() | SaveRing():
            return await keep_record(world, client, request)
        case _:
            assert_never(request)


async def _get(world: World, client: Client, text: str) -> Json:
    board, channel = client.resolver.channel(text)
    address = Address(board.id, channel.name)
    if not channel.events and channel.rate_hz is None:
        # Nothing sends it by itself: ask.
        receipt = await world.ask(board.id, ReadRequest(channel.name))
        return shapes.value_now(
            board.id, channel.name, receipt.value, channel.unit, receipt.executed_ns, world.now_ns(), stale=False
        )
    last = world.hub.last(*address, world.now_ns())
    if told := world.receipts.newer(address, last):
        value, at_ns = told
        return shapes.value_now(board.id, channel.name, value, channel.unit, at_ns, world.now_ns(), stale=False)
    if last is None:
        try:
            async with asyncio.timeout(FIRST_VALUE_S):
                last = await _first_value(world, address)
        except TimeoutError:
            raise RequestError(
                Reason.TIMEOUT,
                f"{board.id}/{channel.name} had no value within {FIRST_VALUE_S:.0f} s",
                "is the board live?",
            ) from None
    now_ns = world.now_ns()
    return shapes.value_now(board.id, channel.name, last.value, last.channel.unit, last.at_ns, now_ns, stale=last.stale)


async def _first_value(world: World, address: Address) -> Last:
    while (last := world.hub.last(*address, world.now_ns())) is None:
        await world.next_value(address)
    return last


def _addresses(client: Client, texts: Iterable[str]) -> list[Address]:
    return [Address(board.id, channel.name) for board, channel in client.resolver.channels(texts)]


def _of_one_board(found: list[tuple[Board, Channel]]) -> tuple[Board, list[Channel]]:
    boards = {board.id: board for board, _ in found}
    if len(boards) > 1:
        raise RequestError(Reason.BAD_REQUEST, "these channels are of several boards", "ask one board at a time")
    return found[0][0], [channel for _, channel in found]
