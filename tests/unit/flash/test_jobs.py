"""Looking, reading, writing and verifying in STK500v2 and AVR109, without a port; STK500v1 is held against real
bootloaders in tests/firmware/test_flashing.py."""

from __future__ import annotations

from typing import TypeVar

import pytest

from ardugate.errors import FlashMismatch, FlashRefused, NoBootloader, ProgramTooLarge, WrongProcessor
from ardugate.flash import (
    BOARDS,
    BY_NAME,
    Content,
    Conversation,
    Done,
    Failed,
    FlashEvent,
    Progress,
    Step,
    board_of_usb,
    look,
    read,
    write,
)
from ardugate.flash.boards import FlashBoard
from ardugate.flash.conversation import Script
from tests.support.bootloaders import Bootloader, Leonardo, Mega

R = TypeVar("R")

MEGA, LEONARDO = BY_NAME["mega"], BY_NAME["leonardo"]
# No page is like another, and the last one is not whole.
PROGRAM = bytes((place * 31 + place // 256) & 0xFF for place in range(3_001))
BOTH = pytest.mark.parametrize(("board", "double"), [(MEGA, Mega), (LEONARDO, Leonardo)], ids=["STK500v2", "AVR109"])


def carry(script: Script[R], loader: Bootloader | None, at_once: int = 1 << 16) -> list[FlashEvent[R]]:
    """Between the script and a bootloader, which answers at once, so many bytes at a time; time passes when it does
    not."""
    now_ns = 0
    conversation = Conversation(script, now_ns)
    events: list[FlashEvent[R]] = []
    while not (events and isinstance(events[-1], Done | Failed)):
        said = loader.receive(conversation.data_to_send()) if loader else b"\x10hello, I am a sketch\r\n"
        for start in range(0, len(said), at_once):
            conversation.receive_data(now_ns, said[start : start + at_once])
        if not said or loader is None:
            deadline_ns = conversation.next_deadline()
            assert deadline_ns is not None
            now_ns = deadline_ns
            conversation.tick(now_ns)
        events += conversation.events_received()
    return events


def result(events: list[FlashEvent[R]]) -> R:
    last = events[-1]
    assert isinstance(last, Done), last
    return last.result


def failure(events: list[FlashEvent[R]]) -> Exception:
    last = events[-1]
    assert isinstance(last, Failed), last
    return last.error


@BOTH
@pytest.mark.parametrize("at_once", [1, 7, 1 << 16])
def test_a_program_is_written_read_back_and_started(
    board: FlashBoard, double: type[Mega | Leonardo], at_once: int
) -> None:
    loader = double(b"\x00" * 20_000)
    events = carry(write(board, PROGRAM), loader, at_once)
    whole = -(-len(PROGRAM) // board.page_bytes) * board.page_bytes
    assert result(events) == whole
    assert bytes(loader.flash[:whole]) == PROGRAM.ljust(whole, b"\xff")
    assert bytes(loader.flash[whole:20_000]) == bytes(20_000 - whole)
    assert loader.left
    for step in (Step.WRITING, Step.VERIFYING):
        done = [event.done_bytes for event in events if isinstance(event, Progress) and event.step is step]
        assert done == list(range(board.page_bytes, whole + 1, board.page_bytes))


@BOTH
def test_what_is_there_is_told_from_a_program_and_from_nothing(
    board: FlashBoard, double: type[Mega | Leonardo]
) -> None:
    assert result(carry(look(board, PROGRAM), double())) is Content.NOTHING
    assert result(carry(look(board, PROGRAM), double(PROGRAM))) is Content.THIS
    assert result(carry(look(board, PROGRAM), double(PROGRAM[:-1] + b"\x00"))) is Content.OTHER


@BOTH
def test_a_sketch_can_be_read_to_be_put_back(board: FlashBoard, double: type[Mega | Leonardo]) -> None:
    assert result(carry(read(board), double(PROGRAM + b"\x01"))) == PROGRAM + b"\x01"
    assert result(carry(read(board), double())) == b""


@BOTH
def test_another_processor_is_left_alone(board: FlashBoard, double: type[Mega | Leonardo]) -> None:
    loader = double(PROGRAM)
    loader.signature = bytes.fromhex("1e950f")
    assert isinstance(failure(carry(write(board, b"\x00" * 999), loader)), WrongProcessor)
    assert bytes(loader.flash[: len(PROGRAM)]) == PROGRAM


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_sketch_that_talks_is_no_bootloader(board: FlashBoard) -> None:
    assert isinstance(failure(carry(write(board, PROGRAM), None)), NoBootloader)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_program_that_does_not_fit_is_refused_before_anything_is_sent(board: FlashBoard) -> None:
    conversation = Conversation(write(board, b"\x00" * (board.room_bytes + 1)), 0)
    (failed,) = conversation.events_received()
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ProgramTooLarge)
    assert conversation.data_to_send() == b""


class WornMega(Mega):
    """One bit of its flash stays set."""

    def receive(self, data: bytes) -> bytes:
        self.flash[300] |= 0x10
        return super().receive(data)


class WornLeonardo(Leonardo):
    """The same."""

    def receive(self, data: bytes) -> bytes:
        self.flash[300] |= 0x10
        return super().receive(data)


@pytest.mark.parametrize(("board", "worn"), [(MEGA, WornMega()), (LEONARDO, WornLeonardo())], ids=["mega", "leonardo"])
def test_flash_that_does_not_take_a_bit_is_found(board: FlashBoard, worn: Bootloader) -> None:
    error = failure(carry(write(board, b"\x00" * 600), worn))
    assert isinstance(error, FlashMismatch)
    assert (error.address, error.expected, error.got) == (300, 0x00, 0x10)


def test_a_mega_s_damaged_answer_is_asked_for_again_twice_and_not_for_ever() -> None:
    loader = Mega()
    script = write(MEGA, PROGRAM)
    loader.damage = 2
    assert result(carry(script, loader)) == 3_072
    assert bytes(loader.flash[: len(PROGRAM)]) == PROGRAM

    class Deaf(Mega):
        def _do(self, body: bytes) -> bytes:
            self.damage = 99 if body[0] == 0x13 else 0
            return super()._do(body)

    error = failure(carry(write(MEGA, PROGRAM), Deaf()))
    assert isinstance(error, FlashRefused)
    assert "asked 3 times" in str(error)


@pytest.mark.parametrize(
    ("vid", "pid", "name"),
    [(0x2341, 0x0043, "uno"), (0x2A03, 0x0010, "mega"), (0x2341, 0x0036, "leonardo"), (0x2341, 0x8037, "micro")],
)
def test_usb_ids_tell_the_board(vid: int, pid: int, name: str) -> None:
    board = board_of_usb(vid, pid)
    assert board is not None
    assert board.name == name


def test_a_converter_does_not_tell_which_board_is_behind_it() -> None:
    assert board_of_usb(0x1A86, 0x7523) is None
    assert board_of_usb(None, None) is None
