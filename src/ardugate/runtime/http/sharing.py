"""Requests about share links, carried out."""

from __future__ import annotations

from typing import Protocol, assert_never

from ardugate.model import Role
from ardugate.runtime.client import Client
from ardugate.runtime.http.shares import Share, Shares
from ardugate.session.requests import CreateShare, ListShares, RevokeShare
from ardugate.session.shapes import ClientInfo, Json

# docs/reference/gateway.md, 1: RFC 6455's "policy violation".
LINK_OVER = 1008


class World(Protocol):
    """What this needs of the gateway."""

    @property
    def shares(self) -> Shares:
        """Every link."""
        ...

    def clients(self) -> list[ClientInfo]:
        """Who is connected."""
        ...


def guests_of(shares: Shares) -> dict[str, Client]:
    """An empty table of clients, by id: whoever is in it and came by a link that is over is hung up on."""
    clients: dict[str, Client] = {}

    def hang_up(share_id: str) -> None:
        for client in list(clients.values()):
            if client.principal.share == share_id:
                client.connection.close(LINK_OVER, "this link is over")

    shares.on_end = hang_up
    return clients


def share(world: World, client: Client, request: CreateShare | ListShares | RevokeShare) -> Json:
    """Do it; the result as docs/reference/gateway.md draws it. Raises RequestError."""
    match request:
        case CreateShare(grants, boards, for_s):
            ids = None if boards is None else tuple(dict.fromkeys(client.resolver.board(each).id for each in boards))
            made, url = world.shares.create(Role(grants), ids, for_s)
            return {"share": _drawn(world, made), "url": url}
        case ListShares():
            return {"shares": [_drawn(world, each) for each in world.shares.listed()]}
        case RevokeShare(share_id):
            world.shares.revoke(share_id)
            return {"share": share_id}
        case _:
            assert_never(request)


def _drawn(world: World, value: Share) -> Json:
    return {
        "id": value.id,
        "grants": value.role.value,
        "boards": None if value.boards is None else list(value.boards),
        "created_t_s": value.created_s,
        "until_s": value.until_s,
        "clients": sum(each.principal.share == value.id for each in world.clients()),
    }
