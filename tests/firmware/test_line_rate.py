"""The line's rate changes when the gateway asks, and comes back by itself (wire.md 3.8)."""

from __future__ import annotations

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import Answer, BoardHeartbeat, FromBoard, Heartbeat, Query, Reply, Status
from tests.firmware.on_chip import BOOT, ChipBoard, chip_board, lost_scans

pytestmark = pytest.mark.chip

# Cycles that a byte takes; "115,200" is 117,647 on an Uno.
BYTE_CYCLES = {115_200: 1_360, 250_000: 640, 500_000: 320, 1_000_000: 160}
OUT_OF_RANGE = 6


def beat(board: ChipBoard) -> bool:
    """Send heartbeats each 50 ms, as a gateway does after a change; whether one of the first five was answered."""
    for _ in range(5):
        board.send(Heartbeat(BOOT, 0))
        if any(isinstance(message, BoardHeartbeat) for message in board.listen(0.05)):
            return True
    return False


@pytest.mark.parametrize("baud", BYTE_CYCLES)
def test_the_board_goes_to_each_rate_and_says_so_at_the_old_one(baud: int) -> None:
    with chip_board() as board:
        board.boot()
        board.listen(0.1)
        board.post(ops.SetLine(baud))
        board.chip.run(0.002)
        assert board.chip.line().byte_cycles == BYTE_CYCLES[115_200]
        (reply,) = [message for message in board.listen(0.01) if isinstance(message, Reply)]
        assert (reply.status, int.from_bytes(reply.data[:4], "little")) == (Status.OK, baud)
        assert board.chip.line().byte_cycles == BYTE_CYCLES[baud]
        assert beat(board)
        board.go(0.5)
        assert board.chip.line().byte_cycles == BYTE_CYCLES[baud]


def test_a_rate_that_it_does_not_have_is_out_of_range() -> None:
    with chip_board() as board:
        board.boot()
        assert board.command(ops.SetLine(57_600)).status == OUT_OF_RANGE


def test_after_the_change_it_is_silent_until_it_hears_a_good_frame() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetLine(1_000_000))
        said = board.chip.line().from_chip
        board.listen(0.15)  # the stream that a boot begins with goes on meanwhile
        assert board.chip.line().from_chip == said
        assert beat(board)
        assert board.chip.line().from_chip > said


def test_without_a_good_frame_at_the_new_rate_it_goes_back_after_300_ms() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetLine(1_000_000))
        board.listen(0.2)
        assert board.chip.line().byte_cycles == BYTE_CYCLES[1_000_000]
        board.listen(0.15)
        assert board.chip.line().byte_cycles == BYTE_CYCLES[115_200]
        assert beat(board)


def test_without_any_good_frame_for_3_s_it_goes_back_to_115_200_baud() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetLine(500_000))
        assert beat(board)
        board.listen(2.8)
        assert board.chip.line().byte_cycles == BYTE_CYCLES[500_000]
        board.listen(0.4)
        assert board.chip.line().byte_cycles == BYTE_CYCLES[115_200]


def test_a_stream_goes_on_over_a_change_and_what_had_no_room_is_a_gap() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetStream(2, 1, 16_000, (14,)))
        said: list[FromBoard] = board.go(0.2)
        board.post(ops.SetLine(1_000_000))
        said += board.listen(0.02)
        said += board.go(1.0)
        came, lost = lost_scans(said, 2, 1)
        assert came > 1_100
        assert came + lost == pytest.approx(1_220, abs=70)


def test_a_refused_rate_says_what_this_line_and_the_fastest_one_can_do() -> None:
    with chip_board() as board:
        board.boot()
        refused = board.command(ops.SetStream(2, 1, 1, (14, 15, 16, 17, 18, 19)))
        best, offered = (int.from_bytes(refused.data[at : at + 4], "little") for at in (0, 4))
        assert refused.status == Status.RATE_TOO_HIGH
        assert offered < best


def test_a_stream_says_its_step_and_its_bits() -> None:
    with chip_board() as board:
        board.boot()
        reply = board.done(ops.SetStream(2, 1, 160_000, (14, 15)))
        step_and_bits = (1_792).to_bytes(2, "little") + bytes([10])
        assert reply.data[9:] == step_and_bits
        board.send(Query(4, 2))
        (answer,) = [message.data for message in board.listen(0.05) if isinstance(message, Answer)]
        assert answer == reply.data[:5] + step_and_bits


@pytest.mark.parametrize("baud", [250_000, 1_000_000])
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_the_best_that_it_offers_is_kept_without_a_loss(baud: int, channels: int) -> None:
    chosen = tuple(range(14, 14 + channels))
    with chip_board() as board:
        board.boot()
        board.done(ops.SetLine(baud))
        assert beat(board)
        refused = board.command(ops.SetStream(2, 1, 1, chosen))
        assert refused.status == Status.RATE_TOO_HIGH
        best = int.from_bytes(refused.data[:4], "little")
        board.done(ops.SetStream(3, 1, best, chosen))
        came, lost = lost_scans(board.go(0.5), 3, channels)
        assert came > 0.45 * 16_000_000 / best
        assert lost == 0
