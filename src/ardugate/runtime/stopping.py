"""``stop_all`` and ``clear_stop``: sent first, awaited afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Protocol

from ardugate.errors import RequestError
from ardugate.model import BoardRequest, ClearStopRequest, Principal, Receipt, StopRequest
from ardugate.runtime.client import Client
from ardugate.session import shapes
from ardugate.session.shapes import Json


class Boards(Protocol):
    """The gateway, as a stop needs it."""

    def ask(self, board: str, request: BoardRequest) -> Awaitable[Receipt]:
        """Ask a board; never raises itself, the future does."""
        ...

    def will_stop(self, board: str, session: str, principal: Principal) -> None:
        """Note who asked for the change of a board's stop that follows."""


def stop(
    boards: Boards, client: Client, board_id: str | None, request: StopRequest | ClearStopRequest
) -> Awaitable[Json]:
    """Ask one board, or every one (None): their ports have it when this returns. Awaited, it tells each board's answer;
    who cannot be reached is told one by one. Raises RequestError, at once, where there is no such board."""
    asked = client.resolver.known() if board_id is None else [client.resolver.board(board_id).id]
    for board in asked:
        boards.will_stop(board, client.id, client.principal)
    return _answered(asked, [boards.ask(board, request) for board in asked])


async def _answered(boards: Sequence[str], asked: Sequence[Awaitable[Receipt]]) -> Json:
    answers = await asyncio.gather(*asked, return_exceptions=True)
    results: dict[str, Receipt | RequestError] = {}
    for board, answer in zip(boards, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, RequestError):
            raise answer
        results[board] = answer
    return shapes.stopped(results)
