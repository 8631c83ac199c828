"""Real bootloaders in the simulated chip, flashed by ours, in the chip's own time."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TypeVar

import pytest

from ardugate.errors import NoBootloader, WrongProcessor
from ardugate.flash import BY_NAME, Content, Conversation, Done, Failed, FlashEvent, Progress, Step, look, read, write
from ardugate.flash.conversation import Script
from tests.firmware.on_chip import ChipBoard
from tests.support.chip import CLOCK_HZ, Chip, build_old_bootloader, build_optiboot
from tests.support.chip.program import compile_program
from tests.support.firmware import build, flash_image

pytestmark = pytest.mark.chip

R = TypeVar("R")

UNO = BY_NAME["uno"]
OTHER = "int main(void) { line(17); for (;;) put('x'); }"
# The host looks at the line so often, and the chip takes at most 512 bytes at once, a page and its frame being 135.
STEP_S = 0.004


def in_ns(cycle: int) -> int:
    return cycle * 1_000_000_000 // CLOCK_HZ


def carry(chip: Chip, script: Script[R], hard_s: float = 30.0) -> list[FlashEvent[R]]:
    """Between the script and the chip, until it ends; what happened."""
    now = chip.cycles()
    end = now + round(hard_s * CLOCK_HZ)
    conversation = Conversation(script, in_ns(now))
    events: list[FlashEvent[R]] = []
    while not (events and isinstance(events[-1], Done | Failed)):
        chip.send(conversation.data_to_send())
        said = chip.run(STEP_S)
        assert chip.stepped_to < end
        now_ns = in_ns(chip.stepped_to)
        conversation.receive_data(now_ns, said)
        conversation.tick(now_ns)
        events += conversation.events_received()
    chip.send(conversation.data_to_send())
    return events


def result(events: list[FlashEvent[R]]) -> R:
    last = events[-1]
    assert isinstance(last, Done), last
    return last.result


@pytest.fixture
def other() -> Path:
    return compile_program(OTHER)


def test_optiboot_takes_the_shipped_sketch_which_then_speaks_our_wire(other: Path) -> None:
    image = flash_image(build("uno"))
    with Chip(other, bootloader=build_optiboot(), pace="stepped") as chip:
        chip.reset()
        assert result(carry(chip, look(UNO, image))) is Content.OTHER
        chip.reset()
        events = carry(chip, write(UNO, image))
        assert result(events) == -(-len(image) // 128) * 128
        steps = [event for event in events if isinstance(event, Progress)]
        assert [each.done_bytes for each in steps if each.step is Step.WRITING][-1] == result(events)
        assert [each.done_bytes for each in steps if each.step is Step.VERIFYING][-1] == result(events)
        board = ChipBoard(chip)
        board.listen(0.5)  # its watchdog lets it start the sketch
        assert board.boot()
        chip.reset()
        assert result(carry(chip, look(UNO, image))) is Content.THIS


def test_the_old_bootloader_of_a_nano_takes_a_sketch_and_gives_it_back(other: Path) -> None:
    nano = BY_NAME["nano"]
    image = flash_image(compile_program("int main(void) { line(17); for (;;) put('y'); }"))
    with Chip(other, bootloader=build_old_bootloader(), pace="stepped") as chip:
        chip.reset()
        result(carry(chip, write(nano, image)))
        chip.reset()
        there = result(carry(chip, read(nano)))
        assert chip.line().byte_cycles == pytest.approx(CLOCK_HZ * 10 / 57_600, rel=0.03)
    assert there == image


def test_a_board_with_another_processor_is_left_alone(other: Path) -> None:
    image = flash_image(other)
    wrong = dataclasses.replace(UNO, processor="ATmega168", signature=bytes.fromhex("1e9406"))
    with Chip(other, bootloader=build_optiboot(), pace="stepped") as chip:
        chip.reset()
        (failed,) = carry(chip, write(wrong, b"\0" * 256))
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, WrongProcessor)
        chip.reset()
        assert result(carry(chip, look(UNO, image))) is Content.THIS


def test_a_sketch_that_talks_is_not_taken_for_a_bootloader(other: Path) -> None:
    with Chip(other, pace="stepped") as chip:
        (failed,) = carry(chip, write(UNO, b"\0" * 256))
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, NoBootloader)
