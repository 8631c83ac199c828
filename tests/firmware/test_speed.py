"""Streams at the converter's own speed, on the chip: nothing lost, every value in its own channel, all else goes on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import BoardHeartbeat, FromBoard, Heartbeat, Reply, Samples, Status, Stop
from ardugate.wire.samples import Format, unpack_scans
from tests.firmware.on_chip import BOOT, ChipBoard, chip_board
from tests.support.chip import CLOCK_HZ

pytestmark = pytest.mark.chip

A0, A1 = 14, 15
SIX = (14, 15, 16, 17, 18, 19)
OUTPUT = 4
STREAM = 2
HEARTBEAT_S = 0.25  # as often as the gateway's
HEADER_BYTES = 16  # of a frame of samples on the line: COBS, code, stream, seq, t_us, CRC, delimiter


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a stream. ``lost``: scans missing between frames; ``wrong``: values that are not their channel's."""

    values: int
    lost: int
    wrong: int
    line_bytes: int
    period_ticks: float
    others: Sequence[FromBoard]


def volts(channel: int) -> float:
    """A voltage of its own for each channel."""
    return 0.3 + 0.7 * (channel - A0)


@contextmanager
def board_at(baud: int, channels: Sequence[int] = SIX) -> Generator[ChipBoard]:
    """The shipped sketch with its line at this rate."""
    with chip_board() as board:
        for channel in channels:
            board.chip.set_voltage(f"A{channel - A0}", volts(channel))
        board.boot()
        go_to(board, baud)
        yield board


def go_to(board: ChipBoard, baud: int) -> None:
    """Change the line's rate."""
    board.listen(0.1)  # what a boot begins with has gone
    if baud != 115_200:
        board.done(ops.SetLine(baud))
        board.send(Heartbeat(BOOT, 0))
        assert any(isinstance(message, BoardHeartbeat) for message in board.listen(0.01))


def hear(board: ChipBoard, seconds: float, channels: Sequence[int], stream: int = STREAM) -> Heard:
    """Listen, with heartbeats, and check each value."""
    expected = [int(volts(channel) * 1024 / 5) for channel in channels]
    values = lost = wrong = line_bytes = 0
    first: tuple[int, int] | None = None
    last = next_seq = None
    others: list[FromBoard] = []
    while seconds > 1e-9:
        board.send(Heartbeat(BOOT, 0))
        for message in board.listen(min(seconds, HEARTBEAT_S)):
            if not isinstance(message, Samples) or message.stream != stream:
                others.append(message)
                continue
            columns = unpack_scans(Format.U10, message.packed, len(channels))
            assert columns is not None
            wrong += sum(value != right for column, right in zip(columns, expected, strict=True) for value in column)
            lost += 0 if next_seq is None else message.seq - next_seq
            next_seq = message.seq + len(columns[0])
            values += len(columns[0]) * len(channels)
            line_bytes += len(message.packed) + HEADER_BYTES
            first = first or (message.seq, message.t_us)
            last = (message.seq, message.t_us)
        seconds -= HEARTBEAT_S
    assert first is not None
    assert last is not None
    return Heard(values, lost, wrong, line_bytes, (last[1] - first[1]) * 16 / (last[0] - first[0]), others)


def started(reply: Reply) -> tuple[int, int, int]:
    """Period, step and effective bits of a stream's REPLY."""
    assert reply.status == Status.OK, reply
    period = int.from_bytes(reply.data[1:5], "little")
    return period, int.from_bytes(reply.data[9:11], "little"), reply.data[11]


@pytest.mark.parametrize(
    ("baud", "asked", "channels", "kept", "bits", "per_s"),
    [
        pytest.param(2_000_000, 208, (A0,), 208, 8, 76_500, id="every conversion of the free-running converter"),
        pytest.param(1_000_000, 225, (A0,), 225, 8, 71_000, id="triggered, at 1 Mbaud"),
        pytest.param(1_000_000, 2_500, SIX, 2_496, 8, 6 * 6_400, id="six channels at 1 Mbaud"),
        pytest.param(115_200, 12_307, SIX, 12_306, 10, 6 * 1_300, id="six channels at 115,200 baud"),
    ],
)
def test_no_scan_is_lost_and_every_value_is_its_channels(
    baud: int, asked: int, channels: tuple[int, ...], kept: int, bits: int, per_s: int
) -> None:
    with board_at(baud, channels) as board:
        reply = board.command(ops.SetStream(STREAM, 1, asked, channels))
        assert started(reply) == (kept, kept // len(channels), bits)
        heard = hear(board, 1.5, channels)
        assert (heard.lost, heard.wrong) == (0, 0)
        assert heard.period_ticks == pytest.approx(kept, rel=1e-4)  # times are whole microseconds
        assert len(channels) * CLOCK_HZ / heard.period_ticks >= per_s * 0.999
        assert heard.values >= 1.5 * per_s * 0.98  # the last frame is on its way
        assert heard.line_bytes / heard.values <= 1.4


def test_what_is_read_beside_it_is_right_and_only_a_foreign_input_costs_scans() -> None:
    with board_at(1_000_000) as board:
        board.done(ops.SetStream(STREAM, 1, 320, (A0,)))
        hear(board, 0.25, (A0,))
        for channel in (A0, A1):
            value = int.from_bytes(board.done(ops.Read(channel)).data[:4], "little")
            assert value == int(volts(channel) * 1024 / 5)
        heard = hear(board, 0.25, (A0,))
        assert heard.wrong == 0
        assert hear(board, 0.25, (A0,)).lost == 0


def test_it_runs_alone_and_ends_like_any_other() -> None:
    with board_at(250_000) as board:
        board.done(ops.SetStream(STREAM, 1, 2_000, (A0,)))
        hear(board, 0.25, (A0,))
        assert board.command(ops.SetStream(3, 0, 160_000, (A1,))).status == Status.TOO_MANY
        board.done(ops.SetStream(4, STREAM, 16_000, SIX))  # an ordinary one
        heard = hear(board, 0.5, SIX, stream=4)
        assert (heard.lost, heard.wrong) == (0, 0)
        assert heard.period_ticks == pytest.approx(16_000, rel=1e-3)
        board.done(ops.SetStream(0, 4, 0, ()))
        assert not [message for message in board.listen(0.1) if isinstance(message, Samples)]


def test_a_stop_is_obeyed_within_2_ms_while_71_000_values_a_second_flow() -> None:
    with board_at(1_000_000) as board:
        board.post(ops.SetMode(OUTPUT, 4))
        board.go(0.05)
        board.done(ops.SetStream(STREAM, 1, 225, (A0,)))
        for hundredths in range(3):
            board.done(ops.Set(OUTPUT, 2_000, 1))
            board.go(0.01 + 0.0003 * hundredths)
            sent = board.chip.cycles()
            board.send(Stop(900 + hundredths))
            board.listen(0.01)
            (edge,) = board.chip.edges("D4", sent)
            assert (edge.cycle - sent) / CLOCK_HZ <= 0.0021  # 9 bytes at 1 Mbaud, and 2 ms
            board.done(ops.ClearStop())
