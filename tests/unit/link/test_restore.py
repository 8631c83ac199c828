"""What clients wished of the board is put back after a reset, and after a reset in the middle of that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ardugate.link.events import InfoChanged
from ardugate.model import Mode, ModeRequest, RateRequest
from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.limits import MAX_LINE_TO_BOARD
from ardugate.wire.messages import Command, parse_to_board
from ardugate.wire.ops import Op
from tests.support.joined import Joined

PWM_PINS = ("D9", "D10", "D11")


def reset_before(both: Joined, wanted: Callable[[Command], bool]) -> None:
    """Reset the board once, just before the first such command reaches it; what it says of itself then is lost, so that
    its answer to the command is the first that is heard of it."""
    decoder, waiting = Decoder(MAX_LINE_TO_BOARD), [True]

    def to_board(data: bytes) -> bytes:
        for frame in decoder.receive(data):
            message = parse_to_board(frame.body) if isinstance(frame, Frame) else None
            if waiting and isinstance(message, Command) and wanted(message):
                waiting.clear()
                both.sim.reset(both.now_ns)
                both.sim.data_to_send(both.now_ns)
        return data

    both.to_board = to_board


@pytest.mark.parametrize("op", [Op.MODE, Op.STREAM], ids=["while modes", "while rates"])
def test_a_reset_while_they_are_put_back_makes_nobody_forget_them(op: Op) -> None:
    both = Joined()
    both.live()
    for pin in PWM_PINS:
        both.done(ModeRequest(pin, Mode.PWM))
    both.done(RateRequest(("A0", "A1"), 250))
    both.events.clear()

    both.sim.reset(both.now_ns)
    reset_before(both, lambda command: command.op == op)
    both.run(5_000)

    info = both.of(InfoChanged)[-1].info
    found = {channel.name: (channel.mode, channel.rate_hz) for channel in info.channels}
    assert [found[pin][0] for pin in PWM_PINS] == [Mode.PWM] * 3
    assert [found[name][1] for name in ("A0", "A1")] == [250, 250]
