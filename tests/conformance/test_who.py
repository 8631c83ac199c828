"""Which board it is, for eyes: showing itself, and a name that it keeps (3.4, identify and name)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardugate.model import Mode
from ardugate.wire import limits, ops
from ardugate.wire import messages as msg
from ardugate.wire.descriptor import Descriptor, parse_descriptor
from ardugate.wire.modes import MODE_BY_NAME
from tests.conformance.bench import Bench

# What a board that cannot answers: with a reason in words, or because its firmware does not know the op at all.
_CANNOT = (msg.Status.REFUSED, msg.Status.UNKNOWN_COMMAND)


# An EEPROM takes some milliseconds a byte, and a board need not stand still meanwhile.
_WRITTEN_S = 0.3


def _name(bench: Bench) -> str:
    descriptor = parse_descriptor(bench.descriptor_bytes())
    assert isinstance(descriptor, Descriptor)
    return descriptor.name


@pytest.fixture
def own(bench: Bench) -> Iterator[str]:
    """The name that the sketch says, again afterwards."""
    reply = bench.command(ops.SetName(""))
    if reply.status in _CANNOT:
        pytest.skip(f"this board keeps no name: {reply.data.decode()}")
    bench.begin()
    yield _name(bench)
    bench.done(ops.SetName(""), ops.Done)


class TestName:
    """From the next boot on, wherever the board is plugged in."""

    @pytest.mark.parametrize(
        "name", ["a", "Gewächshaus 2", "x" * limits.MAX_NAME_BYTES], ids=["short", "utf-8", "long"]
    )
    def test_it_is_the_descriptor_s_from_the_next_boot_on(self, bench: Bench, own: str, name: str) -> None:
        bench.done(ops.SetName(name), ops.Done)
        assert _name(bench) == own
        bench.begin()
        assert _name(bench) == name

    def test_it_outlives_a_reset(self, bench: Bench, own: str) -> None:
        bench.done(ops.SetName("bench 7"), ops.Done)
        bench.wait(_WRITTEN_S)
        bench.reset()
        bench.begin()
        assert _name(bench) == "bench 7" != own

    def test_none_is_the_sketch_s_own_again(self, bench: Bench, own: str) -> None:
        bench.done(ops.SetName("other"), ops.Done)
        bench.done(ops.SetName(""), ops.Done)
        bench.begin()
        assert _name(bench) == own

    def test_one_that_does_not_fit_changes_nothing(self, bench: Bench, own: str) -> None:
        reply = bench.command(ops.SetName("x" * (limits.MAX_NAME_BYTES + 1)))
        assert reply.status in (msg.Status.OUT_OF_RANGE, msg.Status.BAD_REQUEST)
        bench.begin()
        assert _name(bench) == own


class TestIdentify:
    """The board shows itself, and touches no pin that is claimed."""

    def test_for_so_long_or_says_why_not(self, bench: Bench) -> None:
        reply = bench.command(ops.Identify(500))
        if reply.status in _CANNOT:
            assert reply.data.decode("ascii") or reply.status == msg.Status.UNKNOWN_COMMAND, "a refusal says why"
            return
        assert msg.Status(reply.status) is msg.Status.OK
        assert isinstance(ops.parse_done(ops.Op.IDENTIFY, reply.data), ops.Done)
        bench.wait(0.2)
        bench.done(ops.Identify(0), ops.Done)

    def test_a_pin_that_somebody_uses_is_left_alone(self, bench: Bench) -> None:
        pin = bench.output()
        bench.set(pin.channel, 1)
        bench.command(ops.Identify(400))
        for _ in range(8):
            bench.wait(0.05)
            assert not bench.transport.has_hands or bench.transport.output(pin.name) == 1
        bench.command(ops.Identify(0))
        assert bench.read(pin.channel) == 1

    def test_a_pin_that_was_claimed_stays_so_whatever_its_mode_until_the_next_boot(self, bench: Bench) -> None:
        pin = bench.output()
        if bench.command(ops.Identify(100)).status == msg.Status.OK:
            pytest.skip("it shows itself by something else than the suite's output pin")
        for mode in (Mode.INPUT, Mode.OFF):
            bench.done(ops.SetMode(pin.channel, MODE_BY_NAME[mode].number), ops.ModeDone)
            assert bench.command(ops.Identify(100)).status in _CANNOT
        bench.begin()
        if bench.command(ops.Identify(100)).status == msg.Status.OK:
            bench.done(ops.Identify(0), ops.Done)
