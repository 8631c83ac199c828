"""Pins as servos, tones, counters, frequency meters and encoders, and whose timer it is (4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import pytest

from ardugate.model import Mode
from ardugate.wire import messages as msg
from ardugate.wire import modes, ops
from ardugate.wire.descriptor import PinRecord
from ardugate.wire.samples import Format, unpack_scans
from tests.conformance.bench import Bench

_RISING, _FALLING, _BOTH = range(3)
_CLIENT_HOLD = 0
# A pin that feels no edge for so long has no frequency any more: slower than this is for a counter.
_QUIET_S = 3.0


def _number(mode: Mode) -> int:
    return modes.MODE_BY_NAME[mode].number


@pytest.fixture(autouse=True)
def free_pins(bench: Bench) -> Iterator[None]:
    """Every pin as at first afterwards: no level is held, no timer is owned."""
    yield
    for pin in bench.descriptor().pins:
        if bench.transport.has_hands and not pin.abilities & modes.LOCKED:
            bench.transport.set_level(pin.name, None)


def _claim(bench: Bench, mode: Mode, option: int = 0) -> PinRecord:
    pin = bench.pin(modes.MODE_BY_NAME[mode].ability or "")
    bench.end_streams()
    bench.done(ops.SetMode(pin.channel, _number(mode), option), ops.ModeDone)
    return pin


def _hands(bench: Bench) -> None:
    if not bench.transport.has_hands:
        pytest.skip("needs somebody at the pins")


def _square(bench: Bench, pin: str, half_s: float, times: int) -> None:
    """So many whole periods, from low to high and back."""
    for _ in range(times):
        for level in (True, False):
            bench.transport.set_level(pin, level)
            bench.wait(half_s)


class TestOutputs:
    """Servo and tone: numbers with limits of their own, held like a client's."""

    @pytest.mark.parametrize(("mode", "wanted"), [(Mode.SERVO, (900, 0, 1_800)), (Mode.TONE, (440, 0, 5_000))])
    def test_it_starts_safe_and_keeps_what_is_set_for_its_hold(
        self, bench: Bench, mode: Mode, wanted: tuple[int, ...]
    ) -> None:
        pin = _claim(bench, mode)
        assert bench.read(pin.channel) == pin.safe
        for raw in wanted:
            done = bench.set(pin.channel, raw)
            assert done.hold == _CLIENT_HOLD
            assert done.raw == pytest.approx(raw, rel=0.01)
            assert abs(done.until_ms - modes.CLIENT_HOLD_MS) <= 1
            assert bench.read(pin.channel) == done.raw, "what the board really does, not what was asked"
        top = modes.MODE_BY_NAME[mode].raw_maximum or 0
        for beyond in (-1, top + 1):
            assert bench.command(ops.Set(pin.channel, 0, beyond)).status == msg.Status.OUT_OF_RANGE
        assert bench.read(pin.channel) == pytest.approx(wanted[-1], rel=0.01)

    @pytest.mark.parametrize("mode", [Mode.SERVO, Mode.TONE])
    def test_its_changes_are_events_and_the_last_is_its_deadline(self, bench: Bench, mode: Mode) -> None:
        pin = _claim(bench, mode)
        bench.wait(0.1)
        bench.forget()
        done = bench.set(pin.channel, 700, ttl_ms=200)
        bench.wait(0.4)
        values = [each.value for each in bench.records(pin.channel)]
        assert [value for value, before in pairwise([*values, None]) if value != before][:2] == [done.raw, pin.safe]
        assert bench.read(pin.channel) == pin.safe


class TestCount:
    """Edges since the pin was claimed."""

    @pytest.mark.parametrize(("edge", "counted"), [(_RISING, 5), (_FALLING, 5), (_BOTH, 10)])
    def test_it_counts_the_edges_that_it_was_asked_for_from_0_on(self, bench: Bench, edge: int, counted: int) -> None:
        _hands(bench)
        bench.transport.set_level(bench.pin("count").name, False)
        pin = _claim(bench, Mode.COUNT, edge)
        assert bench.read(pin.channel) == 0
        _square(bench, pin.name, 0.005, 5)
        assert bench.read(pin.channel) == counted
        bench.done(ops.SetMode(pin.channel, _number(Mode.COUNT), edge), ops.ModeDone)
        assert bench.read(pin.channel) == 0

    def test_an_edge_that_there_is_not(self, bench: Bench) -> None:
        pin = bench.pin("count")
        assert bench.command(ops.SetMode(pin.channel, _number(Mode.COUNT), 3)).status == msg.Status.BAD_REQUEST

    def test_it_is_sampled_as_whole_numbers_of_32_bits(self, bench: Bench) -> None:
        _hands(bench)
        pin = _claim(bench, Mode.COUNT)
        before = bench.read(pin.channel)
        values = _sampled(bench, pin, Format.I32)
        assert values == sorted(values)
        assert values[-1] - before == 3

    def test_two_are_sampled_at_once_each_in_its_own_column(self, bench: Bench) -> None:
        _hands(bench)
        bench.end_streams()
        pins = sorted(bench.pins("count"), key=lambda pin: pin.channel)[:2]
        if len(pins) < 2:
            pytest.skip("this board has no two pins with the ability 'count'")
        for pin in pins:
            bench.transport.set_level(pin.name, False)
            bench.done(ops.SetMode(pin.channel, _number(Mode.COUNT)), ops.ModeDone)
        number = _stream(bench, Format.I32, *pins)
        _square(bench, pins[0].name, 0.01, 2)
        _square(bench, pins[1].name, 0.01, 5)
        bench.wait(0.1)
        columns = _columns(bench, number, Format.I32, len(pins))
        assert [column[-1] for column in columns] == [2, 5]
        assert all(column == sorted(column) for column in columns)


class TestFrequency:
    """Hz, from the edges of about the last second."""

    def test_it_is_what_the_pin_feels_and_0_when_that_is_quiet(self, bench: Bench) -> None:
        _hands(bench)
        pin = _claim(bench, Mode.FREQUENCY)
        assert ops.bits_float(bench.read(pin.channel)) == 0
        _square(bench, pin.name, 0.01, 60)
        assert ops.bits_float(bench.read(pin.channel)) == pytest.approx(50, rel=0.05)
        bench.wait(_QUIET_S)
        assert ops.bits_float(bench.read(pin.channel)) == 0

    def test_it_is_sampled_as_a_real_number(self, bench: Bench) -> None:
        _hands(bench)
        pin = _claim(bench, Mode.FREQUENCY)
        assert all(0 <= value < 1_000 for value in _sampled(bench, pin, Format.F32))


class TestQuadrature:
    """An encoder's two pins, counted both ways."""

    def _pair(self, bench: Bench) -> tuple[PinRecord, PinRecord]:
        pins = bench.pins("quadrature")
        if len(pins) < 2:
            pytest.skip("this board has no two pins with the ability 'quadrature'")
        return pins[0], pins[1]

    def test_one_way_is_up_and_the_other_back_again(self, bench: Bench) -> None:
        _hands(bench)
        pin, partner = self._pair(bench)
        for each in (pin, partner):
            bench.transport.set_level(each.name, False)
        bench.end_streams()
        bench.done(ops.SetMode(pin.channel, _number(Mode.QUADRATURE), partner.channel), ops.ModeDone)
        assert bench.read(pin.channel) == 0
        turn = [(pin, True), (partner, True), (pin, False), (partner, False)]
        for which, level in turn * 4:
            bench.transport.set_level(which.name, level)
            bench.wait(0.003)
        there = bench.read(pin.channel)
        assert abs(there) in (4, 8, 16)
        for which, level in [(which, not level) for which, level in reversed(turn)] * 4:
            bench.transport.set_level(which.name, level)
            bench.wait(0.003)
        assert bench.read(pin.channel) == 0

    def test_it_is_sampled_up_and_down_and_below_0(self, bench: Bench) -> None:
        _hands(bench)
        pin, partner = self._pair(bench)
        for each in (pin, partner):
            bench.transport.set_level(each.name, False)
        bench.end_streams()
        bench.done(ops.SetMode(pin.channel, _number(Mode.QUADRATURE), partner.channel), ops.ModeDone)
        number = _stream(bench, Format.I32, pin)
        turn = [(pin, True), (partner, True), (pin, False), (partner, False)]
        back = [(which, not level) for which, level in reversed(turn)]
        for which, level in turn * 2 + back * 4:
            bench.transport.set_level(which.name, level)
            bench.wait(0.02)
        bench.wait(0.1)
        (values,) = _columns(bench, number, Format.I32, 1)
        assert max(values) == -min(values) > 0, "as far to one side as to the other"
        assert values[-1] in (max(values), min(values))
        assert all(abs(after - before) <= 2 for before, after in pairwise(values)), "step by step"

    def test_a_partner_that_cannot_be(self, bench: Bench) -> None:
        pin, _ = self._pair(bench)
        for partner in (pin.channel, 254):
            reply = bench.command(ops.SetMode(pin.channel, _number(Mode.QUADRATURE), partner))
            assert reply.status in (msg.Status.REFUSED, msg.Status.BAD_REQUEST, msg.Status.UNKNOWN_CHANNEL)


class TestTimers:
    """What two pins cannot have at a time is refused, with who has it."""

    def _conflict(self, bench: Bench) -> tuple[PinRecord, ops.SetMode, bytes]:
        """A pin in a mode, and what another one cannot be meanwhile."""
        uses = (Mode.PWM, Mode.SERVO, Mode.TONE)
        for first, second in product(uses, uses):
            for holder in bench.pins(first):
                other = next((pin for pin in bench.pins(second) if pin != holder), None)
                if first is second is Mode.PWM or other is None:
                    continue
                bench.done(ops.SetMode(holder.channel, _number(first)), ops.ModeDone)
                wanted = ops.SetMode(other.channel, _number(second))
                reply = bench.command(wanted)
                if reply.status == msg.Status.TIMER_IN_USE:
                    return holder, wanted, reply.data
                assert msg.Status(reply.status) is msg.Status.OK
                for pin in (holder, other):
                    bench.done(ops.SetMode(pin.channel, _number(Mode.INPUT)), ops.ModeDone)
        pytest.skip("no two uses of this board's pins need one timer")

    def test_its_holder_is_named_and_once_it_lets_go_another_may(self, bench: Bench) -> None:
        bench.end_streams()
        holder, wanted, said = self._conflict(bench)
        assert {holder.name, "servo"} & set(said.decode("ascii").split()), "who has it, in words"
        modes_now = {entry.channel: entry.mode for entry in bench.modes()}
        assert modes_now[wanted.channel] != wanted.mode, "what is refused changes nothing"
        bench.done(ops.SetMode(holder.channel, _number(Mode.INPUT)), ops.ModeDone)
        bench.done(wanted, ops.ModeDone)


def _stream(bench: Bench, packing: Format, *pins: PinRecord) -> int:
    """A stream of these, 50 scans a second, with nothing in ``heard``; its number."""
    number = bench.next_stream()
    period = bench.descriptor().tick_hz // 50
    done = bench.done(ops.SetStream(number, 0, period, tuple(pin.channel for pin in pins)), ops.StreamDone)
    assert done.format == packing
    bench.forget()
    return number


def _columns(bench: Bench, number: int, packing: Format, channels: int) -> list[list[float]]:
    """What a stream has said of each of its channels. It ends."""
    columns: list[list[float]] = [[] for _ in range(channels)]
    for each in bench.all(msg.Samples):
        if each.stream == number:
            found = unpack_scans(packing, each.packed, channels)
            assert found is not None
            for column, values in zip(columns, found, strict=True):
                column += values
    bench.end_streams()
    return columns


def _sampled(bench: Bench, pin: PinRecord, packing: Format) -> list[float]:
    """What a stream of this pin alone says while it feels three pulses."""
    number = _stream(bench, packing, pin)
    _square(bench, pin.name, 0.02, 3)
    bench.wait(0.1)
    (values,) = _columns(bench, number, packing, 1)
    assert len(values) >= 8
    return values
