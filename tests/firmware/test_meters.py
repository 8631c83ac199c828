"""What a sketch declares of pins whose edges are counted, on a simulated ATmega328P."""

from __future__ import annotations

import struct

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import Irregular
from tests.firmware.makers import maker
from tests.firmware.on_chip import ChipBoard, chip_board, described
from tests.support.chip import CLOCK_HZ

pytestmark = pytest.mark.chip

METERS = """
gate::Counter rain("rain", 2, "mm");
gate::Frequency wind("wind", 3);
gate::Integer seen("seen");
void setup() { rain.pullup(); Ardugate.begin(); }
void loop() { seen = rain; Ardugate.run(); }
"""
ENCODER = """
gate::Quadrature wheel("wheel", 2, 3);
void setup() { Ardugate.begin(); }
void loop() { Ardugate.run(); }
"""
RAIN, WIND, SEEN = 20, 21, 22


def raw(board: ChipBoard, channel: int) -> bytes:
    """What a channel is now."""
    return board.done(ops.Read(channel)).data[:4]


def test_a_counter_counts_contacts_and_a_frequency_is_measured() -> None:
    with chip_board(maker(METERS)) as board:
        board.chip.set_pin("D2", level=True)
        board.boot()
        channels = described(board).channels
        assert [(each.name, each.unit, each.flags) for each in channels[:2]] == [("rain", "mm", 2), ("wind", "Hz", 6)]
        begin = board.chip.stepped_to + CLOCK_HZ // 100
        before = struct.unpack("<i", raw(board, RAIN))[0]
        for turn in range(100):  # 200 Hz at D3, each tenth one of it at D2 too
            at = begin + CLOCK_HZ // 10 + turn * CLOCK_HZ // 200
            for pin, level, when in (("D3", True, at), ("D3", False, at + CLOCK_HZ // 400)):
                board.chip.set_pin(pin, level=level, at_cycle=when)
        said = board.go(0.55)
        (wind,) = struct.unpack("<f", raw(board, WIND))
        assert wind == pytest.approx(200, rel=0.001)
        assert [m for m in said if isinstance(m, Irregular) and m.channel == WIND]
        for _ in range(5):
            for level in (False, True):
                board.chip.set_pin("D2", level=level)
                said += board.listen(0.01)
        said += board.go(0.1)
        assert struct.unpack("<i", raw(board, RAIN))[0] - before == 5
        assert struct.unpack("<i", raw(board, SEEN))[0] == before + 5


def test_an_encoder_counts_both_ways() -> None:
    with chip_board(maker(ENCODER)) as board:
        for pin in ("D2", "D3"):
            board.chip.set_pin(pin, level=False)
        board.boot()
        board.go(0.1)
        (before,) = struct.unpack("<i", raw(board, 20))
        forward = [(True, False), (True, True), (False, True), (False, False)]
        for a, b in forward * 3:
            board.chip.set_pin("D2", level=a)
            board.chip.set_pin("D3", level=b)
            board.listen(0.002)
        (after,) = struct.unpack("<i", raw(board, 20))
        assert abs(after - before) == 12
        for a, b in [*reversed(forward[:3]), (False, False)]:
            board.chip.set_pin("D2", level=a)
            board.chip.set_pin("D3", level=b)
            board.listen(0.002)
        (back,) = struct.unpack("<i", raw(board, 20))
        assert abs(back - before) == 8
