"""Requests whose connection ends before the answer, against a scripted gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from ardugate.client import Target
from ardugate.client.line import Line
from ardugate.errors import GatewayUnreachable, Reason, RequestError

Talk = Callable[[ServerConnection, dict[str, Any]], Coroutine[Any, Any, None]]


@asynccontextmanager
async def scripted(lives: list[str], talk: Talk) -> AsyncGenerator[Line]:
    """A gateway that has the next of ``lives`` at each connection, and says what ``talk`` says to each request."""
    connections = iter(lives)

    async def handle(socket: ServerConnection) -> None:
        welcome: dict[str, Any] = {"gateway": {"life": next(connections)}, "boards": []}
        await socket.send(json.dumps({"jsonrpc": "2.0", "method": "welcome", "params": welcome}))
        async for message in socket:
            await talk(socket, json.loads(message))

    async with serve(handle, "127.0.0.1", 0, subprotocols=[Subprotocol("ardugate.v1")]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        line = Line(lambda: Target(f"http://127.0.0.1:{port}/", f"ws://127.0.0.1:{port}/ws"))
        await line.open()
        yield line
        await line.close()


class FailsOnce:
    """Ends the connection at the first request, answers the others."""

    def __init__(self) -> None:
        self.asked = list[dict[str, Any]]()

    async def __call__(self, socket: ServerConnection, request: dict[str, Any]) -> None:
        self.asked.append(request)
        if len(self.asked) == 1:
            socket.transport.abort()
        else:
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"n": len(self.asked)}}))


async def test_what_changes_something_is_asked_again_with_the_same_key() -> None:
    talk = FailsOnce()
    async with scripted(["a", "a"], talk) as line:
        assert await line.ask("set", {"channel": "pump", "value": True}) == {"n": 2}
        await line.ask("set", {"channel": "pump", "value": True})
    first, again, other = (request["params"]["key"] for request in talk.asked)
    assert first == again != other


async def test_another_gateway_does_not_know_what_the_one_before_did() -> None:
    async with scripted(["a", "b"], FailsOnce()) as line:
        with pytest.raises(RequestError) as refused:
            await line.ask("set", {"channel": "pump", "value": True})
        assert refused.value.reason is Reason.UNKNOWN_OUTCOME
        assert await line.ask("boards", {}) == {"n": 2}


async def test_what_only_looks_may_ask_any_gateway() -> None:
    async with scripted(["a", "b"], FailsOnce()) as line:
        assert await line.ask("boards", {}) == {"n": 2}


async def test_a_lease_that_may_have_been_taken_is_not_taken_again() -> None:
    talk = FailsOnce()
    async with scripted(["a", "a"], talk) as line:
        with pytest.raises(RequestError) as refused:
            await line.ask("lease_take", {"channels": ["pump"], "ttl_ms": 2000})
    assert refused.value.reason is Reason.UNKNOWN_OUTCOME
    assert len(talk.asked) == 1


async def test_a_message_that_could_not_be_read_is_told_to_who_waits() -> None:
    async def talk(socket: ServerConnection, _: dict[str, Any]) -> None:
        error = {"code": -32700, "message": "no JSON", "data": {"reason": "bad_request"}}
        await socket.send(json.dumps({"jsonrpc": "2.0", "id": None, "error": error}))

    async with scripted(["a"], talk) as line:
        with pytest.raises(RequestError) as refused:
            await line.ask("boards", {})
    assert refused.value.reason is Reason.BAD_REQUEST


async def test_nobody_there_at_first_is_said_at_once() -> None:
    line = Line(lambda: Target("http://127.0.0.1:1/", "ws://127.0.0.1:1/ws"))
    with pytest.raises(GatewayUnreachable):
        await line.ask("boards", {})
