"""Sketches that only print, in the chip and on ptys: their text, and their numbers through the same hub."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ardugate.client import Connection, Target, connect
from ardugate.errors import RequestError
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty, gateway, talk
from tests.support import firmware
from tests.support.chip import Chip
from tests.support.running import RunningGateway, running_gateway

# Sketches of Arduino's own, unchanged; all print at 9,600 baud. The first prints a number a line, the second
# `sensor = 512\t output = 127`; the third prints a table once, when it starts.
NUMBER, LABELS = "01.Basics/AnalogReadSerial", "03.Analog/AnalogInOutSerial"
TABLE = "04.Communication/ASCIITable"
VOLTS = 2.0
COUNTS = round(VOLTS / 5.0 * 1024)


@contextmanager
def connected(made: RunningGateway) -> Generator[Connection]:
    with connect(Target(made.url, made.url.replace("http", "ws", 1) + "ws", made.token)) as connection:
        yield connection


def sketch(name: str) -> Path:
    examples = firmware.arduino_examples()
    assert examples is not None
    return firmware.build("uno", examples / name)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGateway, str, str]]:
    """A gateway that nobody told a rate, with two chips; and the ids of their places."""
    with ExitStack() as stack:
        chips = [stack.enter_context(Chip(sketch(name))) for name in (NUMBER, LABELS)]
        for chip in chips:
            chip.set_voltage("A0", VOLTS)
        ports = [argument for chip in chips for argument in ("--port", chip.port)]
        made = stack.enter_context(running_gateway(tmp_path_factory.mktemp("home"), "serve", *ports))
        number, labels = (board(made, chip.port)["id"] for chip in chips)
        yield made, number, labels


def board(made: RunningGateway, name: str) -> dict[str, Any]:
    """The board of this id or port."""
    boards: list[dict[str, Any]] = made.rpc("boards")["boards"]  # type: ignore[assignment]
    return next(each for each in boards if name in (each["id"], each["port"]))


@pytest.mark.chip
@pytest.mark.examples
def test_arduinos_own_sketches_are_shown_and_their_numbers_are_samples(lab: tuple[RunningGateway, str, str]) -> None:
    made, number, labels = lab
    wanted = {f"{number}/value1", f"{labels}/sensor", f"{labels}/output"}
    values: dict[str, list[float]] = {}
    texts = {number: "", labels: ""}
    line = re.compile(r"^sensor = \d+\t output = \d+$", re.MULTILINE)
    with connected(made) as client:
        client.call("subscribe")
        while not (wanted <= values.keys() and texts[number] and line.search(texts[labels])):
            told = client.next_notification(PATIENCE_S)
            assert told is not None, (values.keys(), texts)
            if told.method == "samples":
                for channel, column in told.params["columns"].items():
                    values.setdefault(channel, []).extend(column)
            elif told.method == "log":
                assert not told.params["checked"]
                texts[told.params["board"]] += told.params["text"]
    assert values.keys() == wanted
    about = {COUNTS - 1, COUNTS, COUNTS + 1}
    assert set(values[f"{number}/value1"]) <= about
    assert set(values[f"{labels}/sensor"]) <= about
    assert set(values[f"{labels}/output"]) <= {each * 255 // 1023 for each in about}
    for place in (number, labels):
        told_now = board(made, place)
        assert (told_now["state"], told_now["reason"]) == (
            "other_sketch",
            "its sketch prints text and sends no valid frame",
        )
    (channel,) = board(made, number)["descriptor"]["channels"]
    assert (channel["name"], channel["type"], channel["output"], channel["checked"]) == (
        *("value1", "float"),
        *(False, False),
    )


@pytest.mark.chip
@pytest.mark.examples
def test_printed_numbers_have_a_value_now_a_past_and_nobody_sets_them(lab: tuple[RunningGateway, str, str]) -> None:
    made, number, _ = lab
    address = f"{number}/value1"
    assert abs(float(str(made.rpc("get", channel=address)["value"])) - COUNTS) <= 1
    assert made.rpc("history", channels=[address])["samples"]
    with connected(made) as client, pytest.raises(RequestError, match="is a number that the sketch prints"):
        client.call("set", {"channel": address, "value": 1})


@pytest.mark.chip
@pytest.mark.examples
def test_at_a_rate_that_was_given_nothing_that_a_sketch_prints_is_missing(tmp_path: Path) -> None:
    text = ""
    with (
        Chip(sketch(TABLE), reset_on_open=True) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port, "--baud", "9600") as made,
        connected(made) as client,
    ):
        while "dec: 126," not in text:
            told = client.next_notification(PATIENCE_S)
            assert told is not None, text
            text += told.params["text"] if told.method == "log" else ""
    lines = re.findall(r"^(.), dec: (\d+), hex: [0-9A-F]+, oct: \d+, bin: [01]+$", text, re.MULTILINE)
    assert [(character, int(code)) for character, code in lines] == [(chr(code), code) for code in range(33, 127)]


async def test_a_sketch_that_prints_is_another_sketch_until_ours_is_there(tmp_path: Path) -> None:
    place = tmp_path / "board"
    printing = SimBoard(SimOptions(name="old", sketch=SketchName.PLAIN, other="temp: 21.5 C"))
    on_pty = BoardOnPty(place, printing)
    on_pty.plug()
    async with gateway(tmp_path / "state", str(place)) as ready, talk(ready) as client:
        await client.call("subscribe")
        samples = await client.until("samples")
        (name,) = samples["columns"]
        assert name.endswith("/temp")
        assert samples["columns"][name][0] == 21.5
        on_pty.unplug()
        ours = BoardOnPty(place, SimBoard(replace(printing.options, name="new", other="")))
        ours.plug()
        live = await client.until("board", lambda it: it.get("board", {}).get("state") == "live")
        assert live["board"]["id"] == "new"
        assert "temp" not in {channel["name"] for channel in live["board"]["descriptor"]["channels"]}
        ours.unplug()
