"""What was, over the WebSocket and over plain HTTP."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ardugate.runtime import Ready
from ardugate.session.rest import History
from tests.integration.helpers import Answer, Message, bearer, gateway, request, talk


@pytest.fixture
async def ready(tmp_path: Path) -> AsyncGenerator[Ready]:
    async with gateway(tmp_path, "sim://?name=demo&sketch=plain") as started:
        yield started


async def history(ready: Ready, **query: object) -> Answer:
    return await request(ready, f"/api/v1/history?{urlencode(query)}", bearer(ready))


def by_number(samples: list[Message], channel: str) -> dict[tuple[str, int], object]:
    """Values by stream and number of their scan."""
    return {
        (batch["stream"], batch["seq"] + row): value
        for batch in samples
        for row, value in enumerate(batch["columns"][channel])
    }


async def test_what_was_is_what_was_told_live_and_a_subscription_goes_on_from_there(ready: Ready) -> None:
    async with talk(ready) as client:
        await client.live()
        await client.call("subscribe", channels=["A0"])
        live = [await client.until("samples") for _ in range(20)]
        told = await client.call("history", channels=["A0"], from_s=live[1]["t0_s"])
        History.model_validate(told)
        assert by_number(live[1:], "demo/A0").items() <= by_number(told["samples"], "demo/A0").items()
        at = {each["t_s"][0]: each["seq"] for each in told["samples"]}
        assert at[live[1]["t0_s"]] == live[1]["seq"]
    async with talk(ready) as client:
        await client.call("subscribe", channels=["A0"], cursor=told["cursor"])
        after = await client.until("samples")
    last = told["samples"][-1]
    assert after["seq"] - after["lost"] == last["seq"] + len(last["t_s"])


async def test_over_http_it_is_the_same_as_json_and_as_a_table(ready: Ready) -> None:
    async with talk(ready) as client:
        await client.live()
        await client.call("subscribe", channels=["A0", "A1"])
        batches = [await client.until("samples") for _ in range(10)]
        first_s, last_s = batches[0]["t0_s"], batches[-1]["t0_s"]
        told = await client.call("history", channels=["A0", "A1"], from_s=first_s, to_s=last_s)
    query = {"channels": "A0,A1", "from_s": first_s, "to_s": last_s}
    over_http = await history(ready, **query)
    assert (over_http.status, over_http.headers["cache-control"]) == (200, "no-store")
    assert json.loads(over_http.text)["samples"] == told["samples"]
    table = await history(ready, **query, format="csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(table.text.splitlines()))
    assert list(rows[0]) == ["t_s", "demo/A0", "demo/A1"]
    scans = [row for part in told["samples"] for row in zip(part["t_s"], part["columns"]["demo/A0"], strict=True)]
    assert [(row["t_s"], row["demo/A0"]) for row in rows] == [(f"{t_s:.6f}", str(value)) for t_s, value in scans]


async def test_an_envelope_has_at_most_so_many_points(ready: Ready) -> None:
    async with talk(ready) as client:
        await client.live()
        await client.call("rate", channels=["A0"], hz=1_000)
        await client.call("subscribe", channels=["A0"])
        await client.until("samples", lambda it: it.get("dt_s") == 0.001 and it["seq"] > 500)
    told = json.loads((await history(ready, channels="A0", points=20)).text)
    fast = [stream["stream"] for stream in told["streams"] if stream["form"] == "envelope"]
    assert fast
    for stream in fast:
        assert sum(len(part["t_s"]) for part in told["samples"] if part["stream"] == stream) <= 20
    for part in told["samples"]:
        if part["stream"] in fast:
            column = part["columns"]["demo/A0"]
            assert all(low <= high for low, high in zip(column["min"], column["max"], strict=True))


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        pytest.param({"points": 0}, 422, "out_of_range", id="no points"),
        pytest.param({"points": "many"}, 422, "wrong_type", id="points in words"),
        pytest.param({"from_s": "yesterday"}, 422, "wrong_type", id="a time in words"),
        pytest.param({"from_s": -1}, 422, "out_of_range", id="before the epoch"),
        pytest.param({"from_s": "nan"}, 422, "out_of_range", id="no number at all"),
        pytest.param({"format": "xml"}, 422, "out_of_range", id="another format"),
        pytest.param({"channels": "A99"}, 404, "unknown_channel", id="no such channel"),
        pytest.param({"page": 2}, 400, "bad_request", id="an unknown word"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_reason(
    ready: Ready, query: dict[str, object], status: int, why: str
) -> None:
    async with talk(ready) as client:
        await client.live()
    answer = await history(ready, **query)
    assert (answer.status, json.loads(answer.text)["error"]["reason"]) == (status, why)


async def test_a_time_that_left_memory_is_gone(ready: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ardugate.hub.ring.RING_BATCHES", 2)
    async with talk(ready) as client:
        await client.live()
        await client.call("subscribe", channels=["A0"])
        first = await client.until("samples")
        for _ in range(4):
            await client.until("samples")
    answer = await history(ready, channels="A0", from_s=first["t0_s"])
    assert (answer.status, json.loads(answer.text)["error"]["reason"]) == (410, "cursor_expired")
