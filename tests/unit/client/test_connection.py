"""The client's side of the gateway protocol, against a scripted gateway."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from ardugate.client import Target, connect
from ardugate.errors import GatewayUnreachable, Reason, RequestError

WELCOME = {"jsonrpc": "2.0", "method": "welcome", "params": {"boards": [{"id": "demo"}], "role": "admin"}}


@contextmanager
def scripted(
    talk: Callable[[ServerConnection], None],
    judge: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> Generator[Target]:
    """A server that says what ``talk`` says to each connection."""
    with serve(talk, "127.0.0.1", 0, subprotocols=["ardugate.v1.json"], process_request=judge) as server:  # type: ignore[list-item]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        try:
            yield Target(f"http://127.0.0.1:{port}/", f"ws://127.0.0.1:{port}/ws", "secret")
        finally:
            server.shutdown()
            thread.join(10)


def say(socket: ServerConnection, message: Any) -> None:
    socket.send(json.dumps(message))


def hear(socket: ServerConnection) -> Any:
    return json.loads(socket.recv(10))


def hear_the_end(socket: ServerConnection) -> None:
    with pytest.raises(ConnectionClosed):
        socket.recv(10)


def test_a_call_gives_its_result_though_notifications_and_other_answers_come_between() -> None:
    def talk(socket: ServerConnection) -> None:
        say(socket, WELCOME)
        request = hear(socket)
        say(socket, {"jsonrpc": "2.0", "method": "samples", "params": {"seq": 1}})
        say(socket, {"jsonrpc": "2.0", "id": 99, "result": {"late": True}})
        say(socket, {"jsonrpc": "2.0", "id": request["id"], "result": {"asked": request["params"]}})
        hear_the_end(socket)

    with scripted(talk) as target, connect(target) as gateway:
        assert gateway.boards == [{"id": "demo"}]
        assert gateway.call("set", {"channel": "led", "value": True}) == {"asked": {"channel": "led", "value": True}}
        notification = gateway.next_notification(1.0)
        assert notification is not None
        assert (notification.method, notification.params) == ("samples", {"seq": 1})
        assert gateway.next_notification(0.01) is None


def test_a_refusal_is_a_request_error_with_reason_and_hint() -> None:
    def talk(socket: ServerConnection) -> None:
        say(socket, WELCOME)
        request = hear(socket)
        error = {"code": -32000, "message": "taken", "data": {"reason": "leased", "hint": "wait"}}
        say(socket, {"jsonrpc": "2.0", "id": request["id"], "error": error})
        hear_the_end(socket)

    with scripted(talk) as target, connect(target) as gateway, pytest.raises(RequestError) as refused:
        gateway.call("set", {})
    assert (refused.value.reason, refused.value.message, refused.value.hint) == (Reason.LEASED, "taken", "wait")


def test_a_batch_gives_each_result_in_the_order_of_its_requests() -> None:
    def talk(socket: ServerConnection) -> None:
        say(socket, WELCOME)
        first, second = hear(socket)
        error = {"code": -32602, "message": "no", "data": {"reason": "out_of_range"}}
        say(
            socket,
            [
                {"jsonrpc": "2.0", "id": second["id"], "error": error},
                {"jsonrpc": "2.0", "id": first["id"], "result": {"n": 1}},
            ],
        )
        hear_the_end(socket)

    with scripted(talk) as target, connect(target) as gateway:
        done, refused = gateway.batch([("set", {"n": 1}), ("set", {"n": 2})])
    assert done == {"n": 1}
    assert isinstance(refused, RequestError)
    assert refused.reason is Reason.OUT_OF_RANGE


def test_a_gateway_that_ends_is_unreachable() -> None:
    def talk(socket: ServerConnection) -> None:
        say(socket, WELCOME)
        hear(socket)
        socket.close(1001, "the gateway ends")

    with scripted(talk) as target, connect(target) as gateway:
        with pytest.raises(GatewayUnreachable, match="the gateway ends"):
            gateway.call("boards")
        with pytest.raises(GatewayUnreachable):
            gateway.next_notification(5)


@pytest.mark.parametrize(
    ("status", "body", "cause", "remedy"),
    [
        (HTTPStatus.UNAUTHORIZED, "who are you?\nsign in\n", "who are you?", "ARDUGATE_TOKEN"),
        (HTTPStatus.FORBIDDEN, "not here\nstart it with --allow-host x\n", "not here", "--allow-host x"),
    ],
    ids=["401", "403"],
)
def test_a_closed_door_is_not_allowed_with_its_remedy(status: HTTPStatus, body: str, cause: str, remedy: str) -> None:
    def judge(socket: ServerConnection, request: Request) -> Response:
        assert request.headers["Authorization"] == "Bearer secret"
        return socket.respond(status, body)

    with (
        scripted(lambda _: None, judge) as target,
        pytest.raises(RequestError) as refused,
        connect(target),
    ):
        pytest.fail("it must not open")
    assert refused.value.reason is Reason.NOT_ALLOWED
    assert refused.value.message == cause
    assert remedy in refused.value.hint


@pytest.mark.parametrize("ws", ["ws://127.0.0.1:1/ws", "ws://name.invalid/ws"])
def test_nobody_there_is_unreachable(ws: str) -> None:
    with pytest.raises(GatewayUnreachable), connect(Target("http://x/", ws)):
        pytest.fail("it must not open")
