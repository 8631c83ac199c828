"""The shipped sketch builds without a warning of ours, and fits."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.firmware.on_chip import converse
from tests.support.chip import Chip
from tests.support.firmware import BOARDS, ROOT, build, memory, warnings

pytestmark = pytest.mark.chip

# Bytes on an Uno, of 32,256 and 2,048.
FLASH_BUDGET = 22 * 1024
RAM_BUDGET = 1_350
# And what sampling as fast as the converter goes takes beside them, which the shipped sketch asks for.
FAST_FLASH = 6 * 1024
FAST_RAM = 300
STACK_RESERVE = 300

# A maker's sketch that prints and reads: the parts that the shipped one leaves out.
SKETCH = """
#include "src/ardugate/Ardugate.h"
void setup() {
  Ardugate.safe(9, HIGH);
  Ardugate.begin("greenhouse");
  Serial.begin(9600);
  Serial.println("ready");
}
void loop() {
  Serial.println(analogRead(A0));
  delay(5000);
  Ardugate.run();
}
"""


@pytest.mark.parametrize("board", BOARDS)
def test_the_sketch_builds_without_a_warning_of_ours(board: str) -> None:
    assert build(board).exists()
    assert warnings(board) == ()


def test_the_sketchs_folder_builds_too() -> None:
    assert build("uno", ROOT / "arduino").exists()


def test_a_sketch_that_prints_and_reads_builds_without_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / "maker"
    folder.mkdir()
    (folder / "maker.ino").write_text(SKETCH)
    (folder / "src").symlink_to(ROOT / "arduino" / "src")
    assert build("uno", folder / "maker.ino").exists()
    assert warnings("uno", folder / "maker.ino") == ()


def test_an_uno_has_room_for_it(tmp_path: Path) -> None:
    whole = memory(build("uno"))
    folder = tmp_path / "slow"
    folder.mkdir()
    text = (ROOT / "arduino" / "sketch.ino").read_text().replace("Ardugate.fast();", "")
    (folder / "slow.ino").write_text(text)
    (folder / "src").symlink_to(ROOT / "arduino" / "src")
    slow = memory(build("uno", folder / "slow.ino"))
    assert slow.flash <= FLASH_BUDGET
    assert slow.ram <= RAM_BUDGET
    assert whole.flash - slow.flash <= FAST_FLASH
    assert whole.ram - slow.ram <= FAST_RAM


def test_the_stack_leaves_its_reserve_untouched() -> None:
    with Chip(build("uno"), pace="stepped") as chip:
        converse(chip)
        untouched, _ = chip.stack()
    assert untouched >= STACK_RESERVE


@pytest.mark.parametrize(
    ("processor", "clock", "said"),
    [("atmega168", 16, "of the AVRs it knows the ATmega328P"), ("atmega328p", 8, "a processor clock of 16 MHz")],
    ids=["another AVR", "another clock"],
)
def test_a_processor_that_it_does_not_know_is_refused_in_words(processor: str, clock: int, said: str) -> None:
    core = Path("/usr/share/arduino/hardware/arduino/avr")
    includes = [f"-I{core / 'cores' / 'arduino'}", f"-I{core / 'variants' / 'standard'}"]
    processors = [f"-mmcu={processor}", f"-DF_CPU={clock}000000L", "-DARDUINO=10819", "-std=gnu++11", "-fsyntax-only"]
    source = ROOT / "arduino" / "src" / "ardugate" / "hal_avr.cpp"
    done = subprocess.run(["avr-g++", *processors, *includes, source], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in done.stderr


# UCSR1A to UDR1: control, rate and data of the only UART of an ATmega32U4.
UART_REGISTER = re.compile(r"\b(?:lds|sts)\b.*\b0x00C[89A-E]\b", re.IGNORECASE)


@pytest.mark.parametrize("board", ["leonardo", "micro"])
def test_a_board_with_usb_of_its_own_has_no_line_rate_and_touches_no_uart(board: str) -> None:
    code = subprocess.run(["avr-objdump", "-d", build(board)], capture_output=True, text=True, check=True).stdout
    assert UART_REGISTER.findall(code) == []
    assert "HardwareSerial" not in code  # which would reach them through pointers
