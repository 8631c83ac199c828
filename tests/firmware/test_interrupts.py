"""Interrupts are never off for long in code of ours, so that no byte of the line and no edge is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import Hello, Stop
from tests.firmware.makers import maker
from tests.firmware.on_chip import BOOT, ChipBoard, converse
from tests.support.chip import CLOCK_HZ, Chip
from tests.support.firmware import build
from tests.support.interrupts import interrupts_off

pytestmark = pytest.mark.chip

# At 1 Mbaud a byte takes 160 cycles, and the receiver holds two.
MOST_CYCLES = 160

OUTPUT, PWM, SERVO, TONE, COUNT, FREQUENCY = 4, 5, 6, 7, 8, 9

DECLARES = """
gate::Analog soil("soil", A0, "%", 0, 100);
gate::Input door("door", 7);
gate::Output pump("pump", 8);
gate::Pwm fan("fan", 9);
gate::Value temp("temp", "°C");
gate::Integer steps("steps");
void water(int seconds, const char* words) { pump = seconds & 1; fan = 0.3; (void)words; }
void setup() {
  pump.hold(500);
  door.pullup().debounce(3);
  Ardugate.command("water(seconds, words)", water);
  Ardugate.begin("declares");
}
void loop() {
  temp = analogRead(A1) * 0.5;
  steps = steps + 1;
  analogWrite(5, millis() / 10);
  Serial.println(temp);
  delay(3);
  Ardugate.run();
}
"""


def too_long(chip: Chip, elf: Path) -> list[str]:
    """Places of ours."""
    return [
        f"{each.cycles} cycles at {each.file}:{each.line} ({each.function})"
        for each in interrupts_off(chip, elf)
        if each.is_ours and each.cycles > MOST_CYCLES
    ]


def trade(board: ChipBoard) -> None:
    """The modes that have interrupts of their own, all at once."""
    board.send(Hello(BOOT))
    board.listen(0.05)
    board.count_from(1_000)
    board.post(ops.ClearStop())
    for pin, mode, raw in ((4, SERVO, 900), (5, SERVO, 300), (9, PWM, 77), (2, COUNT, 0), (3, FREQUENCY, 0)):
        board.post(ops.SetMode(pin, mode))
        board.go(0.03)
        board.post(ops.Set(pin, 2_000, raw))
        board.go(0.03)
    board.post(ops.SetStream(7, 0, 16_000, (14, 15, 16)))
    at = board.chip.cycles() + CLOCK_HZ // 100
    for edge in range(200):
        for name in ("D2", "D3"):
            board.chip.set_pin(name, level=edge & 1, at_cycle=at + edge * 4_000)
    board.go(0.3)
    board.post(ops.SetMode(4, OUTPUT))
    board.post(ops.SetMode(5, OUTPUT))
    board.go(0.05)
    board.post(ops.SetMode(6, TONE))
    board.post(ops.Set(6, 2_000, 5_000))
    board.go(0.1)


def test_never_for_more_than_160_cycles_in_the_shipped_sketch() -> None:
    elf = build("uno")
    with Chip(elf, pace="stepped") as chip:
        chip.meter_interrupts()
        converse(chip)
        trade(ChipBoard(chip))
        assert too_long(chip, elf) == []


def test_never_for_more_than_160_cycles_in_a_sketch_that_declares() -> None:
    elf = maker(DECLARES)
    with Chip(elf, pace="stepped") as chip:
        chip.meter_interrupts()
        board = ChipBoard(chip)
        board.listen(0.05)
        board.boot()
        board.post(ops.SetStream(2, 2, 16_000, (20,)))
        board.post(ops.Call(0, b"\1\0\0\0\2hi"))
        board.go(0.3)
        board.post(ops.Set(22, 300, 1))
        for level in (0, 1, 0):
            chip.set_pin("D7", level=level)
            board.go(0.02)
        board.go(1.2)
        assert too_long(chip, elf) == []


@pytest.mark.parametrize(
    ("baud", "period_ticks", "channels"),
    [
        pytest.param(2_000_000, 208, (14,), id="every conversion"),
        pytest.param(1_000_000, 225, (14,), id="triggered, at 1 Mbaud"),
        pytest.param(1_000_000, 2_500, (14, 15, 16, 17, 18, 19), id="six channels"),
    ],
)
def test_never_for_more_than_160_cycles_while_samples_flow_as_fast_as_they_can(
    baud: int, period_ticks: int, channels: tuple[int, ...]
) -> None:
    elf = build("uno")
    with Chip(elf, pace="stepped") as chip:
        chip.meter_interrupts()
        board = ChipBoard(chip)
        board.listen(0.05)
        board.boot()
        board.done(ops.SetLine(baud))
        board.go(0.05)
        board.done(ops.SetStream(2, 1, period_ticks, channels))
        board.post(ops.SetMode(9, PWM))
        for raw in range(10, 250, 5):
            board.go(0.0043)  # at any moment of a frame
            board.post(ops.Set(9, 2_000, raw))
        board.go(0.1)
        board.send(Stop(500))
        board.go(0.1)
        assert too_long(chip, elf) == []
