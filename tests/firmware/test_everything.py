"""A sketch with every object and feature in it, on a simulated ATmega328P: what one learns of it, what it takes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from ardugate.wire import ops
from ardugate.wire.descriptor import ArgumentRecord, ChannelRecord, CommandRecord
from ardugate.wire.messages import FromBoard, Irregular, Reply, Status
from tests.firmware.on_chip import ChipBoard, chip_board, described
from tests.support.firmware import ROOT, build, memory, warnings

pytestmark = pytest.mark.chip

SKETCH = ROOT / "tests" / "firmware" / "sketches" / "everything"
# Bytes on an Uno. The aim is 22,528 of flash, 1,350 of RAM and 300 of stack never touched.
FLASH_BUDGET = 30_100
RAM_BUDGET = 1_625
STACK_RESERVE = 45

BOOL, INT, FLOAT, ENUM, TEXT = range(5)
OUTPUT, IRREGULAR, F32, MOMENTARY = 1, 2, 4, 8
OPEN, COUNT, MIX, SAY, REST = range(5)


@pytest.fixture(scope="module")
def board() -> Iterator[ChipBoard]:
    """The sketch with a boot id, the door open (its contact closed, that is)."""
    with chip_board(build("uno", SKETCH)) as one:
        one.chip.set_pin("D7", level=True)
        one.listen(0.05)
        one.boot()
        yield one


def channels(board: ChipBoard) -> dict[str, ChannelRecord]:
    """By name."""
    return {channel.name: channel for channel in described(board).channels}


def called(board: ChipBoard, command: int, arguments: bytes = b"") -> tuple[bytes, list[FromBoard]]:
    """Call a command that is done at once: its result, and all that was said."""
    board.post(ops.Call(command, arguments))
    said = board.go(0.1)
    (done,) = [m for m in said if isinstance(m, Reply) and m.status == Status.OK]
    return done.data[4:], said


def records(said: list[FromBoard], channel: int) -> list[bytes]:
    """The values of an irregular stream, without their times."""
    return [m.records[4:] for m in said if isinstance(m, Irregular) and m.channel == channel]


@pytest.mark.parametrize("name", ["uno", "mega"])  # a Leonardo has 28 KB for sketches
def test_it_builds_without_a_warning(name: str) -> None:
    assert build(name, SKETCH).exists()
    assert warnings(name, SKETCH) == ()


def test_a_computer_learns_all_of_it(board: ChipBoard) -> None:
    known = channels(board)
    assert {name: (c.type, c.flags, c.unit) for name, c in known.items()} == {
        "pump": (BOOL, OUTPUT | IRREGULAR, ""),
        "fan": (FLOAT, OUTPUT | IRREGULAR, ""),
        "arm": (FLOAT, OUTPUT | IRREGULAR, "°"),
        "door": (BOOL, IRREGULAR, ""),
        "lamp": (BOOL, OUTPUT | IRREGULAR | MOMENTARY, ""),
        "light": (FLOAT, 0, "lx"),
        "temp": (FLOAT, IRREGULAR | F32, "°C"),
        "steps": (INT, IRREGULAR, ""),
        "state": (ENUM, IRREGULAR, ""),
        "note": (TEXT, IRREGULAR, ""),
    }
    assert [(label.value, label.name) for label in known["state"].labels] == [(0, "idle"), (1, "busy")]
    assert (known["arm"].minimum, known["arm"].maximum, known["arm"].safe) == (100, 1_700, 900)
    assert known["arm"].scale == pytest.approx(0.1)
    assert (known["fan"].minimum, known["fan"].maximum, known["fan"].hold_ms) == (26, 230, 5_000)
    assert (known["lamp"].hold, known["lamp"].safe) == (2, 1)


def test_its_commands_have_units_limits_and_results(board: ChipBoard) -> None:
    assert described(board).commands == (
        CommandRecord(OPEN, 0, "open", (ArgumentRecord(BOOL, 0, 0, 0, "really", ""),), BOOL),
        CommandRecord(COUNT, 0, "count", (ArgumentRecord(INT, 0, 1, 10, "much", "l"),), INT, "l"),
        CommandRecord(
            MIX,
            0,
            "mix",
            (
                ArgumentRecord(FLOAT, 0, -0.5, 2.75, "one", "V"),
                ArgumentRecord(INT, 0, -32_768, 32_767, "other", ""),
            ),
            FLOAT,
            "W",
        ),
        CommandRecord(SAY, 0, "say", (ArgumentRecord(TEXT, 0, 0, 0, "text", ""),), TEXT),
        CommandRecord(REST, 0, "rest", ()),
    )


def test_what_a_function_returns_comes_with_the_reply(board: ChipBoard) -> None:
    assert called(board, OPEN, b"\x01")[0] == b"\x01"
    assert called(board, COUNT, struct.pack("<i", 10))[0] == struct.pack("<i", 10)
    assert called(board, MIX, struct.pack("<fi", 2.5, 3))[0] == struct.pack("<f", 7.5)
    assert called(board, SAY, b"\x05hello")[0] == b"\x05hello"
    assert called(board, REST)[0] == b""


def test_a_result_is_remembered_with_its_call(board: ChipBoard) -> None:
    number = board.post(ops.Call(COUNT, struct.pack("<i", 1)))
    board.go(0.1)
    for _ in range(9):
        board.done(ops.Read(channels(board)["steps"].channel))
    board.count_from(number)
    again = board.command(ops.Call(COUNT, struct.pack("<i", 1)))
    assert (again.status, again.data[4:]) == (Status.OK, struct.pack("<i", 11))
    board.count_from(number + 20)
    assert struct.unpack("<i", board.done(ops.Read(channels(board)["steps"].channel)).data[:4]) == (11,)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (COUNT, struct.pack("<i", 0)),
        (COUNT, struct.pack("<i", 11)),
        (MIX, struct.pack("<fi", 2.76, 1)),
        (MIX, struct.pack("<fi", -0.51, 1)),
        (MIX, struct.pack("<fi", float("nan"), 1)),
        (MIX, struct.pack("<fi", 1, 40_000)),
    ],
    ids=[
        "below its limit",
        "above its limit",
        "a fraction too much",
        "a fraction too little",
        "no number",
        "more than its type holds",
    ],
)
def test_an_argument_beyond_its_limits_is_refused(board: ChipBoard, command: int, arguments: bytes) -> None:
    assert board.command(ops.Call(command, arguments)).status == Status.OUT_OF_RANGE


def test_a_text_is_sent_when_it_is_another_one_and_cut_between_characters(board: ChipBoard) -> None:
    note = channels(board)["note"].channel
    _, said = called(board, SAY, b"\x02ok")
    assert b"\x02ok" in records(said, note)
    _, said = called(board, REST)  # assigns one that is too long
    assert records(said, note)[-1] == b"\x1fit rests and it is as cool as 4"
    called(board, SAY, b"\x02ok")
    board.go(0.1)
    # Once more: whatever is sent of it now is sampled with a heartbeat.
    _, said = called(board, SAY, b"\x02ok")
    assert len(records(said, note)) <= 1
    assert board.command(ops.Read(note)).status == Status.WRONG_MODE
    assert board.command(ops.Set(note, 0, 1)).status == Status.READ_ONLY


def test_it_fits_an_uno(board: ChipBoard) -> None:
    used = memory(build("uno", SKETCH))
    assert used.flash <= FLASH_BUDGET
    assert used.ram <= RAM_BUDGET
    board.done(ops.SetStream(9, 2, 16_000, (channels(board)["light"].channel,)))
    board.done(ops.Set(channels(board)["arm"].channel, 0, 1_200))
    board.go(0.5)
    assert board.chip.stack()[0] >= STACK_RESERVE
