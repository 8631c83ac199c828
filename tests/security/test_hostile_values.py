"""A board that means ill once it is live: values that are no numbers, another board on the same line in the middle of
all, and ten times as much talk as a line carries."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Callable
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any, cast

import pytest

from ardugate.model import ValueType
from ardugate.sim import SimBoard, SimOptions, SketchName
from ardugate.sim.uno import Sampled, describe, record
from ardugate.wire import modes as wire_modes
from ardugate.wire import ops
from ardugate.wire.framing import encode
from ardugate.wire.messages import Irregular, Log, serialize
from tests.integration.helpers import BoardOnPty, Message, Talk, bearer, connection, gateway, request, talk
from tests.security.test_hostile_board import Hostile, beside_a_good_one, good_board_answers

A, GOOD, NO_NUMBER = 20, 1.5, (nan, inf, -inf)
CYCLE = (GOOD, *NO_NUMBER)
HZ = 50
# Of a binary message (gateway.md, 6): where its number of scans and its one column begin.
COUNT_AT, COLUMN_AT = 24, 40
# What 115,200 baud carry, and a second of ten times as much.
LINE_BYTES_S = 11_520
FLOOD_BYTES = 10 * LINE_BYTES_S
PLAIN = SimOptions(name="first", sketch=SketchName.PLAIN)


def _cycle(at_s: float) -> float:
    return CYCLE[round(at_s * HZ) % len(CYCLE)]


class NoNumbers(SimBoard):
    """Samples one f32 channel: three of four values are no numbers."""

    def __init__(self) -> None:
        super().__init__(replace(PLAIN, name="nasty"))
        channel = record(A, "a", ValueType.FLOAT, flags=wire_modes.CHANNEL_FLOAT)
        self._sketch = replace(
            self._sketch,
            descriptor=describe("nasty", (channel,)),
            streams=(Sampled((A,), HZ),),
            values={A: _cycle},
        )


class Strict(Talk):
    """Takes nothing that JSON's own grammar does not know. ``binary`` are the values of the f32 batches that came as
    binary messages."""

    binary: list[float]

    async def _next(self) -> Message:
        while isinstance(message := await self.connection.recv(), bytes):
            (count,) = struct.unpack_from("<I", message, COUNT_AT)
            self.binary += struct.unpack_from(f"<{count}f", message, COLUMN_AT)
        return strictly(message)


def strictly(text: str) -> Message:
    """As a browser reads it: NaN and Infinity are no JSON."""
    return cast("Message", json.loads(text, parse_constant=_refuse))


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize("dialect", ["ardugate.v1.json", "ardugate.v1"])
async def test_what_is_no_number_is_missing_to_every_client_and_the_rest_is_there(tmp_path: Path, dialect: str) -> None:
    async with (
        beside_a_good_one(tmp_path, NoNumbers()) as (ready, good),
        connection(ready, dialect) as socket,
    ):
        client = Strict(socket)
        client.binary = []
        await client.live()
        await client.call("subscribe", channels=["nasty/a"])
        got = list[float | None]()
        while got.count(None) <= len(NO_NUMBER) or GOOD not in (*got, *client.binary):
            # In a binary dialect too: a batch in which something is missing goes as JSON.
            got += (await client.until("samples"))["columns"]["nasty/a"]
        assert {*got, *client.binary} == {GOOD, None}
        assert (await client.call("get", channel="nasty/a"))["value"] in {GOOD, None}
        await good_board_answers(good)
        answer = await request(ready, "/api/v1/history?channels=nasty/a", bearer(ready))
        assert {v for batch in strictly(answer.text)["samples"] for v in batch["columns"]["nasty/a"]} == {GOOD, None}


async def test_what_is_no_number_spoils_no_minimum_and_no_maximum(tmp_path: Path) -> None:
    async with beside_a_good_one(tmp_path, NoNumbers()) as (ready, _), connection(ready, "ardugate.v1.json") as socket:
        client = Strict(socket)
        await client.live()
        await client.call("subscribe", channels=["nasty/a"], form="envelope", max_hz=5)
        for _ in range(3):
            pairs = (await client.until("samples"))["columns"]["nasty/a"]
            assert {*pairs["min"], *pairs["max"]} == {GOOD}
        answer = await request(ready, "/api/v1/history?channels=nasty/a&points=2", bearer(ready))
        columns = [each["columns"]["nasty/a"] for each in strictly(answer.text)["samples"]]
        pairs = cast("list[dict[str, list[float]]]", [each for each in columns if isinstance(each, dict)])
        assert pairs
        assert all({*each["min"], *each["max"]} == {GOOD} for each in pairs)


async def test_another_board_on_the_same_line_gets_nothing_of_what_was_meant_for_the_first(tmp_path: Path) -> None:
    line = BoardOnPty(tmp_path / "port", first := SimBoard(PLAIN))
    line.plug()
    second = SimBoard(replace(PLAIN, name="second"))
    try:
        async with gateway(tmp_path / "state", str(line.place), "sim://?name=good") as ready, talk(ready) as client:
            await client.live()
            assert "subscription" in await client.call("subscribe", channels=["*/A0"])
            assert (await client.call("set", channel="first/D13", value=True))["value"] is True
            line.board = second  # in the middle of all, and nobody pulled a cable
            while (states := await _states(client)).get("second") != ("live", None):
                await client.until("board")
            assert states["first"] == ("down", "another board is on its port")
            assert await client.reason("set", channel="first/D13", value=True) == "offline"
            assert not [each for each in second.executions if each.op == ops.Op.SET], "it was told what to do"
            await client.until("samples", lambda told: "second/A0" in told["columns"])
            await good_board_answers(client)
            line.board = first
            while (await _states(client))["first"] != ("live", None):
                await client.until("board")
            assert (await _states(client))["second"][0] == "down"
    finally:
        line.unplug()


async def _states(client: Talk) -> dict[str, tuple[str, Any]]:
    boards = (await client.call("boards"))["boards"]
    return {board["id"]: (board["state"], board["reason"] or None) for board in boards}


class Loud(Hostile):
    """Talks for a second ten times as much as a line carries, in frames that are all right."""

    def __init__(self, frame: Callable[[int], bytes]) -> None:
        super().__init__()
        self.talked_bytes = 0
        self._frame = frame
        self._count = 0
        self._since_ns: int | None = None

    def data_to_send(self, now_ns: int) -> bytes:
        since_ns = self._since_ns = self._since_ns or now_ns
        out = super().data_to_send(now_ns)
        # It ends, or a machine that takes them more slowly than they come would never be done.
        while self.talked_bytes < min(FLOOD_BYTES, (now_ns - since_ns) * FLOOD_BYTES // 1_000_000_000):
            self._count += 1
            out += (frame := self._frame(self._count))
            self.talked_bytes += len(frame)
        return out


def _print(count: int) -> bytes:
    return encode(serialize(Log(f"line {count:190}\n".encode())))


def _note(count: int) -> bytes:
    # The text channel of the sketch: a record is a time, a length and the text.
    return encode(serialize(Irregular(22, 0, count, count.to_bytes(4, "little") + b"\4loud")))


@pytest.mark.parametrize("frame", [_print, _note], ids=["prints", "texts"])
async def test_ten_times_the_talk_of_a_line_harms_no_other_board_and_writes_no_flood(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, frame: Callable[[int], bytes]
) -> None:
    caplog.set_level(logging.INFO, "ardugate")
    board = Loud(frame)
    line = BoardOnPty(tmp_path / "loud", board)
    line.plug()
    try:
        # Over HTTP: who is told each print may read too slowly for it on a busy machine, and be cut off.
        async with gateway(tmp_path / "state", str(line.place), "sim://?name=good") as ready:
            headers = {**bearer(ready), "Content-Type": "application/json"}
            path = "/api/v1/boards/good/channels/led"
            while board.talked_bytes < FLOOD_BYTES:
                answer = await request(ready, path, headers, method="PUT", body='{"value": true}')
                assert answer.status == 200, answer.text
    finally:
        line.unplug()
    assert not [each for each in board.executions if each.op == ops.Op.SET], "what was meant for the other"
    assert len(caplog.records) < 100
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
