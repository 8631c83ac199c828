"""``set`` and ``lease_renew``, carried out: what moves an output, and what keeps it where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from ardugate.errors import Reason, RequestError
from ardugate.hub import Address, Hub
from ardugate.model import Board, BoardRequest, Channel, Receipt, RenewRequest, SetRequest
from ardugate.runtime.client import Client
from ardugate.runtime.receipts import Receipts
from ardugate.session import shapes
from ardugate.session.requests import RenewLease, SetValue
from ardugate.session.shapes import Json

# docs/reference/wire.md, 3.4: `ttl_ms` is a u16.
MAX_TTL_MS = 65_535


class World(Protocol):
    """The gateway, as this needs it."""

    @property
    def hub(self) -> Hub:
        """Who may drive what, and who did."""
        ...

    @property
    def receipts(self) -> Receipts:
        """Of outputs that were set."""
        ...

    def now_ns(self) -> int:
        """Gateway time."""
        ...

    def ask(self, board: str, request: BoardRequest) -> Awaitable[Receipt]:
        """Ask a board. Never raises itself: what is awaited raises RequestError."""
        ...

    def wake(self) -> None:
        """There is something new for clients."""


def check(world: World, client: Client, board: Board, channel: Channel) -> None:
    """Raises RequestError unless this client may change the channel now."""
    if not channel.checked:
        message = f"{board.id}/{channel.name} is a number that the sketch prints"
        raise RequestError(Reason.READ_ONLY, message, "put a sketch with our library on the board to set things")
    world.hub.leases.check(client.id, client.principal, Address(board.id, channel.name), world.now_ns())


async def set_value(world: World, client: Client, request: SetValue) -> Json:
    """The result as docs/reference/gateway.md draws it. Raises RequestError."""
    board, channel = client.resolver.channel(request.channel)
    check(world, client, board, channel)
    address = Address(board.id, channel.name)
    try:
        receipt = await world.ask(board.id, SetRequest(channel.name, request.value, request.ttl_ms))
    except RequestError as error:
        if error.reason is Reason.UNKNOWN_OUTCOME:
            # It may have been done: then its hold is this client's to renew.
            world.hub.drivers.was_set(client.id, client.principal, address, Receipt(executed_ns=world.now_ns()))
        raise
    world.hub.drivers.was_set(client.id, client.principal, address, receipt)
    world.receipts.note(address, receipt, world.hub.last(*address, world.now_ns()))
    world.wake()
    return shapes.receipt(board.id, channel.name, receipt)


async def renew(world: World, client: Client, request: RenewLease) -> Json:
    """The result as docs/reference/gateway.md draws it. Raises RequestError."""
    found = client.resolver.channels(request.channels)
    leases, set_by_me = world.hub.leases.renew(
        client.id,
        client.principal,
        [Address(board.id, channel.name) for board, channel in found],
        request.ttl_ms,
        world.now_ns(),
    )
    world.wake()
    mine = set(set_by_me)
    groups: dict[tuple[str, int], list[Address]] = {}
    for board, channel in found:
        address = Address(board.id, channel.name)
        if address in mine and channel.output:
            # An output without a limit of its own still has the wire's; the board leaves one without a deadline alone.
            ttl_ms = min(request.ttl_ms, channel.hold_ms or MAX_TTL_MS)
            groups.setdefault((board.id, ttl_ms), []).append(address)
    await asyncio.gather(*(_extend(world, board, ttl_ms, held) for (board, ttl_ms), held in groups.items()))
    extended = [shapes.address(*address) for held in groups.values() for address in held]
    return {"leases": [shapes.lease(lease) for lease in leases], "extended": extended}


async def _extend(world: World, board: str, ttl_ms: int, held: list[Address]) -> None:
    receipt = await world.ask(board, RenewRequest(tuple(each.channel for each in held), ttl_ms))
    world.hub.drivers.renewed(held, receipt)
    world.wake()
