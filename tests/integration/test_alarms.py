"""Alarms of a running gateway: what everybody is told, and who is called."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ardugate.alarms import Compare, Quiet, Rule, parse_condition
from ardugate.runtime import AlarmOption
from ardugate.runtime.watching.calling import MAX_WAITING, Caller
from tests.integration.helpers import PATIENCE_S, gateway, talk

GREENHOUSE = "sim://?name=greenhouse&sketch=greenhouse"
HOT = Rule("pump is on", parse_condition("pump == on"))


class Hook:
    """A webhook that refuses the first ``refuses`` calls."""

    def __init__(self, refuses: int = 0) -> None:
        self.calls: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._refuses = refuses

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].split()[0])
        body = json.loads(await reader.readexactly(length))
        self._refuses -= 1
        answer = b"503 Busy" if self._refuses >= 0 else b"204 No Content"
        writer.write(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        assert head.startswith("POST /hook HTTP/1.1\r\n")
        self.calls.put_nowait(body)

    async def called(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.calls.get()


async def test_an_alarm_is_told_to_everybody_and_calls_its_webhook_and_its_command(tmp_path: Path) -> None:
    hook, out = Hook(), tmp_path / "called"
    server = await asyncio.start_server(hook.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    write = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    option = AlarmOption(HOT, url, (sys.executable, "-c", write, str(out), "{state}: {text}; {value} $HOME"))
    async with server, gateway(tmp_path / "state", GREENHOUSE, alarms=(option,)) as ready, talk(ready) as client:
        await client.call("set", channel="pump", value=True)
        raised = await client.until("event", lambda event: event["kind"] == "alarm")
        assert raised["alarm"] == {"name": "pump is on", "raised": True, "channel": "greenhouse/pump", "value": True}
        assert raised["board"] == "greenhouse"
        assert raised["text"] == "pump is on: pump == on (greenhouse/pump is on)"
        call = await hook.called()
        assert (call["state"], call["text"], call["gateway"]) == ("raised", raised["text"], ready.url)
        await client.call("set", channel="pump", value=False)
        over = await client.until("event", lambda event: event["kind"] == "alarm")
        assert (over["alarm"]["raised"], over["text"]) == (False, "pump is on is over (greenhouse/pump is off)")
        assert (await hook.called())["state"] == "over"
        journal = await client.call("journal")
        assert [entry["text"] for entry in journal["entries"] if entry["kind"] == "alarm"] == [
            raised["text"],
            over["text"],
        ]
        # The second call began after the first one's command had ended.
        assert out.read_text().startswith("raised: pump is on: pump == on (greenhouse/pump is on); True $HOME")


async def test_a_spike_of_fast_samples_and_a_board_that_never_comes_and_a_full_disk(tmp_path: Path) -> None:
    clear = parse_condition("A1 < -1")
    assert isinstance(clear, Compare)
    rules = (
        Rule("light", parse_condition("A1 >= 0"), clear),
        Rule("gone", parse_condition("board attic down for 100ms")),
        Rule("full", parse_condition("disk below 900000000 GB"), quiet=Quiet(0, 24 * 60 - 1)),
        Rule("still", parse_condition("no data from rain for 200ms")),
    )
    options = tuple(AlarmOption(rule) for rule in rules)
    async with gateway(tmp_path, GREENHOUSE, alarms=options) as ready, talk(ready) as client:
        await client.live()
        await client.call("rate", channels=["A1"], hz=500)
        names = set[str]()
        async with asyncio.timeout(PATIENCE_S):
            while names < {rule.name for rule in rules}:
                journal = await client.call("journal")
                names = {entry["text"].partition(":")[0] for entry in journal["entries"] if entry["kind"] == "alarm"}
                await asyncio.sleep(0.05)
        assert "alarms" in {each["principal"] for each in (await client.call("clients"))["clients"]}


async def test_a_webhook_that_is_busy_is_tried_again_and_one_that_is_not_there_is_said() -> None:
    hook, failed = Hook(refuses=2), asyncio.Queue[str]()
    server = await asyncio.start_server(hook.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    async with server:
        caller = Caller(AlarmOption(HOT, url), failed.put_nowait, pauses_s=(0.0, 0.0))
        caller.call({"name": "x"})
        assert [await hook.called() for _ in range(3)] == [{"name": "x"}] * 3
        await caller.close()
    gone = Caller(AlarmOption(HOT, url), failed.put_nowait, pauses_s=(0.0,))
    gone.call({"name": "x"})
    async with asyncio.timeout(PATIENCE_S):
        assert (await failed.get()).startswith("the webhook did not take it: ")
    await gone.close()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/nowhere/such-a-program",), "cannot be run"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "ended with status 3"),
    ],
)
async def test_a_command_that_fails_is_said(command: tuple[str, ...], why: str) -> None:
    failed = asyncio.Queue[str]()
    caller = Caller(AlarmOption(HOT, command=command), failed.put_nowait)
    caller.call({"name": "x"})
    async with asyncio.timeout(PATIENCE_S):
        assert why in await failed.get()
    await caller.close()


async def test_calls_that_wait_are_bounded() -> None:
    failed = list[str]()
    caller = Caller(AlarmOption(HOT, "http://127.0.0.1:1/"), failed.append)
    for _ in range(MAX_WAITING + 1):
        caller.call({"name": "x"})
    assert failed == [f"{MAX_WAITING} calls wait already: this one was not made"]
    await caller.close()
