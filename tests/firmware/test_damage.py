"""A line that damages: commands run exactly once, no value is wrong, no pin moves that should not, nothing hangs."""

from __future__ import annotations

import os

import pytest

from ardugate.wire import ops
from ardugate.wire.framing import encode
from ardugate.wire.messages import Counters, FromBoard, Reply, Status, Stop, serialize
from tests.firmware.damage import PINS, SKETCH, Scene, scene
from tests.firmware.makers import maker
from tests.firmware.on_chip import BOOT, chip_board, lost_scans
from tests.support.chip import CLOCK_HZ
from tests.support.noise import Rates

pytestmark = pytest.mark.chip

# Others for a hunt: DAMAGE_SEED=7
_SEED = int(os.environ.get("DAMAGE_SEED", "1"))


def exactly_once(scene: Scene, number: int) -> None:
    """By the replies and by the pins' trace."""
    assert scene.failed == []
    assert scene.done.total() == number
    assert scene.edges("D12") == scene.done["turn"]
    assert scene.edges("D8") == scene.done["set"]
    assert scene.moved() == set()


@pytest.mark.parametrize(
    ("rates", "number"),
    [
        pytest.param(Rates(bits=1e-4, lost=0.01), 60, id="1e-4 bit errors, 1 % byte loss"),
        pytest.param(Rates(changed=1e-3), 400, id="1e-3 byte corruption"),
        pytest.param(
            Rates(changed=1e-3, lost=1e-4, added=1e-4, repeated=0.05), 2_000, id="corruption, loss, repetition"
        ),
    ],
)
def test_commands_run_exactly_once_and_no_value_is_wrong(rates: Rates, number: int) -> None:
    with scene(_SEED) as chip_scene:
        chip_scene.spoil(rates, rates)
        chip_scene.command(number, at_once=2)
        damaged = chip_scene.damaged
        chip_scene.settle()
        print(chip_scene.summary())
        exactly_once(chip_scene, number)
        assert chip_scene.wrong == 0
        assert chip_scene.foreign_text == []
        assert damaged > 10
        assert chip_scene.faults["bad_frame"] > 0
        assert chip_scene.counters().bad_frames > 0


# What is no frame, and what is one and lies: nothing of it may run, and the frame after it must.
LAMP = 20  # its channel id
_BOOT = BOOT.to_bytes(4, "little")


def _half(frame: bytes) -> list[bytes]:
    """A frame cut at each place, with a delimiter after it and without one (what follows is then a part of it)."""
    return [frame[:at] + end for at in range(1, len(frame) - 1) for end in (b"\0", b"")]


def _command(op: int, arguments: bytes, command_id: int = 60_000) -> bytes:
    return encode(b"\x04" + _BOOT + command_id.to_bytes(2, "little") + bytes([op]) + arguments)


_LIES = [
    *[bytes([code]) + b"\x04\x01\x02\0" for code in (5, 40, 200, 255)],  # COBS codes that point behind the end
    b"\xff" * 300 + b"\0",
    _command(1, b""),  # set: nothing
    _command(1, bytes([LAMP, 0, 0, 1, 0, 0])),  # set: a byte short
    _command(1, bytes([200, 0, 0, 1, 0, 0, 0])),  # no such channel
    _command(2, bytes([8])),
    _command(3, bytes([9, 0]) + bytes(4) + bytes(range(30))),  # a stream of 30 channels at a period of 0
    _command(3, bytes([9, 0, 0, 0, 1, 0, 14, 14, 14])),  # of one channel, three times
    _command(3, bytes([9, 0, 0, 0, 1, 0, 255])),
    _command(4, bytes([0, 0]) + bytes([255] * 31)),  # renew
    _command(8, b""),
    _command(8, bytes([200])),  # no such command
    _command(8, bytes([1, 250]) + b"x" * 30),  # a text that is longer than its frame
    _command(8, bytes([1, 255])),
    _command(99, b"\xff" * 32),
    *[encode(b"\x03" + bytes([what, 0xFF, 0xFF])) for what in (0, 1, 2, 3, 4, 77)],
    encode(b"\x01\x01\0\0\0\0"),  # hello with the boot id 0
    encode(b"\x05"),
    encode(b"\x7f" * 41),
]


def test_lying_lengths_and_half_frames_move_nothing_and_cost_nothing_else() -> None:
    with chip_board(maker(SKETCH)) as board:
        board.boot()
        good = _command(1, bytes([LAMP, 0, 0, 1, 0, 0, 0]), 60_001)
        for data in (*_LIES, *_half(good)):
            board.chip.send(data)
            board.go(0.004 + len(data) * 85e-6)
            board.chip.send(b"\0")
        assert [pin for pin in PINS if board.chip.level(pin) not in (None, 0)] == []
        board.chip.send(good)
        board.go(0.1)
        assert board.chip.level("D8") == 1
        assert board.chip.stack()[0] > 0


def test_four_kilobytes_of_garbage_at_full_speed_cost_at_most_counted_samples() -> None:
    with scene(_SEED) as chip_scene:
        chip_scene.inject(chip_scene.random.randbytes(4_096))
        chip_scene.settle()
        chip_scene.command(10, at_once=2)
        exactly_once(chip_scene, 10)
        assert chip_scene.wrong == 0
        assert chip_scene.counters().bad_frames > 5


def test_a_flood_of_commands_runs_each_once_in_order_and_a_stop_comes_through() -> None:
    number = 401
    with chip_board(maker(SKETCH)) as board:
        board.boot()
        board.done(ops.SetStream(2, 1, 64_000, (14, 15)))
        began = board.chip.cycles()
        said: list[FromBoard] = []
        for turn in range(number):
            frame = _command(1, bytes([LAMP, 0, 0, (turn + 1) % 2, 0, 0, 0]), 100 + turn)
            board.chip.send(frame)
            said += board.listen(len(frame) * board.chip.line().byte_cycles / CLOCK_HZ)
        stop = serialize(Stop(900))
        board.chip.send(encode(stop))
        sent = board.chip.cycles() + len(encode(stop)) * board.chip.line().byte_cycles
        said += board.go(1.5)
        edges = [edge for edge in board.chip.edges("D8", began) if edge.level is not None]
        assert [edge.level for edge in edges] == [1, 0] * (number // 2 + 1)
        assert edges[-1].cycle - sent <= 0.002 * CLOCK_HZ
        replies = [message for message in said if isinstance(message, Reply)]
        assert {reply.status for reply in replies} == {Status.OK}
        assert 900 in {reply.id for reply in replies}
        # Replies that found no room are asked for again; samples that found none are counted.
        _, lost = lost_scans(said, 2, 2)
        overruns = [message.sample_overruns for message in said if isinstance(message, Counters)]
        assert lost == (overruns[-1] if overruns else 0)
        assert board.chip.line().overruns == 0
