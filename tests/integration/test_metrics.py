"""``/metrics`` of a running gateway, read by Prometheus' own library."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from ardugate.model import BoardState
from ardugate.runtime import Ready
from tests.integration.helpers import PATIENCE_S, Talk, bearer, gateway, request, talk

DOCS = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text()
ROWS = re.findall(r"^\| ((?:`\w+` ?)+)\| (\w+) \| ((?:`\w+` ?)*)\|", DOCS, flags=re.MULTILINE)

pytestmark = pytest.mark.asyncio(loop_scope="module")

Told = dict[str, dict[tuple[tuple[str, str], ...], float]]
GROWING = ("ardugate_samples_total", "ardugate_line_bytes_total", "ardugate_forward_seconds_count")


# One gateway for all, whose board has lost something: nothing here depends on who looked before.
@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Ready]:
    board = "sim://?name=demo&sketch=plain&corrupt=0.02&baud=115200&max_baud=115200"
    async with gateway(tmp_path_factory.mktemp("state"), board) as started:
        async with talk(started) as client:
            await client.live()
            await until_something_is_lost(client)
            await client.until("samples")
        yield started


async def metrics(ready: Ready) -> Told:
    answer = await request(ready, "/metrics", bearer(ready))
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    told: Told = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            told.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return told


async def until_something_is_lost(client: Talk) -> None:
    await client.call("subscribe", channels=["A0"])
    async with asyncio.timeout(PATIENCE_S):
        while True:
            (board,) = (await client.call("boards"))["boards"]
            places = {each["place"] for each in (await client.call("ledger"))["losses"]}
            if "wire" in places and board["link"] and board["link"]["counters"]:
                return
            await client.until("samples")


async def test_what_is_told_is_documented_with_its_type_and_labels_and_the_other_way_round(ready: Ready) -> None:
    async with talk(ready) as client:
        await client.live()
        answer = await request(ready, "/metrics", bearer(ready))
    found = {
        (name, family.type, tuple(sorted({label for each in family.samples for label in each.labels} - {"le"})))
        for family in text_string_to_metric_families(answer.text)
        for name in [f"{family.name}_total" if family.type == "counter" else family.name]
    }
    documented = {
        (name, kind, tuple(sorted(re.findall(r"\w+", labels))))
        for names, kind, labels in ROWS
        for name in re.findall(r"\w+", names)
    }
    assert found == documented


def has_grown(first: Told, now: Told) -> bool:
    """Whether the board has said something since, and was said something: a heartbeat, at the latest; and whether what
    it said was passed on, for the first samples that a subscriber gets are older than its wish."""
    return all(now[name][key] > first[name][key] for name in GROWING for key in first[name])


async def test_boards_clients_requests_and_losses_are_counted(ready: Ready) -> None:
    demo = (("board", "demo"),)
    async with talk(ready) as client:
        await client.live()
        first = await metrics(ready)
        before = first["ardugate_samples_total"][demo]
        await client.call("subscribe", channels=["A0"])
        async with asyncio.timeout(PATIENCE_S):
            while not has_grown(first, await metrics(ready)):
                await client.until("samples")
        await client.reason("get", channel="A99")
        ledger = (await client.call("ledger"))["losses"]
        told = await metrics(ready)
    states = {dict(labels)["state"]: value for labels, value in told["ardugate_board_state"].items()}
    assert states == {state.value: float(state is BoardState.LIVE) for state in BoardState}
    assert told["ardugate_clients"] == {(("dialect", "ardugate.v1.json"), ("role", "admin")): 1.0}
    refused = (("method", "get"), ("outcome", "unknown_channel"))
    assert told["ardugate_requests_total"][refused] == 1.0
    assert told["ardugate_request_seconds_count"][("method", "get"),] == 1.0
    for direction in ("in", "out"):
        line = (("board", "demo"), ("direction", direction))
        assert told["ardugate_line_bytes_total"][line] > first["ardugate_line_bytes_total"][line] > 0
    assert told["ardugate_line_baud"] == {demo: 115_200.0}
    assert told["ardugate_link_faults_total"][("board", "demo"), ("kind", "bad_frame")] > 0
    for what in ("samples", "control"):
        sent = (("dialect", "ardugate.v1.json"), ("what", what))
        assert told["ardugate_sent_bytes_total"][sent] > first["ardugate_sent_bytes_total"][sent]
        assert told["ardugate_sent_messages_total"][sent] > first["ardugate_sent_messages_total"][sent]
    assert told["ardugate_forward_seconds_count"][()] > first["ardugate_forward_seconds_count"][()]
    assert set(told["ardugate_clients_behind"].values()) == {0.0}
    assert told["ardugate_samples_total"][demo] > before
    wire = (("board", "demo"), ("place", "wire"), ("reason", "damaged"))
    assert told["ardugate_lost_scans_total"][wire] >= next(each["count"] for each in ledger if each["place"] == "wire")
    assert told["ardugate_mistakes_total"] == {(): 0.0}
    assert told["process_open_fds"][()] < told["process_max_fds"][()]


async def test_no_secret_and_nobodys_name_is_in_it_and_a_stranger_gets_nothing(ready: Ready) -> None:
    async with talk(ready) as client:
        await client.live()
        answer = await request(ready, "/metrics", bearer(ready))
    for told in (ready.token, "127.0.0.1", "c_1", "token"):
        assert told not in answer.text
    assert (await request(ready, "/metrics")).status == 401
