"""The three ways to speak, against a running gateway with a simulated board."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from ardugate.runtime.clock import GatewayClock
from tests.integration.helpers import PATIENCE_S, bearer, connection, gateway, request, talk

BOARD = "sim://?name=greenhouse&sketch=plain"
DEMO = "sim://?name=greenhouse"


async def next_json(socket: Any) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message = await socket.recv()
            if isinstance(message, str):
                return dict(json.loads(message))


async def test_plain_json_brings_values_and_takes_a_set(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, connection(ready, query="?channels=A0,D13") as socket:
        first = await next_json(socket)
        assert first["board"] == "greenhouse"
        assert set(first["values"]) <= {"A0", "D13"}
        await socket.send('{"set": {"D13": true}}')
        async with asyncio.timeout(PATIENCE_S):
            while (await next_json(socket))["values"].get("D13") is not True:
                pass
        await socket.send('{"set": {"D99": true}}')
        async with asyncio.timeout(PATIENCE_S):
            while "error" not in (problem := await next_json(socket)):
                pass
        assert (problem["channel"], problem["reason"]) == ("D99", "unknown_channel")


async def test_json_rpc_brings_samples_and_receipts(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        welcome = await client.until("welcome")
        assert welcome["protocol"] == "ardugate.v1.json"
        assert [board["id"] for board in welcome["boards"]] == ["greenhouse"]
        subscribed = await client.call("subscribe", channels=["A0", "A1"])
        streams = await client.until("streams")
        assert subscribed["streams"][0]["stream"] == streams["streams"][0]["stream"]
        batches = [await client.until("samples") for _ in range(5)]
        assert set(batches[0]["columns"]) == {"greenhouse/A0", "greenhouse/A1"}
        seqs = [batch["seq"] for batch in batches]
        sizes = [len(batch["columns"]["greenhouse/A0"]) for batch in batches]
        gaps = [seq - (before + size) for before, size, seq in zip(seqs, sizes, seqs[1:], strict=False)]
        assert gaps == [batch["lost"] for batch in batches[1:]], "a starved simulated board loses scans, and says so"
        receipt = await client.call("set", channel="D13", value=True)
        assert (receipt["channel"], receipt["value"], receipt["hold"]) == ("greenhouse/D13", True, "link")
        assert (await client.call("get", channel="D13"))["value"] is True


async def test_the_binary_dialect_brings_aligned_columns(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, connection(ready, "ardugate.v1") as socket:
        await socket.send('{"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"channels": ["A0"]}}')
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(frame := await socket.recv(), bytes):
                pass
        kind, dtype, columns, number, _seq, _t0_s, scans = struct.unpack_from("<BBHIQdI", frame)
        assert (kind, dtype, columns, number) == (1, 2, 1, 1)
        assert scans >= 1
        assert len(frame) >= 40 + 2 * scans


async def test_a_batch_of_sets_is_applied_in_order_and_answered_at_once(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, connection(ready, "ardugate.v1.json") as socket:
        wishes = [
            {"jsonrpc": "2.0", "id": index, "method": "set", "params": {"channel": "D13", "value": index % 2 == 0}}
            for index in range(5)
        ]
        await socket.send(json.dumps(wishes))
        async with asyncio.timeout(PATIENCE_S):
            while not (text := str(await socket.recv())).startswith("["):
                pass
        answers: list[dict[str, Any]] = json.loads(text)
        assert [answer["result"]["value"] for answer in answers] == [True, False, True, False, True]
        executed = [answer["result"]["executed_t_s"] for answer in answers]
        assert executed == sorted(executed)


async def test_an_unclaimed_pin_becomes_an_output_and_a_fraction_is_told_what_to_call(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        refused = (await client.call("set", channel="D9", value=0.5))["error"]
        assert refused["data"]["reason"] == "wrong_mode"
        assert "mode D9 pwm" in refused["data"]["hint"]
        await client.call("mode", channel="D9", mode="pwm")
        receipt = await client.call("set", channel="D9", value=0.5, ttl_ms=1000)
        assert receipt["hold"] == "client"
        assert receipt["until_s"] == pytest.approx(receipt["executed_t_s"] + 1, abs=0.01)
        assert (await client.call("lease_renew", channels=["D9"], ttl_ms=1500))["extended"] == ["greenhouse/D9"]
        assert await client.reason("set", channel="D0", value=True) == "refused"
        assert await client.reason("set", channel="A0", value=True) == "wrong_mode"
        cannot = (await client.call("set", channel="D7", value=0.5))["error"]["data"]
        assert (cannot["reason"], "D7 cannot do pwm" in cannot["hint"]) == ("wrong_mode", True)
        assert (await client.call("set", channel="D7", value=True))["value"] is True


async def test_only_what_was_really_set_can_be_renewed(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client, talk(ready) as other:
        await client.call("mode", channel="D9", mode="pwm")
        assert await client.reason("set", channel="D9", value=7.0) == "out_of_range"
        assert await client.reason("lease_renew", channels=["D9"], ttl_ms=1000) == "refused"
        await client.call("set", channel="D9", value=0.5)
        assert (await other.call("lease_renew", channels=["D9"], ttl_ms=60_000))["extended"] == ["greenhouse/D9"]


async def test_everybody_is_told_who_set_an_output_and_until_when_it_is_held(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client, talk(ready) as other:
        me = (await client.until("welcome"))["session"]
        receipt = await client.call("set", channel="D13", value=True, ttl_ms=60_000)
        (driver,) = (await other.until("driven"))["drivers"]
        assert driver == {
            "channel": "greenhouse/D13",
            "session": me,
            "principal": "token",
            "set_t_s": receipt["executed_t_s"],
            "until_s": receipt["until_s"],
        }
        assert (await other.call("clients"))["drivers"] == [driver]  # who comes later sees it too
        await client.call("lease_renew", channels=["D13"], ttl_ms=65_000)
        held = await other.until("driven", lambda it: it["drivers"][0]["until_s"] > driver["until_s"])
        assert held["drivers"][0]["set_t_s"] == receipt["executed_t_s"]
        await client.call("stop_all")
        assert (await other.until("driven", lambda it: bool(it["ended"])))["ended"] == ["greenhouse/D13"]
        assert (await other.call("clients"))["drivers"] == []


async def test_stop_all_latches_and_names_who_did_it(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client, talk(ready) as other:
        me = (await client.until("welcome"))["session"]
        await client.call("set", channel="D13", value=True)
        await client.call("stop_all")
        told = await other.until("stop")
        assert (told["board"], told["stopped"], told["session"]) == ("greenhouse", True, me)
        assert await other.reason("set", channel="D13", value=True) == "stopped"
        assert (await other.call("get", channel="D13"))["value"] is False
        await other.call("clear_stop")
        assert (await other.call("set", channel="D13", value=True))["value"] is True


async def test_a_rate_is_confirmed_and_the_stream_gets_a_successor(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        before = (await client.call("subscribe", channels=["A0"]))["streams"][0]["stream"]
        assert (await client.call("rate", channels=["A0"], hz=500))["rates"] == {"greenhouse/A0": 500.0}
        after = await client.until("streams", lambda it: any(each["cause"] == "rate" for each in it["streams"]))
        # The one before may be announced in the same notification.
        assert after["streams"][-1]["predecessor"] == before
        assert after["streams"][-1]["rate_hz"] == 500.0


async def test_a_channel_that_is_not_sampled_is_read_when_asked(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        await client.call("rate", channels=["A0"], hz=0)
        value = await client.call("get", channel="A0")
        assert value["stale"] is False
        assert value["age_s"] < 1


async def test_a_lease_keeps_others_out_and_ends_with_its_connection(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        async with talk(ready) as driver:
            leases = (await driver.call("lease_take", channels=["D13"], ttl_ms=60_000))["leases"]
            seen = await client.call("clients")
            assert seen["leases"] == leases  # who comes later sees who controls what
            assert seen["t_s"] == pytest.approx(time.time(), abs=PATIENCE_S)
            assert await client.reason("set", channel="D13", value=True) == "leased"
            assert (await driver.call("set", channel="D13", value=True))["value"] is True
        await client.until("lease", lambda it: it["cause"] == "gone")
        assert (await client.call("set", channel="D13", value=False))["value"] is False


async def test_the_same_key_is_done_once(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        first = await client.call("set", channel="D13", value=True, key="k")
        assert await client.call("set", channel="D13", value=True, key="k") == first
        assert await client.reason("set", channel="D13", value=False, key="k") == "key_reused"


async def test_http_speaks_the_same(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        headers = {**bearer(ready), "Content-Type": "application/json"}

        async def post(body: object) -> tuple[int, str]:
            answer = await request(ready, "/api/v1/rpc", headers, method="POST", body=json.dumps(body))
            return answer.status, answer.text

        wish = {"jsonrpc": "2.0", "id": 7, "method": "set", "params": {"channel": "D13", "value": True}}
        status, text = await post(wish)
        assert (status, json.loads(text)["result"]["value"]) == (200, True)
        status, text = await post([wish, {**wish, "id": 8}])
        assert [each["id"] for each in json.loads(text)] == [7, 8]
        assert await post({key: value for key, value in wish.items() if key != "id"}) == (204, "")
        _, text = await post({"jsonrpc": "2.0", "id": 1, "method": "subscribe"})
        assert json.loads(text)["error"]["data"]["reason"] == "refused"
        listed = json.loads((await request(ready, "/api/v1/boards", bearer(ready))).text)
        assert [board["id"] for board in listed["boards"]] == ["greenhouse"]
        assert json.loads((await request(ready, "/api/v1/boards/greenhouse", bearer(ready))).text)["state"] == "live"
        assert (await request(ready, "/api/v1/boards/attic", bearer(ready))).status == 404
        too_large = await request(ready, "/api/v1/rpc", headers, method="POST", body="x" * 70_000)
        assert too_large.status == 413


@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param(b"binary", 1003, id="binary"),
        pytest.param("x" * 70_000, 1009, id="too-large"),
    ],
)
async def test_bad_messages_get_the_right_close_code(tmp_path: Path, message: str | bytes, code: int) -> None:
    async with gateway(tmp_path) as ready, connection(ready, "ardugate.v1.json") as socket:
        await socket.send(message)
        async with asyncio.timeout(PATIENCE_S):
            await socket.wait_closed()
        assert socket.close_code == code


async def test_fragments_are_one_message(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready, connection(ready, "ardugate.v1.json") as socket:
        await socket.send(iter(['{"jsonrpc": "2.0", ', '"id": 1, ', '"method": "boards"}']))
        async with asyncio.timeout(PATIENCE_S):
            while "id" not in (answer := await next_json(socket)):
                pass
        assert answer["result"] == {"boards": []}


async def test_an_unknown_subprotocol_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        with pytest.raises(InvalidStatus) as caught:
            await connection(ready, "mqtt")
        assert caught.value.response.status_code == 400
        assert b"ardugate.v1.json" in caught.value.response.body


async def test_the_demo_board_declares_channels_with_units(tmp_path: Path) -> None:
    async with gateway(tmp_path, DEMO) as ready, talk(ready) as client:
        value = await client.call("get", channel="temp")
        assert value["unit"] == "°C"
        assert 0 < value["value"] < 50


@pytest.mark.parametrize("by_s", [-3600, 3600], ids=["back", "forward"])
async def test_when_the_clock_is_set_streams_end_and_their_successors_use_the_new_time(
    by_s: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps_ns = [0]
    clock = partial(GatewayClock, wall_ns=lambda: time.time_ns() + sum(steps_ns))
    monkeypatch.setattr(sys.modules["ardugate.runtime.serve"], "GatewayClock", clock)
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        before = (await client.call("subscribe", channels=["A0"]))["streams"][0]["stream"]
        await client.until("samples")
        left_s = (await client.call("lease_take", channels=["D13"], ttl_ms=60_000))["leases"][0][
            "until_s"
        ] - time.time()
        client.told.clear()
        steps_ns.append(by_s * 10**9)
        told = await client.until("event", lambda it: it["kind"] == "clock")
        assert told["board"] is None
        new_s = time.time() + by_s
        assert told["t_s"] == pytest.approx(new_s, abs=1)
        (lease,) = (await client.until("lease", lambda it: it["cause"] == "renewed"))["leases"]
        assert lease["until_s"] - new_s == pytest.approx(left_s, abs=5)
        after = await client.until("streams", lambda it: any(each["cause"] == "clock" for each in it["streams"]))
        assert after["streams"][0]["predecessor"] == before
        assert after["streams"][0]["started_t_s"] == pytest.approx(new_s, abs=1)
        samples = await client.until("samples", lambda it: it["stream"] == after["streams"][0]["stream"])
        assert samples["t0_s"] == pytest.approx(new_s, abs=1)
        assert samples["lost"] == 0
        receipt = await client.call("set", channel="D13", value=True, ttl_ms=1000)
        assert receipt["executed_t_s"] == pytest.approx(time.time() + by_s, abs=1)
        assert receipt["until_s"] - receipt["executed_t_s"] == pytest.approx(1, abs=0.01)
        assert (await client.call("boards"))["boards"][0]["state"] == "live"
