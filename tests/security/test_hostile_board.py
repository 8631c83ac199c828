"""A board that means ill: what it calls things, what it claims, and how much it talks. The gateway stays whole, and
nothing that a terminal or a page would obey is printed, logged or kept."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ardugate.cli.logs import SentenceFormat
from ardugate.model import ValueType
from ardugate.runtime import Ready
from ardugate.sim import SimBoard, SimOptions, SketchName
from ardugate.sim.uno import argument, command, describe, record
from ardugate.wire import modes as wire_modes
from ardugate.wire.descriptor import LabelRecord, PinRecord
from ardugate.wire.framing import encode
from ardugate.wire.messages import Code, Log, Reply, Samples, Status, serialize
from tests.integration.helpers import BoardOnPty, Talk, bearer, gateway, request, talk

ESCAPE = "\x1b[2J\x1b]0;mine\x07"
HTML = "<img src=x onerror=alert(1)>"
NASTY = f"{ESCAPE}{HTML}\r\n\u202e\x00"
CONTROLS = {chr(code) for code in (*range(9), 11, 12, *range(14, 32), 127, 0x9B, 0x202E)}


class Hostile(SimBoard):
    """Declares what nobody would; ``adds`` is what it says beside each thing that it has to say."""

    def __init__(self, adds: Callable[[], bytes] = bytes) -> None:
        super().__init__(SimOptions(name="nice", sketch=SketchName.PLAIN))
        self._adds = adds
        text = wire_modes.CHANNEL_IRREGULAR
        channels = (
            record(20, f"a{ESCAPE}", ValueType.FLOAT, unit=f"{ESCAPE}%", flags=text),
            record(21, HTML[:24], ValueType.ENUM, flags=text, labels=(ESCAPE, HTML)),
            record(22, "note", ValueType.TEXT, flags=text),
        )
        commands = (command(0, f"{ESCAPE}c", argument(ValueType.INT, ESCAPE)), command(1, "", result=ValueType.TEXT))
        descriptor = describe(f"{ESCAPE}{HTML}"[:32], channels, commands)
        self._sketch = replace(self._sketch, descriptor=descriptor)

    def data_to_send(self, now_ns: int) -> bytes:
        said = super().data_to_send(now_ns)
        return said + self._adds() if said else b""


@asynccontextmanager
async def beside_a_good_one(tmp_path: Path, board: SimBoard) -> AsyncGenerator[tuple[Ready, Talk]]:
    """A gateway with this board and a good one, and a client that is connected while both are."""
    on_pty = BoardOnPty(tmp_path / "hostile", board)
    on_pty.plug()
    try:
        async with (
            gateway(tmp_path / "state", str(on_pty.place), "sim://?name=good") as ready,
            talk(ready) as client,
        ):
            yield ready, client
    finally:
        on_pty.unplug()


async def good_board_answers(client: Talk) -> None:
    """The other board is as it was."""
    for value in (True, False):
        assert (await client.call("set", channel="good/led", value=value))["value"] is value


async def test_what_it_calls_things_is_text_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ardugate")
    said = encode(serialize(Log(f"{NASTY}\n".encode())))
    async with beside_a_good_one(tmp_path, Hostile(lambda: said)) as (ready, client):
        assert await client.until("log", lambda params: "onerror" in params["text"])
        boards = (await client.call("boards"))["boards"]
        assert len(boards) == 2
        await good_board_answers(client)
        await client.call("call", board=boards[0]["id"], command="nothing")
        page = await request(ready, "/metrics", bearer(ready))
        assert not CONTROLS & set(page.text)
        for board in boards:
            assert set(board["id"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    journal = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "state").rglob("*.jsonl"))
    assert "onerror" in journal, "what it printed is kept"
    logged = "".join(SentenceFormat().format(record) for record in caplog.records)  # as the command prints it
    assert "onerror" in logged
    assert not CONTROLS & set(logged)
    assert set(journal) & set(map(chr, range(32))) == {"\n"}, "JSON writes them out"
    for line in filter(None, journal.splitlines()):
        assert isinstance(json.loads(line)["text"], str)


def _random_frame(random: Random) -> bytes:
    return encode(bytes([random.choice([code for code in Code if code >= Code.BOARD_HELLO])]) + random.randbytes(30))


def _never_asked(random: Random) -> bytes:
    return encode(serialize(Reply(random.getrandbits(32), random.getrandbits(16), Status.OK, bytes(12))))


@pytest.mark.parametrize("lie", [_random_frame, _never_asked], ids=["random messages", "replies to what nobody sent"])
async def test_ten_lies_beside_each_word_harm_no_other_board_and_write_no_flood(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lie: Callable[[Random], bytes]
) -> None:
    caplog.set_level(logging.INFO, "ardugate")
    random = Random(7)
    board = Hostile(lambda: b"".join(lie(random) for _ in range(10)))
    async with beside_a_good_one(tmp_path, board) as (_, client):
        await client.until("link", lambda params: params["link"]["bad_frames"] >= 0)
        for _ in range(20):
            await good_board_answers(client)
    assert len(caplog.records) < 100
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert not any(each.exc_info for each in caplog.records)


class Liar(Hostile):
    """Declares numbers that cannot be."""

    def __init__(self, **lies: Any) -> None:
        super().__init__()
        self._sketch = replace(self._sketch, descriptor=replace(self._sketch.descriptor, **lies))


NAN, INF = float("nan"), float("inf")
LABELS = tuple(LabelRecord(value % 256, "x") for value in range(300))
LIES: dict[str, dict[str, Any]] = {
    "no ticks": {"tick_hz": 0},
    "a scale that is no number": {"channels": (replace(record(20, "a", ValueType.FLOAT), scale=NAN),)},
    "an endless offset": {"channels": (replace(record(20, "a", ValueType.FLOAT), offset=INF),)},
    "a limit that is no number": {"commands": (command(0, "c", replace(argument(ValueType.FLOAT, "x"), minimum=NAN)),)},
    # As many as a hello can claim (65,535 bytes) would only take longer: no number may come twice, and there are 256.
    "more pins than there are numbers": {"pins": tuple(PinRecord(n % 256, 1, 0, f"D{n}") for n in range(300))},
    "more labels than there are values": {"channels": (replace(record(20, "a", ValueType.ENUM), labels=LABELS),)},
    "a channel twice": {"channels": (record(20, "a", ValueType.FLOAT), record(20, "b", ValueType.FLOAT))},
    "a name twice": {"channels": (record(20, "a", ValueType.FLOAT), record(21, "a", ValueType.FLOAT))},
}


async def _the_other(client: Talk) -> dict[str, Any]:
    return next(board for board in (await client.call("boards"))["boards"] if board["id"] != "good")


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_descriptor_that_cannot_be_is_refused_whole_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lie: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO, "ardugate")
    async with beside_a_good_one(tmp_path, Liar(**lie)) as (_, client):
        while "contradicts itself" not in ((refused := await _the_other(client))["reason"] or ""):
            await client.until("board")
        assert (refused["state"], refused["descriptor"]) == ("blocked", None)
        await good_board_answers(client)
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


class Flood(Hostile):
    """Ten times what its line can carry: samples of a stream that nobody began, in good frames."""

    def data_to_send(self, now_ns: int) -> bytes:
        return SimBoard.data_to_send(self, now_ns) + self._adds()


async def test_samples_of_no_stream_at_ten_times_the_lines_rate_are_counted_and_harm_no_other_board(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ardugate")
    said = encode(serialize(Samples(77, 0, 0, bytes(200))))
    frames = 10 * 11_520 // 500 // len(said) + 1  # of 115,200 baud; it says something 500 times a second
    async with beside_a_good_one(tmp_path, Flood(lambda: frames * said)) as (ready, client):
        for _ in range(20):
            await good_board_answers(client)
        while "unknown_stream" not in (page := (await request(ready, "/metrics", bearer(ready))).text):
            await good_board_answers(client)
        assert 'kind="unknown_stream"' in page
    assert len(caplog.records) < 100
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
