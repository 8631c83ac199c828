"""I2C and SPI as commands of a sketch, with partners on the buses of a simulated ATmega328P."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import Hello, Reply
from ardugate.wire.samples import Format
from tests.firmware.makers import maker
from tests.firmware.on_chip import BOOT, ChipBoard, chip_board, lost_scans
from tests.support.firmware import symbol

pytestmark = pytest.mark.chip

OUTPUT = 4
SCAN, TRANSFER, SPI = 0, 1, 2
MEMORY = 0x50
TWBR, TWCR, SPCR = 0xB8, 0xBC, 0x4C

# What the sketch has set up for itself has to be there afterwards.
SKETCH = """
void setup() {
  Ardugate.buses();
  Ardugate.begin("bus");
}
void loop() { Ardugate.run(); }
"""
OWN = """
void setup() {
  TWBR = 12;
  TWCR = _BV(TWEN) | _BV(TWEA);
  SPCR = _BV(SPE) | _BV(MSTR) | _BV(CPOL);
  pinMode(13, OUTPUT);
  pinMode(10, OUTPUT);
  digitalWrite(10, HIGH);
  Ardugate.buses();
  Ardugate.begin("bus");
  pinMode(10, OUTPUT);
  digitalWrite(10, HIGH);
}
void loop() { Ardugate.run(); }
"""


@pytest.fixture(scope="module")
def chip() -> Generator[ChipBoard]:
    """One chip for all tests of this file."""
    with chip_board(maker(SKETCH)) as board:
        yield board


@pytest.fixture
def board(chip: ChipBoard) -> ChipBoard:
    """The chip at the beginning of a boot."""
    chip.send(Hello(BOOT + 1))
    chip.listen(0.01)
    chip.boot()
    return chip


def call(board: ChipBoard, command: int, *arguments: int | str, seconds: float = 0.06) -> str:
    packed = b""
    for argument in arguments:
        if isinstance(argument, int):
            packed += argument.to_bytes(4, "little", signed=True)
        else:
            packed += bytes([len(argument)]) + argument.encode()
    board.post(ops.Call(command, packed))
    *_, reply = [m for m in board.go(seconds) if isinstance(m, Reply)]
    assert reply.status == 0, reply
    assert len(reply.data) == 5 + reply.data[4]
    return reply.data[5:].decode()


def test_a_scan_finds_who_answers(board: ChipBoard) -> None:
    assert call(board, SCAN) == "2950"


def test_what_is_written_to_a_memory_is_read_again(board: ChipBoard) -> None:
    assert call(board, TRANSFER, MEMORY, "10c0ffee42", 0) == ""
    assert call(board, TRANSFER, MEMORY, "10", 4) == "c0ffee42"
    assert call(board, TRANSFER, MEMORY, "11", 1) == "ff"
    whole = bytes(range(11))
    assert call(board, TRANSFER, MEMORY, "20" + whole.hex().upper(), 0) == ""
    assert call(board, TRANSFER, MEMORY, "20", 16) == whole.hex() + "00" * 5


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ((0x51, "00", 1), "no answer"),
        ((0x51, "", 0), "no answer"),
        ((MEMORY, "", 0), ""),
        ((MEMORY, "0g", 1), "bad hex"),
        ((MEMORY, "012", 1), "bad hex"),
    ],
)
def test_what_cannot_be_done_is_said(board: ChipBoard, arguments: tuple[int, str, int], answer: str) -> None:
    assert call(board, TRANSFER, *arguments) == answer


def test_a_clock_that_is_held_ends_in_milliseconds_and_the_link_lives(board: ChipBoard) -> None:
    board.chip.hold_bus(held=True)
    board.post(ops.SetStream(2, 1, 16_000, tuple(range(14, 18))))
    board.post(ops.Call(TRANSFER, MEMORY.to_bytes(4, "little") + b"\x00" + (1).to_bytes(4, "little")))
    said = board.go(0.3)
    *_, reply = [m for m in said if isinstance(m, Reply)]
    assert reply.data[5:] == b"bus stuck"
    assert lost_scans(said, 2, 4, Format.U10)[1] == 0
    board.chip.hold_bus(held=False)
    assert call(board, SCAN) == "2950"


def test_a_bus_is_not_taken_from_a_pin_that_somebody_uses(board: ChipBoard) -> None:
    board.done(ops.SetMode(18, OUTPUT))
    assert call(board, SCAN) == "in use"
    assert call(board, TRANSFER, MEMORY, "", 1) == "in use"
    board.done(ops.SetMode(11, OUTPUT))
    assert call(board, SPI, 10, "00") == "in use"


def test_spi_gives_back_what_comes_while_it_writes(board: ChipBoard) -> None:
    call(board, SPI, 10, "00")
    assert call(board, SPI, 10, "0102030405060708090a0b0c0d") == "fffefdfcfbfaf9f8f7f6f5f4f3"
    assert call(board, SPI, 9, "zz") == "bad hex"


def test_a_select_that_is_an_output_is_low_for_the_transfer_and_back_high(board: ChipBoard) -> None:
    board.done(ops.SetMode(9, OUTPUT))
    board.done(ops.Set(9, 0, 1))
    since = board.chip.cycles()
    call(board, SPI, 9, "00112233")
    down, up = board.chip.edges("D9", since)
    assert (down.level, up.level) == (0, 1)
    assert 4 * 8 * 16 < up.cycle - down.cycle < 20_000


def test_what_a_sketch_had_set_up_is_as_it_was() -> None:
    with chip_board(maker(OWN)) as board:
        board.boot()
        assert call(board, SCAN) == "2950"
        call(board, SPI, 9, "0011")
        assert board.chip.data(TWBR, 1)[0] == 12
        assert board.chip.data(TWCR, 1)[0] & 0x7F == 0x44
        assert board.chip.data(SPCR, 1)[0] == 0x58
        assert board.chip.level("D10") == 1


def test_a_sketch_that_names_no_bus_has_nothing_of_it() -> None:
    elf = maker("void setup() { Ardugate.begin(); }\nvoid loop() { Ardugate.run(); }")
    for name in ("__vector_1", "__vector_8", "__vector_9"):
        assert symbol(elf, name) == symbol(elf, "__bad_interrupt")
