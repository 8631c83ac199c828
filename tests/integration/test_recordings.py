"""Recordings over the API: what was told live is in the file, and the file can be fetched."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from ardugate.record.blocks import Damaged, blocks_in
from ardugate.record.notes import BoardSeen, Happened
from ardugate.record.reader import Event, Reader, Scans
from ardugate.runtime import Ready
from tests.integration.helpers import PATIENCE_S, Message, bearer, gateway, request, talk


@pytest.fixture
async def ready(tmp_path: Path) -> AsyncGenerator[Ready]:
    async with gateway(tmp_path, "sim://?name=demo&sketch=plain") as started:
        yield started


def events(data: bytes) -> list[Event]:
    return list(Reader().events(blocks_in(data)))


def download(ready: Ready, name: str) -> bytes:
    """A recording, as anybody with the token gets it."""
    asked = urllib.request.Request(f"{ready.url}api/v1/recordings/{name}", headers=bearer(ready))
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        data: bytes = answer.read()
    return data


def recorded(found: list[Event], channel: str) -> dict[int, tuple[float, object]]:
    """Times (s) and raw values of a regular channel by the number of their scan."""
    rows = dict[int, tuple[float, object]]()
    for each in found:
        if not isinstance(each, Scans) or each.stream.dt_s is None:
            continue
        names = [one.name for one in each.stream.channels]
        if channel in names:
            column = each.batch.columns[names.index(channel)]
            for row, value in enumerate(column):
                rows[each.batch.seq + row] = (each.batch.t0_ns / 1e9 + row * each.stream.dt_s, value)
    return rows


async def test_a_recording_has_what_was_told_live_bit_by_bit(ready: Ready) -> None:
    async with talk(ready) as client:
        await client.live()
        begun = await client.call("record_start", name="melting")
        assert begun["state"] == "recording"
        await client.call("subscribe", channels=["A0"])
        batches: list[Message] = [await client.until("samples") for _ in range(10)]
        await client.call("annotate", text="door opened")
        ended = await client.call("record_stop")
        assert ended["state"] == "whole"
        (listed,) = (await client.call("recordings"))["recordings"]
        assert (listed["name"], listed["state"]) == ("melting.ardcap", "whole")
        assert (await client.until("recording"))["recording"] == ended
        asked = {"channels": ["A0"], "from_s": ended["began_t_s"], "to_s": ended["until_t_s"] + 1}
        held = (await client.call("history", recording="melting", **asked))["samples"]
        assert (await client.call("history", recording="melting", **asked, points=2))["streams"][0][
            "form"
        ] == "envelope"
        assert await client.reason("history", recording="freezing", **asked) == "out_of_range"
        assert await client.reason("history", recording="../tokens", **asked) == "out_of_range"
    found = events(await asyncio.to_thread(download, ready, "melting.ardcap"))
    assert not any(isinstance(each, Damaged) for each in found)
    assert [each.board.id for each in found if isinstance(each, BoardSeen)][:1] == ["demo"]
    assert ("mark", "door opened") in [(each.kind, each.text) for each in found if isinstance(each, Happened)]
    rows = recorded(found, "A0")
    told = {
        batch["seq"] + row: (batch["t0_s"] + row * batch["dt_s"], value)
        for batch in batches[1:]  # the first may be older than the recording
        for row, value in enumerate(batch["columns"]["demo/A0"])
    }
    assert told.items() <= rows.items()
    # And so it is shown, with the same numbers.
    shown = {part["seq"] + row: value for part in held for row, value in enumerate(part["columns"]["demo/A0"])}
    assert {seq: value for seq, (_, value) in rows.items()} == shown


async def test_only_what_is_in_the_folder_is_given_away(ready: Ready, tmp_path: Path) -> None:
    (tmp_path / "secret.ardcap").write_text("secret")
    for name in ("missing", "..%2Fsecret", "%2e%2e/secret.ardcap", "..%5Csecret", "secret%00", "token"):
        answer = await request(ready, f"/api/v1/recordings/{name}", bearer(ready))
        assert answer.status in (400, 404), name
        assert answer.text != "secret"
    answer = await request(ready, "/api/v1/recordings/melting", {})
    assert answer.status == 401


async def test_a_gateway_that_recorded_nothing_lists_nothing(ready: Ready) -> None:
    listed = await request(ready, "/api/v1/recordings", bearer(ready))
    assert json.loads(listed.text)["recordings"] == []
