"""Boards and channels over plain HTTP, on real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from ardugate.errors import Reason
from ardugate.runtime import Ready
from ardugate.session.rest import BoardShape, Called, ReceiptShape, ValueNow
from tests.integration.helpers import Answer, bearer, gateway, request, talk

LED = "/api/v1/boards/demo/channels/led"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def ready(tmp_path: Path) -> AsyncGenerator[Ready]:
    async with gateway(tmp_path, "sim://?name=demo") as started:
        yield started


async def put(ready: Ready, path: str, body: object, headers: dict[str, str] | None = None) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    all_headers = {**bearer(ready), **(JSON if headers is None else headers)}
    return await request(ready, path, all_headers, method="PUT", body=text)


async def get(ready: Ready, path: str) -> Answer:
    return await request(ready, path, bearer(ready))


def reason(answer: Answer) -> tuple[int, str]:
    error = json.loads(answer.text)["error"]
    assert set(error) == {"reason", "message", "hint"}
    return answer.status, str(error["reason"])


async def test_what_was_put_is_what_one_gets(ready: Ready) -> None:
    receipt = await put(ready, LED, {"value": True, "ttl_ms": 1_500.0})  # JSON has one kind of number
    assert receipt.status == 200
    said = json.loads(receipt.text)
    ReceiptShape.model_validate(said)
    assert (said["channel"], said["value"], said["hold"]) == ("demo/led", True, "client")
    assert said["until_s"] - said["executed_t_s"] == pytest.approx(1.5, abs=0.1)
    async with talk(ready) as client:
        await client.call("subscribe", channels=["demo/led"])
        await client.until("samples", lambda params: params["columns"]["demo/led"][-1] is True)
    value = await get(ready, LED)
    ValueNow.model_validate_json(value.text)
    assert (value.status, json.loads(value.text)["value"]) == (200, True)


@pytest.mark.parametrize(
    ("path", "body", "status", "why"),
    [
        pytest.param("demo/channels/nothing", {"value": 1}, 404, "unknown_channel", id="no such channel"),
        pytest.param("attic/channels/led", {"value": 1}, 404, "unknown_board", id="no such board"),
        pytest.param("demo/channels/A0", {"value": 1}, 409, "wrong_mode", id="a pin that is no output"),
        pytest.param("demo/channels/led", {"value": 0.5}, 422, "wrong_type", id="another type"),
        pytest.param("demo/channels/fan", {"value": 7}, 422, "out_of_range", id="out of range"),
        pytest.param("demo/channels/led", {"value": True, "ttl_ms": 0}, 422, "out_of_range", id="a ttl of none"),
        pytest.param("demo/channels/led", {"valu": True}, 400, "bad_request", id="a misspelt field"),
        pytest.param("demo/channels/led", {}, 400, "bad_request", id="a missing field"),
        pytest.param("demo/channels/led", [True], 400, "bad_request", id="no object"),
        pytest.param("demo/channels/led", "{", 400, "bad_request", id="no JSON"),
        pytest.param("demo/channels/led", '{"value": NaN}', 400, "bad_request", id="not a number"),
        pytest.param("demo/channels/led", "[" * 100_000, 413, "too_large", id="deep and large"),
        pytest.param("demo/channels/led", "[" * 50_000, 400, "bad_request", id="deep"),
        pytest.param(
            "demo/channels/led", {"channel": "demo/fan", "value": 1}, 400, "bad_request", id="another channel within"
        ),
    ],
)
async def test_a_refusal_has_its_reason_and_a_fitting_status(
    ready: Ready, path: str, body: object, status: int, why: str
) -> None:
    assert reason(await put(ready, f"/api/v1/boards/{path}", body)) == (status, why)


async def test_a_stop_and_a_lease_hold_over_http_too(ready: Ready) -> None:
    async with talk(ready) as client:
        await client.call("lease_take", channels=["demo/led"], ttl_ms=60_000)
        assert reason(await put(ready, LED, {"value": True})) == (423, "leased")
        await client.call("lease_release", channels=["demo/led"])
        await client.call("stop_all")
        assert reason(await put(ready, LED, {"value": True})) == (409, "stopped")


async def test_a_command_is_called(ready: Ready) -> None:
    async def call(name: str, body: object) -> Answer:
        path, headers = f"/api/v1/boards/demo/commands/{name}", {**bearer(ready), **JSON}
        return await request(ready, path, headers, method="POST", body=json.dumps(body))

    done = await call("say", {"args": {"text": "hello"}})
    assert done.status == 200
    assert Called.model_validate_json(done.text).command == "say"
    assert reason(await call("water", {})) == (404, "unknown_command")
    assert reason(await call("blink", {"args": {"times": 0}})) == (422, "out_of_range")
    assert reason(await call("blink", {"args": {"times": "x"}})) == (422, "wrong_type")
    assert reason(await call("say", {"command": "blink"})) == (400, "bad_request")


async def test_the_same_key_is_done_once(ready: Ready) -> None:
    first = await put(ready, LED, {"value": True, "key": "k1"})
    assert (await put(ready, LED, {"value": True, "key": "k1"})).text == first.text
    assert reason(await put(ready, LED, {"value": False, "key": "k1"})) == (409, "key_reused")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_what_changes_something_is_json(ready: Ready, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert reason(await put(ready, LED, {"value": True}, headers)) == (415, "bad_request")


@pytest.mark.parametrize("path", [LED, "/api/v1/boards", "/api/v1/rpc"])
async def test_the_door_is_in_front_of_every_method(ready: Ready, path: str) -> None:
    for method in ("GET", "PUT", "POST", "DELETE", "OPTIONS"):
        assert reason(await request(ready, path, JSON, method=method, body="{}")) == (401, "not_allowed")
        forged = {**bearer(ready), **JSON, "Origin": "http://evil.example"}
        assert reason(await request(ready, path, forged, method=method, body="{}")) == (403, "not_allowed")


async def test_what_there_is_not_is_said_as_everything_else(ready: Ready) -> None:
    assert reason(await get(ready, "/api/v1/nothing")) == (404, "unknown_method")
    wrong = await request(ready, LED, bearer(ready), method="DELETE")
    assert reason(wrong) == (405, "unknown_method")
    assert wrong.headers["allow"] == "GET, PUT", "all methods of the address, though each has a route of its own"


async def test_openapi_is_valid_and_names_every_reason(ready: Ready) -> None:
    schema: dict[str, Any] = json.loads((await get(ready, "/openapi.json")).text)
    validate(schema)
    assert schema["components"]["schemas"]["Reason"]["enum"] == [each.value for each in Reason]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/"):
                assert "default" in operation["responses"], (method, path)


async def test_a_board_looks_as_openapi_says(ready: Ready) -> None:
    boards = json.loads((await get(ready, "/api/v1/boards")).text)["boards"]
    alone = json.loads((await get(ready, "/api/v1/boards/demo")).text)
    for board in (*boards, alone):
        BoardShape.model_validate(board)
    assert alone["id"] == "demo"
    assert reason(await get(ready, "/api/v1/boards/attic")) == (404, "unknown_board")
