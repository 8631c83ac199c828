"""wire.md, 3.4 and 4.3: the stop, which is always obeyed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardugate.wire import messages as msg
from ardugate.wire import ops
from tests.conformance.bench import BOOT_S, Bench


@pytest.fixture
def stoppable(bench: Bench) -> Iterator[Bench]:
    """Whatever a test leaves stopped is cleared: the latch outlives a reset."""
    yield bench
    if bench.hello(bench.boot_id).flags & msg.FLAG_STOPPED:
        bench.command(ops.ClearStop())


def _stop(bench: Bench) -> msg.Stop:
    frame = msg.Stop(bench.next_id())
    assert bench.ask(frame).status == msg.Status.OK
    return frame


def test_it_puts_an_output_at_its_safe_value(stoppable: Bench) -> None:
    pin = stoppable.output()
    stoppable.set(pin.channel, 1)
    _stop(stoppable)
    assert stoppable.read(pin.channel) == pin.safe
    if stoppable.transport.has_hands:
        assert stoppable.transport.output(pin.name) == pin.safe


def test_it_latches(stoppable: Bench) -> None:
    pin = stoppable.output()
    _stop(stoppable)
    assert stoppable.command(ops.Set(pin.channel, 0, 1)).status == msg.Status.STOPPED
    assert stoppable.beat().flags & msg.FLAG_STOPPED


def test_the_latch_outlives_a_reset(stoppable: Bench) -> None:
    _stop(stoppable)
    stoppable.wait(0.05)  # an EEPROM takes 3.4 ms
    stoppable.reset()
    hello = stoppable.await_message(msg.BoardHello, within_s=BOOT_S)
    assert hello.flags & msg.FLAG_STOPPED


def test_clearing_moves_nothing(stoppable: Bench) -> None:
    pin = stoppable.output()
    stoppable.set(pin.channel, 1)
    _stop(stoppable)
    stoppable.done(ops.ClearStop(), ops.Done)
    assert not stoppable.beat().flags & msg.FLAG_STOPPED
    assert stoppable.read(pin.channel) == pin.safe
    assert stoppable.set(pin.channel, 1).raw == 1


def test_it_is_obeyed_before_the_board_has_a_boot_id(stoppable: Bench) -> None:
    stoppable.reset()
    stoppable.await_message(msg.BoardHello, within_s=BOOT_S)
    _stop(stoppable)
    assert stoppable.hello(stoppable.fresh_boot_id()).flags & msg.FLAG_STOPPED


def test_a_repeated_stop_is_answered_from_memory(stoppable: Bench) -> None:
    pin = stoppable.output()
    frame = _stop(stoppable)
    stoppable.done(ops.ClearStop(), ops.Done)
    stoppable.set(pin.channel, 1)
    assert stoppable.ask(frame).status == msg.Status.OK
    assert stoppable.read(pin.channel) == 1


def test_none_is_stale(stoppable: Bench) -> None:
    pin = stoppable.output()
    old = stoppable.next_id()
    for _ in range(9):
        stoppable.set(pin.channel, 1)
    assert stoppable.ask(msg.Stop(old)).status == msg.Status.OK
    assert stoppable.read(pin.channel) == pin.safe


def test_reading_and_modes_go_on_while_stopped(stoppable: Bench) -> None:
    pin = stoppable.output()
    _stop(stoppable)
    assert stoppable.read(pin.channel) == pin.safe
    assert stoppable.modes()
