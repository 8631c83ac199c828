"""The fan-out, with connections in the hand: who is passed over, and what is one write."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import pytest

from ardugate.model import (
    Batch,
    Board,
    BoardState,
    Channel,
    ClearStopRequest,
    Mode,
    Principal,
    Receipt,
    Role,
    StopRequest,
    Stream,
    ValueType,
)
from ardugate.runtime.board_task import BoardTask
from ardugate.runtime.client import Client
from ardugate.runtime.gateway import Gateway
from ardugate.runtime.http.access import Access, Head
from ardugate.runtime.ticker import Ticker
from ardugate.session.encode import Frame
from tests.support.machine import Waited

NOW_NS = 1_700_000_000_000_000_000


class Line:
    """A connection that keeps what is written."""

    remote = "192.0.2.1"

    def __init__(self) -> None:
        self.paused = False
        self.writes: list[list[dict[str, Any]]] = []
        self.closed: list[tuple[int, str]] = []
        self.news = asyncio.Event()

    def send(self, frames: Sequence[Frame], wire: bytes) -> None:
        assert wire == b"".join(frame.wire for frame in frames)
        self.writes.append([json.loads(frame.payload) for frame in frames])
        self.news.set()

    def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))

    def methods(self) -> list[str]:
        return [message.get("method", "answer") for write in self.writes for message in write]

    async def until(self, method: str, count: int = 1) -> None:
        async with asyncio.timeout(5):
            while self.methods().count(method) < count:
                await self.news.wait()
                self.news.clear()


@pytest.fixture
async def gateway() -> Gateway:
    access = Access(token="t", bind_host="127.0.0.1", tcp_port=8765, now_s=lambda: NOW_NS / 1e9)
    made = Gateway(access=access, url="http://127.0.0.1:8765/", now_ns=lambda: NOW_NS)
    made.board_changed(Board("uno", "uno", "/dev/null", BoardState.LIVE), known=True)
    channel = Channel(14, "A0", ValueType.INT, Mode.ANALOG, dtype="u16", rate_hz=100.0)
    made.stream_started(Stream("b1", "uno", (channel,), "u16", 160_000, 16_000_000, NOW_NS))
    return made


def publish(gateway: Gateway, seq: int, count: int = 10) -> None:
    gateway.publish(Batch("b1", seq, NOW_NS + seq * 10_000_000, [array("H", range(count))]))


def connect(gateway: Gateway, *, role: Role = Role.ADMIN) -> tuple[Line, Client]:
    line = Line()
    client = gateway.open(line, Head("/ws", "", []), Principal("somebody", role), "ardugate.v1.json")
    return line, client


async def subscribe(line: Line, client: Client) -> None:
    client.receive_text(b'{"jsonrpc": "2.0", "id": 1, "method": "subscribe"}')
    await line.until("streams")


async def test_the_first_message_is_the_welcome(gateway: Gateway) -> None:
    line, _ = connect(gateway)
    assert line.methods() == ["welcome"]


async def test_a_tick_is_one_write_a_client(gateway: Gateway) -> None:
    line, client = connect(gateway)
    await subscribe(line, client)
    for seq in range(0, 50, 10):
        publish(gateway, seq)
    await line.until("samples", 5)
    assert max(len(write) for write in line.writes) == 5


async def test_who_is_paused_is_passed_over_and_goes_on_from_his_place(gateway: Gateway) -> None:
    slow, slow_client = connect(gateway)
    quick, quick_client = connect(gateway)
    await subscribe(slow, slow_client)
    await subscribe(quick, quick_client)
    slow.paused = True
    for seq in range(0, 30, 10):
        publish(gateway, seq)
    await quick.until("samples", 3)
    assert "samples" not in slow.methods()
    slow.paused = False
    slow_client.writable()
    await slow.until("samples", 3)
    assert [m["params"]["seq"] for write in slow.writes for m in write if m.get("method") == "samples"] == [0, 10, 20]


async def test_control_messages_wait_for_who_is_paused_until_there_are_too_many(gateway: Gateway) -> None:
    line, _ = connect(gateway)
    line.paused = True
    for index in range(2_000):
        gateway.happened("fault", "uno", f"number {index}")
    assert line.methods() == ["welcome"]
    assert line.closed[0][0] == 1013


async def test_a_receipt_does_not_wait_for_the_tick(gateway: Gateway) -> None:
    line, client = connect(gateway)
    gateway.close()  # no tick from here on
    client.receive_text(b'{"jsonrpc": "2.0", "id": 1, "method": "boards"}')
    await line.until("answer")


async def test_who_left_gets_nothing_and_frees_its_place(gateway: Gateway) -> None:
    line, client = connect(gateway)
    await subscribe(line, client)
    client.connection_lost()
    publish(gateway, 0)
    assert gateway.clients() == []
    assert gateway.hub.ready() == []


async def test_a_viewer_may_stop_and_may_not_set(gateway: Gateway) -> None:
    line, client = connect(gateway, role=Role.VIEW)
    client.receive_text(b'{"jsonrpc": "2.0", "id": 1, "method": "set", "params": {"channel": "A0", "value": 1}}')
    client.receive_text(b'{"jsonrpc": "2.0", "id": 2, "method": "stop_all"}')
    await line.until("answer", 2)
    answers = {m["id"]: m for write in line.writes for m in write if "id" in m}
    assert answers[1]["error"]["data"]["reason"] == "not_allowed"
    # Allowed, and told for each board: this one has no port here.
    assert answers[2]["result"]["boards"]["uno"]["error"]["reason"] == "offline"


class Port:
    """A board task that keeps what its board is asked, and answers nothing."""

    def __init__(self) -> None:
        self.board = Board("uno", "uno", "/dev/null", BoardState.LIVE)
        self.failures = 0
        self.asked: list[object] = []

    def ask(self, request: object, timeout_s: float = 2.0) -> asyncio.Future[Receipt]:
        del timeout_s
        self.asked.append(request)
        return asyncio.get_running_loop().create_future()


def say(client: Client, number: int, method: str, **params: object) -> None:
    client.receive_text(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode())


async def test_a_stop_is_at_its_port_when_its_message_was_read_whatever_was_asked_before(gateway: Gateway) -> None:
    gateway.tasks.append(cast("BoardTask", port := Port()))
    _, client = connect(gateway)
    for number in range(300):  # more than may wait for their answers
        say(client, number, "identify", board="uno")
    say(client, 300, "stop_all")
    assert port.asked == [StopRequest()]
    await asyncio.sleep(0)
    assert len(port.asked) == 1 + 256


async def test_a_stop_is_not_cleared_by_what_was_asked_before_it(gateway: Gateway) -> None:
    gateway.tasks.append(cast("BoardTask", port := Port()))
    line, client = connect(gateway)
    say(client, 1, "clear_stop")
    say(client, 2, "stop_all")
    client.receive_text(b'{"jsonrpc": "2.0", "id": 3, "method": "clear_stop"}', overtaken=True)
    say(client, 4, "clear_stop")
    await line.until("answer", 2)
    reasons = {m["id"]: m["error"]["data"]["reason"] for write in line.writes for m in write if "error" in m}
    assert reasons == {1: "stopped", 3: "stopped"}
    assert port.asked == [StopRequest(), ClearStopRequest()]


async def test_a_stop_of_a_board_that_is_not_there_is_refused(gateway: Gateway) -> None:
    line, client = connect(gateway)
    say(client, 1, "stop_all", board="attic")
    await line.until("answer")
    assert line.writes[-1][0]["error"]["data"]["reason"] == "unknown_board"


async def test_a_mistake_of_ours_in_a_stop_is_answered_and_counted(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line, client = connect(gateway)
    monkeypatch.setattr(client.resolver, "known", lambda: 1 // 0)
    say(client, 1, "stop_all")
    await line.until("answer")
    assert line.writes[-1][0]["error"]["data"]["reason"] == "internal"
    assert "ZeroDivisionError" in caplog.text
    assert gateway.mistakes() == 1


async def test_a_mistake_of_ours_is_answered_and_counted(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line, client = connect(gateway)
    monkeypatch.setattr(gateway.hub.directory, "boards", lambda: 1 // 0)
    client.receive_text(b'{"jsonrpc": "2.0", "id": 1, "method": "boards"}')
    await line.until("answer")
    assert line.writes[-1][0]["error"]["data"]["reason"] == "internal"
    assert "ZeroDivisionError" in caplog.text
    assert gateway.mistakes() == 1


async def test_a_tick_comes_at_once_when_idle_and_not_more_often_than_its_period() -> None:
    loop = asyncio.get_running_loop()
    times_s: list[float] = []
    done = asyncio.Event()

    def tick() -> float | None:
        times_s.append(loop.time())
        if len(times_s) == 3:
            done.set()
        return 0.0

    ticker = Ticker(0.02, tick)
    began_s, waited = loop.time(), Waited()
    ticker.wake()
    ticker.wake()
    async with asyncio.timeout(5):
        await done.wait()
    ticker.stop()
    ticker.wake()
    assert times_s[0] - began_s < 0.02 + waited.seconds
    assert all(after - before >= 0.0199 for before, after in pairwise(times_s))


async def test_a_tick_that_says_when_is_called_then_or_sooner_when_woken() -> None:
    called = asyncio.Event()

    def tick() -> float | None:
        called.set()
        return 3600.0

    ticker = Ticker(0.001, tick)
    for _ in range(3):
        ticker.wake()
        async with asyncio.timeout(5):
            await called.wait()
        called.clear()
    ticker.stop()
