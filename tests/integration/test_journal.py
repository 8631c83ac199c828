"""What happened stands in the journal in plain words, over the API and on disk."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from ardugate.runtime.watching.journal import read_journal
from ardugate.session.spoken import Happenings
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import BoardOnPty, bearer, connection, gateway, request, talk

PLAIN = SimOptions(name="greenhouse", sketch=SketchName.PLAIN)


async def test_a_boards_life_a_stop_and_a_stranger_are_told_in_plain_words_and_kept(tmp_path: Path) -> None:
    state, place = tmp_path / "state", tmp_path / "board"
    board = BoardOnPty(place, SimBoard(PLAIN))
    board.plug()
    async with gateway(state, str(place)) as ready, talk(ready) as client:
        await client.live()
        await client.call("stop_all")
        await request(ready, "/api/v1/boards", {**bearer(ready), "Origin": "http://evil.example"})
        await request(ready, "/api/v1/boards")
        board.unplug()
        await client.until("board", lambda it: it.get("board", {}).get("state") == "down")
        told = await client.call("journal")
        Happenings.model_validate(told)
        lines = [(entry["kind"], entry["board"], entry["text"]) for entry in told["entries"]]
        (mine,) = (await client.call("clients"))["clients"]
        about = (await client.call("journal", board="greenhouse", last=1))["entries"]
        up_to = (await client.call("journal", until_s=told["entries"][1]["t_s"]))["entries"]
        assert up_to == told["entries"][:2]
        assert await client.reason("journal", board="attic") == "unknown_board"
    assert lines[0][0] == "started"
    assert ready.url in lines[0][2]
    assert ("live", "greenhouse", "greenhouse is live") in lines
    assert ("stop", "greenhouse", f"greenhouse was stopped by token ({mine['session']})") in lines
    assert ("down", "greenhouse", "greenhouse is down: unplugged") in lines
    refused = [text for kind, _, text in lines if kind == "refused"]
    assert refused == [
        "127.0.0.1 was not let in: pages of http://evil.example may not connect",
        "127.0.0.1 was not let in: this gateway does not know you",
    ]
    came = [text for kind, _, text in lines if kind == "client"]
    assert came == [f"{mine['session']} (token) came from 127.0.0.1, speaking ardugate.v1.json"]
    assert [entry["kind"] for entry in about] == ["down"]
    on_disk = read_journal(state)
    assert on_disk[: len(lines)] == told["entries"]
    assert on_disk[-1]["kind"] == "ended"
    assert ready.token not in (state / "journal.jsonl").read_text()


async def test_after_a_restart_the_journal_goes_on(tmp_path: Path) -> None:
    kinds = list[str]()
    for _ in range(2):
        async with gateway(tmp_path) as ready, talk(ready) as client:
            kinds = [entry["kind"] for entry in (await client.call("journal"))["entries"]]
    assert [kind for kind in kinds if kind != "client"] == ["started", "ended", "started"]


async def test_losses_are_summed_up_by_place(tmp_path: Path) -> None:
    async with gateway(tmp_path, "sim://?name=demo&sketch=plain&corrupt=0.02") as ready, talk(ready) as client:
        await client.live()
        await client.call("subscribe", channels=["A0"])
        lost = list[str]()
        while not lost:
            await client.until("samples")
            entries = (await client.call("journal", since_s=0))["entries"]
            lost = [entry["text"] for entry in entries if entry["kind"] == "lost"]
        assert "scans of demo were lost on the wire (damaged, " in lost[0] or "not taken by the board" in lost[0]


async def test_who_was_refused_a_websocket_is_told_too(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready, talk(ready) as client:
        with pytest.raises(InvalidStatus):
            await connection(ready, origin=Origin("http://evil.example"))
        entries = (await client.call("journal"))["entries"]
        assert [entry["text"] for entry in entries if entry["kind"] == "refused"] == [
            "127.0.0.1 was not let in: pages of http://evil.example may not connect"
        ]


async def test_who_commanded_and_what_sketches_print_is_written_down_with_bounds(tmp_path: Path) -> None:
    board = BoardOnPty(tmp_path / "board", SimBoard(PLAIN))
    board.plug()
    async with gateway(tmp_path / "state", str(board.place)) as ready, talk(ready) as client:
        await client.live()
        for number in range(40):
            await client.call("set", channel="D13", value=number % 2 == 0)
        await client.call("get", channel="D13")
        board.board.print_text(time.time_ns(), "ready\n" + "x" * 500 + "\n")
        await client.until("log", lambda it: "x\n" in it["text"])
        (mine,) = (await client.call("clients"))["clients"]
    board.unplug()
    entries = read_journal(tmp_path / "state")
    commands = [entry for entry in entries if entry["kind"] == "command"]
    assert commands[0]["text"] == f'token ({mine["session"]}, 127.0.0.1): set channel="D13" value=true: done'
    assert commands[0]["board"] == "greenhouse"
    assert commands[-1]["text"] == "and 10 more like these within a minute"
    assert len(commands) == 31
    printed = [(entry["board"], entry["text"]) for entry in entries if entry["kind"] == "log"]
    assert printed[-2:] == [("greenhouse", "ready"), ("greenhouse", "x" * 200)]
