"""Who asks for much of the past, or often, holds up nobody but himself."""

from __future__ import annotations

import asyncio
from array import array

from ardugate.hub import Resolver
from ardugate.model import Batch, Board, BoardState, Channel, Mode, Principal, Role, Stream, ValueType
from ardugate.runtime.client import Client
from ardugate.runtime.gateway import Gateway
from ardugate.runtime.http.access import Access
from ardugate.runtime.http.connection import Once
from ardugate.session.encode import Dialect, Encoder
from ardugate.session.requests import ReadHistory
from ardugate.session.session import Session

NOW_NS = 1_700_000_000_000_000_000


def somebody(gateway: Gateway, remote: str) -> Client:
    principal = Principal("a link", Role.VIEW)
    session = Session(id=remote, dialect=Dialect.JSON, principal=principal, encoder=Encoder(), now_ns=NOW_NS)
    return Client(gateway, Once(remote), session, Resolver(gateway.hub.directory), principal)


async def test_of_many_questions_each_place_has_its_turn() -> None:
    access = Access(token="t", bind_host="127.0.0.1", tcp_port=8765, now_s=lambda: NOW_NS / 1e9)
    gateway = Gateway(access=access, url="http://127.0.0.1:8765/", now_ns=lambda: NOW_NS)
    gateway.board_changed(Board("uno", "uno", "/dev/null", BoardState.LIVE), known=True)
    channel = Channel(14, "A0", ValueType.INT, Mode.ANALOG, dtype="u16", rate_hz=100.0)
    gateway.stream_started(Stream("b1", "uno", (channel,), "u16", 160_000, 16_000_000, NOW_NS))
    gateway.publish(Batch("b1", 0, NOW_NS, [array("H", range(10))]))
    answered = list[str]()

    async def ask(who: Client) -> None:
        result = await gateway.remembering.answer(who, ReadHistory())
        assert len(result["samples"]) == 1  # type: ignore[arg-type]
        answered.append(who.connection.remote)

    often, seldom = somebody(gateway, "192.0.2.1"), somebody(gateway, "192.0.2.2")
    async with asyncio.TaskGroup() as group:
        for who in (often, often, often, seldom):
            group.create_task(ask(who))
    assert answered == ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.1"]
    gateway.close()
    await gateway.recorder.close()
