"""Server-Sent Events and long polling: slower than a WebSocket, never different."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.request
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlsplit

import pytest

from ardugate.hub import ring
from ardugate.runtime import Ready
from ardugate.runtime.http import fallback as fallback_module
from ardugate.runtime.http import protocol as http_protocol
from ardugate.runtime.http import websocket as ws_protocol
from tests.integration.events import SMALL_BYTES, connected, events
from tests.integration.helpers import PATIENCE_S, Answer, Message, bearer, gateway, request, talk
from tests.support.machine import Waited

BOARD = "sim://?name=greenhouse&sketch=plain"
ANALOG = "greenhouse/A0,greenhouse/A1"


async def poll(ready: Ready, query: str = "") -> Message:
    answer = await request(ready, f"/api/v1/poll?{query}", bearer(ready))
    assert answer.status == 200, answer.text
    return cast("Message", json.loads(answer.text))


def samples(messages: list[Message]) -> list[Message]:
    return [message["params"] for message in messages if message["method"] == "samples"]


def numbers(batches: list[Message]) -> list[int]:
    """The scans of batches, by number."""
    return [
        number
        for batch in batches
        for number in range(batch["seq"], batch["seq"] + len(next(iter(batch["columns"].values()))))
    ]


def assert_nothing_missing(batches: list[Message]) -> None:
    """Every scan is here once, but for those that a batch itself says are lost on the board (which a simulated one
    counts when this machine has no time for it)."""
    due = batches[0]["seq"]
    for batch in batches:
        assert batch["seq"] - batch["lost"] == due, batch
        due = numbers([batch])[-1] + 1


def reason(answer: Answer) -> tuple[int, str]:
    return answer.status, str(json.loads(answer.text)["error"]["reason"])


async def until_clients_are(ready: Ready, count: int) -> None:
    """Wait until so many clients are connected, the one that asks included."""
    async with talk(ready) as client, asyncio.timeout(PATIENCE_S):
        while len((await client.call("clients"))["clients"]) != count:
            pass


async def test_all_three_ways_bring_the_same_messages(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, events(ready, f"channels={ANALOG}") as stream, talk(ready) as client:
        await client.call("subscribe", channels=ANALOG.split(","))
        assert (await stream.until("welcome"))["protocol"] == "ardugate.v1.json"
        (announced,) = (await stream.until("streams"))["streams"]
        first = await client.until("samples")
        over_ws = [first] + [await client.until("samples") for _ in range(20)]
        over_sse = [await stream.until("samples")]
        while over_sse[-1]["seq"] < over_ws[-1]["seq"]:
            over_sse.append(await stream.until("samples"))
        assert stream.last_id == over_sse[-1]["cursor"]
        polled = await poll(ready, f"channels={ANALOG}&since={first['cursor']}")
        again = samples(polled["messages"])
        assert {batch["stream"] for batch in (*over_ws, *over_sse, *again)} == {announced["stream"]}
        by_seq = {batch["seq"]: batch for batch in over_ws}
        shared = [batch for batch in (*over_sse, *again) if batch["seq"] in by_seq]
        assert len(shared) > 20
        assert all(batch == by_seq[batch["seq"]] for batch in shared)


async def test_an_envelope_is_the_same_over_every_way(tmp_path: Path) -> None:
    query = f"channels={ANALOG}&form=envelope&max_hz=13"
    async with gateway(tmp_path, BOARD) as ready, events(ready, query) as stream, talk(ready) as client:
        told = await client.call("subscribe", channels=ANALOG.split(","), form="envelope", max_hz=13)
        assert [(each["form"], each["every"], each["dt_s"]) for each in told["streams"]] == [("envelope", 8, 0.08)]
        over_ws = [await client.until("samples") for _ in range(5)]
        over_sse = {batch["seq"]: batch for batch in [await stream.until("samples") for _ in range(5)]}
        polled = await poll(ready, f"{query}&since={over_ws[0]['cursor']}")
    assert over_sse[over_ws[2]["seq"]] == over_ws[2]
    assert samples(polled["messages"])[:2] == over_ws[1:3]
    for batch in over_ws:
        for column in batch["columns"].values():
            assert all(low <= high for low, high in zip(column["min"], column["max"], strict=True))
    seqs = [batch["seq"] for batch in over_ws]
    assert seqs == list(range(seqs[0], seqs[0] + 5))


async def test_a_browser_that_comes_back_gets_what_it_missed_once(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        async with events(ready, f"channels={ANALOG}") as stream:
            before = [await stream.until("samples") for _ in range(5)]
            last = stream.last_id
        await until_clients_are(ready, 1)
        async with events(ready, f"channels={ANALOG}&cursor=nonsense", Last_Event_ID=last) as stream:
            after = [await stream.until("samples") for _ in range(5)]
    assert_nothing_missing(before + after)


async def test_a_cursor_goes_from_one_way_to_the_next(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        async with events(ready, f"channels={ANALOG}") as stream:
            batches = [await stream.until("samples") for _ in range(3)]
        polled = await poll(ready, f"channels={ANALOG}&since={batches[-1]['cursor']}")
        batches += samples(polled["messages"])
        assert polled["cursor"] == batches[-1]["cursor"]
        async with talk(ready) as client:
            await client.call("subscribe", channels=ANALOG.split(","), cursor=polled["cursor"])
            batches += [await client.until("samples") for _ in range(3)]
    assert_nothing_missing(batches)


async def test_polls_of_a_session_go_on_where_the_last_one_ended(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        answers = [await poll(ready, f"channels={ANALOG}")]
        assert answers[0]["messages"][0]["method"] == "welcome"
        assert answers[0]["messages"][0]["params"]["session"] == answers[0]["session"]
        await client.call("stop_all")
        for _ in range(4):
            last = answers[-1]
            answers.append(await poll(ready, f"channels={ANALOG}&session={last['session']}&since={last['cursor']}"))
    assert len({answer["session"] for answer in answers}) == 1
    told = [message["method"] for answer in answers for message in answer["messages"]]
    assert told.count("welcome") == 1
    begun = [
        stream
        for answer in answers
        for message in answer["messages"]
        if message["method"] == "streams"
        for stream in message["params"]["streams"]
    ]
    # Again only when its clock error has changed.
    assert len({(stream["stream"], stream["clock_error_s"]) for stream in begun}) == len(begun), "each is told once"
    assert "stop" in told, "what happened between two polls is told too"
    assert_nothing_missing([batch for answer in answers for batch in samples(answer["messages"])])


async def test_a_poll_whose_answer_got_lost_is_asked_again(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        first = await poll(ready, f"channels={ANALOG}")
        query = f"channels={ANALOG}&session={first['session']}&since={first['cursor']}"
        lost = await poll(ready, query)
        again = await poll(ready, query)
        assert again["session"] != first["session"]
        assert again["messages"][0]["method"] == "welcome"
        assert set(numbers(samples(lost["messages"]))) <= set(numbers(samples(again["messages"])))
        await until_clients_are(ready, 2)


async def test_another_principals_session_is_nobodys(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        signed_in = await request(ready, ready.link.removeprefix(ready.url.rstrip("/")))
        first = await poll(ready, f"channels={ANALOG}")
        path = f"/api/v1/poll?channels={ANALOG}&session={first['session']}&since={first['cursor']}"
        stranger = await request(ready, path, {"Cookie": signed_in.cookie})
        assert json.loads(stranger.text)["session"] != first["session"]


async def test_a_poll_without_news_ends_in_time(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        first = await poll(ready, "wait_s=0")
        assert [message["method"] for message in first["messages"]] == ["welcome"]
        second = await poll(ready, f"wait_s=0.1&session={first['session']}")
        assert second == {"session": first["session"], "cursor": None, "messages": []}


@pytest.mark.parametrize("way", ["stream?", "poll?"])
@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        pytest.param("channels=greenhouse/A99", 404, "unknown_channel", id="no such channel"),
        pytest.param("channels=attic/A0", 404, "unknown_board", id="no such board"),
        pytest.param("form=newest", 422, "out_of_range", id="no such form"),
        pytest.param("max_hz=fast", 422, "wrong_type", id="no number"),
        pytest.param("max_hz=nan", 422, "out_of_range", id="not a number"),
        pytest.param("max_hz=0", 422, "out_of_range", id="out of range"),
        pytest.param("chanels=A0", 400, "bad_request", id="a misspelt word"),
        pytest.param("channels=" + ",".join(["A0"] * 257), 422, "out_of_range", id="too many globs"),
    ],
)
async def test_what_cannot_be_is_refused_before_it_begins(
    tmp_path: Path, way: str, query: str, status: int, why: str
) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        assert reason(await request(ready, f"/api/v1/{way}{query}", bearer(ready))) == (status, why)
        await until_clients_are(ready, 1)


@pytest.mark.parametrize("address", ["stream?cursor={}", "poll?since={}"])
@pytest.mark.parametrize("cursor", ["7f3a-1", "", "x" * 100, "%00"])
async def test_a_cursor_of_another_life_is_refused(tmp_path: Path, address: str, cursor: str) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        answer = await request(ready, f"/api/v1/{address.format(cursor)}", bearer(ready))
        assert reason(answer) == (410, "cursor_expired")


@pytest.mark.parametrize("wait_s", ["-1", "56", "nan"])
async def test_a_poll_waits_no_longer_than_proxies_do(tmp_path: Path, wait_s: str) -> None:
    async with gateway(tmp_path) as ready:
        assert reason(await request(ready, f"/api/v1/poll?wait_s={wait_s}", bearer(ready))) == (422, "out_of_range")


@pytest.mark.parametrize("path", ["/api/v1/stream", "/api/v1/poll"])
async def test_the_door_is_in_front(tmp_path: Path, path: str) -> None:
    async with gateway(tmp_path, BOARD) as ready:
        assert reason(await request(ready, path)) == (401, "not_allowed")
        for forged in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            assert reason(await request(ready, path, {**bearer(ready), **forged})) == (403, "not_allowed")


async def test_a_stream_comes_over_http_1_1_too(tmp_path: Path) -> None:
    def first_lines(ready: Ready) -> list[str]:
        asked = urllib.request.Request(f"{ready.url}api/v1/stream?channels={quote('*/A0')}", headers=bearer(ready))
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
            assert answer.headers["cache-control"] == "no-store"
            return [answer.readline().decode() for _ in range(4)]

    async with gateway(tmp_path, BOARD) as ready:
        retry, empty, welcome, end = await asyncio.to_thread(first_lines, ready)
        assert (retry, empty, end) == ("retry: 1000\n", "\n", "\n")
        assert json.loads(welcome.removeprefix("data: "))["method"] == "welcome"
        await until_clients_are(ready, 1)


async def test_a_quiet_stream_is_kept_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback_module, "KEEP_ALIVE_S", 0.05)
    async with gateway(tmp_path) as ready, events(ready) as stream:
        await stream.until("welcome")
        async with asyncio.timeout(PATIENCE_S):
            assert await stream.reader.readline() == b": still here\n"


async def test_clients_over_http_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback_module, "MAX_CLIENTS", 2)
    async with gateway(tmp_path, BOARD) as ready, events(ready):
        await poll(ready)
        assert reason(await request(ready, "/api/v1/poll", bearer(ready))) == (429, "too_many")
        assert reason(await request(ready, "/api/v1/stream", bearer(ready))) == (429, "too_many")


async def test_who_polls_no_more_is_gone_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback_module, "STALL_S", 0.1)
    async with gateway(tmp_path, BOARD) as ready:
        first = await poll(ready, f"channels={ANALOG}")
        await until_clients_are(ready, 1)
        later = await poll(ready, f"channels={ANALOG}&session={first['session']}&since={first['cursor']}")
        assert later["session"] != first["session"]
        assert_nothing_missing(samples(first["messages"]) + samples(later["messages"]))


async def test_one_session_waits_once(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        first = await poll(ready, "wait_s=0")
        path = f"/api/v1/poll?session={first['session']}"
        both = await asyncio.gather(*(request(ready, f"{path}&wait_s=1", bearer(ready)) for _ in range(2)))
        assert sorted(answer.status for answer in both) == [200, 429]


async def test_streams_and_polls_end_with_the_gateway(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with gateway(tmp_path) as ready, events(ready) as stream:
        await stream.until("welcome")
        first = await poll(ready, "wait_s=0")
        path = f"/api/v1/poll?wait_s=50&session={first['session']}"
        waits = asyncio.create_task(request(ready, path, bearer(ready)))
        await until_clients_are(ready, 3)
        began_s, waited = loop.time(), Waited()
        # Leaving the block ends the gateway.
        ended = asyncio.create_task(stream.next())
    assert await ended is None
    answer = await waits
    if answer.status == 200:
        assert json.loads(answer.text)["messages"] == []
    else:
        assert reason(answer) == (503, "offline"), "it came too late"
    assert loop.time() - began_s < 3 + waited.seconds


@pytest.fixture
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buffers that are full in no time."""
    for module in (http_protocol, ws_protocol):
        monkeypatch.setattr(module, "SEND_BUFFER_BYTES", 4_096)
        monkeypatch.setattr(module, "HIGH_WATER_BYTES", 4_096)
    monkeypatch.setattr(fallback_module, "HIGH_WATER_BYTES", 4_096)


async def test_who_reads_too_slowly_is_told_exactly_what_it_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_buffers: None
) -> None:
    monkeypatch.setattr(ring, "RING_BATCHES", 8)
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        await client.call("rate", channels=["A0", "A1"], hz=2_000)
        await client.call("subscribe", channels=ANALOG.split(","))
        async with events(ready, f"channels={ANALOG}", buffer_bytes=SMALL_BYTES) as stream:
            (announced,) = (await stream.until("streams"))["streams"]
            for _ in range(150):  # 3 s in batches of 20 ms, 100 kB in all: twice what all buffers hold
                await client.until("samples")
            next_seq, dropped = numbers([await stream.until("samples")])[-1] + 1, 0
            async with asyncio.timeout(PATIENCE_S):
                while not dropped or next_seq < dropped + 1_000:
                    message = await stream.next()
                    assert message is not None
                    params = message["params"]
                    if message["method"] == "loss":
                        assert (params["place"], params["stream"]) == ("client", announced["stream"])
                        assert params["from_seq"] == next_seq
                        dropped += params["count"]
                        next_seq += params["count"]
                    elif message["method"] == "samples":
                        assert params["seq"] == next_seq
                        next_seq = numbers([params])[-1] + 1
        assert dropped > 0


def never_reading(ready: Ready) -> socket.socket:
    """A stream's client that takes as little as it can."""
    sock = connected(ready, SMALL_BYTES)
    headers = {"Host": urlsplit(ready.url).netloc, **bearer(ready)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    sock.sendall(f"GET /api/v1/stream HTTP/1.1\r\n{head}\r\n".encode())
    return sock


async def test_who_never_reads_is_cut_off_and_others_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_buffers: None
) -> None:
    monkeypatch.setattr(fallback_module, "STALL_S", 0.5)
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        sock = never_reading(ready)
        await client.call("rate", channels=["A0", "A1"], hz=1_000)
        await client.call("subscribe", channels=ANALOG.split(","))
        await until_clients_are(ready, 3)
        batches: list[Message] = []
        # It is told much until it is full, the kernel's share included.
        async with asyncio.timeout(60):
            while len((await client.call("clients"))["clients"]) > 1:
                batches.append(await client.until("samples"))
        by_stream: dict[str, list[Message]] = {}
        for batch in batches:
            by_stream.setdefault(batch["stream"], []).append(batch)
        for got in map(numbers, by_stream.values()):
            assert got == list(range(got[0], got[0] + len(got)))
        sock.close()
