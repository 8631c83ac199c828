"""The board's name in its EEPROM, and how it shows itself, on a simulated ATmega328P."""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise

import pytest

from ardugate.wire import ops
from ardugate.wire.descriptor import Descriptor, parse_descriptor
from ardugate.wire.messages import Answer, BoardHello, Hello, Irregular, Query, Stop
from tests.firmware.on_chip import BOOT, ChipBoard, chip_board
from tests.support.chip import CLOCK_HZ

pytestmark = pytest.mark.chip

OUTPUT = 4
REFUSED = 11
EEPROM_BYTES = 1_024
OURS = 16 + 68  # at the EEPROM's end


@pytest.fixture
def board() -> Generator[ChipBoard]:
    """A chip as it left the factory."""
    with chip_board() as board:
        board.boot()
        yield board


def name_of(board: ChipBoard) -> str:
    data = b""
    while True:
        board.send(Query(0, len(data)))
        piece = next(m.data for m in board.listen(0.06) if isinstance(m, Answer))
        if not piece:
            break
        data += piece
    descriptor = parse_descriptor(data)
    assert isinstance(descriptor, Descriptor)
    return descriptor.name


def reset(board: ChipBoard, *, power: bool = False) -> None:
    board.chip.reset(power=power)
    board.listen(0.05)
    board.damage = 0  # the frame that was on the line
    board.boot()


def test_a_name_is_shown_from_the_next_boot_on_and_outlives_a_reset(board: ChipBoard) -> None:
    board.done(ops.SetName("Gewächshaus 2"))
    assert name_of(board) == "uno"
    hello = next(m for m in board.boot() if isinstance(m, BoardHello))
    board.send(Hello(BOOT + 1))
    renamed = next(m for m in board.listen(0.06) if isinstance(m, BoardHello))
    assert renamed.descriptor_crc != hello.descriptor_crc
    assert name_of(board) == "Gewächshaus 2"
    board.listen(0.3)
    reset(board, power=True)
    assert name_of(board) == "Gewächshaus 2"
    board.done(ops.SetName(""))
    board.listen(0.05)
    reset(board)
    assert name_of(board) == "uno"


def test_the_last_of_many_names_counts(board: ChipBoard) -> None:
    for name in ("one", "two", "x" * 32, "four"):
        board.done(ops.SetName(name))
        board.listen(0.3 if name == "two" else 0.0)
        if name == "two":
            reset(board)
            assert name_of(board) == "two"
    board.listen(0.3)
    reset(board)
    assert name_of(board) == "four"


@pytest.mark.parametrize("after_s", [0.002, 0.03, 0.06, 0.09])
def test_a_power_cut_while_a_name_is_written_leaves_the_old_one(board: ChipBoard, after_s: float) -> None:
    board.done(ops.SetName("old"))
    board.listen(0.1)
    reset(board)
    board.post(ops.SetName("n" * 32))
    board.listen(0.004 + after_s)
    reset(board, power=True)
    assert name_of(board) == "old"


def test_a_name_leaves_the_sketchs_part_of_the_eeprom_alone(board: ChipBoard) -> None:
    pattern = bytes(i % 251 for i in range(EEPROM_BYTES - OURS))
    for at in range(0, len(pattern), 64):
        board.chip.poke_eeprom(at, pattern[at : at + 64])
    for name in ("a" * 32, "b" * 32):
        board.done(ops.SetName(name))
        board.listen(0.2)
        reset(board)
    board.done(ops.SetIdentity(1))
    board.listen(0.1)
    assert board.chip.eeprom(0, len(pattern)) == pattern


def test_the_led_blinks_four_times_a_second_and_ends_by_itself(board: ChipBoard) -> None:
    since = board.chip.cycles()
    board.done(ops.Identify(1_000))
    said = board.go(1.2)
    edges = [edge for edge in board.chip.edges("D13", since) if edge.level in (0, 1)]
    ups = [edge.cycle for edge in edges if edge.level == 1]
    assert len(ups) in (4, 5)
    assert [b - a for a, b in pairwise(ups)][1:] == pytest.approx([0.256 * CLOCK_HZ] * (len(ups) - 2), rel=0.03)
    assert board.chip.level("D13") is None
    assert not [m for m in said if isinstance(m, Irregular) and m.channel == 13 and m.records[4]]
    board.chip.set_pin(13, level=True)
    heard = [m for m in board.go(0.01) if isinstance(m, Irregular) and m.channel == 13]
    assert [m.records[4] for m in heard] == [1]


def test_a_claim_and_a_stop_end_it(board: ChipBoard) -> None:
    board.done(ops.Identify(5_000))
    board.done(ops.SetMode(13, OUTPUT))
    since = board.chip.cycles()
    board.go(0.3)
    assert not board.chip.edges("D13", since)
    assert board.chip.level("D13") == 0
    refused = board.command(ops.Identify(100))
    assert (refused.status, refused.data) == (REFUSED, b"LED's pin")
    board.done(ops.Identify(0))
    board.send(Hello(BOOT + 1))
    board.listen(0.05)
    board.boot()
    board.done(ops.Identify(5_000))
    board.send(Stop(99))
    board.go(0.1)
    assert board.chip.level("D13") is None
