"""Outputs that a sketch declares: limits in time, slew, servos, blocking, on a simulated ATmega328P."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import FromBoard, Irregular, Status, Stop
from tests.firmware.makers import maker
from tests.firmware.on_chip import ChipBoard, changes, chip_board, described
from tests.support.chip import CLOCK_HZ

pytestmark = pytest.mark.chip

SKETCH = """
gate::Output valve("valve", 4);
gate::Output pump("pump", 8);
gate::Pwm fan("fan", 5);
gate::Pwm glow("glow", 10);
gate::Servo arm("arm", 7);
gate::Servo lid("lid", 12);
gate::Value fast("fast");
void block(bool it) { pump.block(it); }
void drive(float much) { fan = much; pump = much > 0; }
void setup() {
  valve.limit(200).interval(300);
  pump.hold(5000);
  fan.slew(2);
  glow.activeLow().safe(0.25).limits(0, 0.5);
  arm.safe(90).limits(30, 150).hold(300);
  lid.slew(100);
  fast.rate(200);
  Ardugate.command("block(it)", block);
  Ardugate.command("drive(much)", drive);
  Ardugate.begin();
}
void loop() { fast = millis(); Ardugate.run(); }
"""
BLOCK, DRIVE = 0, 1


@pytest.fixture(scope="module")
def chip() -> Iterator[tuple[ChipBoard, dict[str, int]]]:
    """One chip for all, and its channels by name."""
    with chip_board(maker(SKETCH)) as board:
        board.listen(0.05)
        board.boot()
        yield board, {channel.name: channel.channel for channel in described(board).channels}


def now(board: ChipBoard, channel: int) -> int:
    """What an output really does, raw."""
    (raw,) = struct.unpack("<i", board.done(ops.Read(channel)).data[:4])
    return int(raw)


def numbers(said: list[FromBoard], channel: int) -> list[int]:
    """The values of an irregular stream of numbers."""
    return [struct.unpack("<i", m.records[4:])[0] for m in said if isinstance(m, Irregular) and m.channel == channel]


def width_us(board: ChipBoard, pin: str) -> float:
    """Of the last whole pulse on a pin."""
    edges = board.chip.edges(pin, board.chip.cycles() - CLOCK_HZ // 20)
    rise, fall = next((a, b) for a, b in pairwise(edges) if a.level == 1 and b.level == 0)
    return (fall.cycle - rise.cycle) / 16


def pulse_us(degrees: float) -> float:
    """A servo's pulse for an angle."""
    return 544 + (2_400 - 544) * degrees / 180


def test_an_output_with_a_limit_goes_off_by_itself_and_then_rests(chip: tuple[ChipBoard, dict[str, int]]) -> None:
    board, ids = chip
    board.done(ops.Set(ids["valve"], 0, 1))
    board.go(0.05)
    board.done(ops.Set(ids["valve"], 0, 1))  # once more makes it no longer
    assert changes(board.go(0.2), ids["valve"])[-1:] == [0]
    rise, fall = board.chip.edges("D4")[-2:]
    assert (fall.cycle - rise.cycle) / CLOCK_HZ == pytest.approx(0.2, abs=0.003)
    refused = board.command(ops.Set(ids["valve"], 0, 1))
    assert (refused.status, refused.data) == (Status.REFUSED, b"resting")
    board.go(0.3)
    board.done(ops.Set(ids["valve"], 0, 1))
    assert board.chip.level("D4") == 1
    board.done(ops.Set(ids["valve"], 0, 0))


def test_a_slow_output_walks_to_its_value_and_says_where_it_is(chip: tuple[ChipBoard, dict[str, int]]) -> None:
    board, ids = chip
    done = ops.parse_done(ops.Op.SET, board.done(ops.Set(ids["fan"], 0, 255)).data)
    assert isinstance(done, ops.SetDone)
    assert done.raw == 0, "it has not moved yet"
    said = board.go(0.14)  # and 60 ms for the command
    assert now(board, ids["fan"]) == pytest.approx(0.2 * 2 * 255, abs=0.02 * 2 * 255)
    said += board.go(0.5)
    seen = numbers(said, ids["fan"])
    assert seen == sorted(seen)
    assert 4 <= len(seen) <= 14, "20 times a second on its way"
    assert seen[-1] == 255
    board.send(Stop(200))
    board.listen(0.01)
    assert board.chip.level("D5") == 0, "a stop does not walk"
    board.count_from(201)
    board.done(ops.ClearStop())
    board.go(0.2)
    assert now(board, ids["fan"]) == 0


def test_an_inverted_pwm_output_is_low_when_it_is_on(chip: tuple[ChipBoard, dict[str, int]]) -> None:
    board, ids = chip
    board.go(0.05)
    assert board.chip.level("D10") == pytest.approx(0.75, abs=0.01)
    board.done(ops.Set(ids["glow"], 0, 128))
    assert board.chip.level("D10") == pytest.approx(0.5, abs=0.01)
    assert board.command(ops.Set(ids["glow"], 0, 129)).status == Status.OUT_OF_RANGE


def test_a_servo_goes_within_its_limits_and_back_when_its_hold_ends(chip: tuple[ChipBoard, dict[str, int]]) -> None:
    board, ids = chip
    board.go(0.1)
    assert width_us(board, "D7") == pytest.approx(pulse_us(90), abs=4)
    assert board.command(ops.Set(ids["arm"], 0, 299)).status == Status.OUT_OF_RANGE
    board.done(ops.Set(ids["arm"], 0, 1_500))
    board.go(0.1)
    assert width_us(board, "D7") == pytest.approx(pulse_us(150), abs=4)
    board.go(0.3)
    assert width_us(board, "D7") == pytest.approx(pulse_us(90), abs=4)


def test_a_slow_servo_walks_in_degrees_a_second(chip: tuple[ChipBoard, dict[str, int]]) -> None:
    board, ids = chip
    board.done(ops.Set(ids["lid"], 0, 900))
    board.go(0.34)  # and 60 ms for the command
    assert now(board, ids["lid"]) == pytest.approx(400, abs=30)
    board.go(0.6)
    assert width_us(board, "D12") == pytest.approx(pulse_us(90), abs=4)


def test_a_blocked_output_is_safe_and_obeys_nobody(chip: tuple[ChipBoard, dict[str, int]]) -> None:
    board, ids = chip
    board.done(ops.Set(ids["pump"], 0, 1))
    board.post(ops.Call(BLOCK, b"\x01"))
    board.go(0.1)
    assert board.chip.level("D8") == 0
    assert board.command(ops.Set(ids["pump"], 0, 1)).data == b"blocked"
    board.post(ops.Call(DRIVE, struct.pack("<f", 0.5)))
    board.go(0.1)
    assert board.chip.level("D8") == 0
    board.post(ops.Call(BLOCK, b"\x00"))
    board.go(0.1)
    assert board.chip.level("D8") == 0, "it does not come on by itself"
    board.done(ops.Set(ids["pump"], 0, 1))
    assert board.chip.level("D8") == 1


def test_a_value_may_be_sent_more_often_than_twenty_times_a_second(chip: tuple[ChipBoard, dict[str, int]]) -> None:
    board, ids = chip
    said = board.go(0.5)
    assert 80 <= len(numbers(said, ids["fast"])) <= 110
