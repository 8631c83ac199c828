"""wire.md, 3.6 and 3.7: edges, values that come when they come, text and counters."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ardugate.model import Mode
from ardugate.wire import messages as msg
from ardugate.wire import modes, ops
from ardugate.wire.framing import encode
from tests.conformance.bench import SETTLED_S, Bench, Record, later_by

_OUTPUT = modes.MODE_BY_NAME[Mode.OUTPUT].number
_PULLUP = modes.MODE_BY_NAME[Mode.INPUT_PULLUP].number


def _input(bench: Bench, index: int = 0) -> tuple[int, str]:
    """An input with edges that the bench's hands can move."""
    if not bench.transport.has_hands:
        pytest.skip("needs hands on the board's pins")
    pin = bench.pins("edges")[index]
    bench.transport.set_level(pin.name, level=True)
    bench.done(ops.SetMode(pin.channel, _PULLUP), ops.ModeDone)
    bench.wait(0.05)
    bench.forget()
    return pin.channel, pin.name


def _edges(bench: Bench, channel: int) -> list[Record]:
    """The samples that changed something: the refresh in turn repeats the last value."""
    records = bench.records(channel)
    return [
        later
        for earlier, later in pairwise([None, *records])
        if later and (not earlier or later.value != earlier.value)
    ]


def test_when_a_boot_begins_every_channel_with_events_sends_one_sample(bench: Bench) -> None:
    bench.boot_id = bench.fresh_boot_id()
    bench.forget()
    bench.hello(bench.boot_id)
    bench.wait(SETTLED_S)
    expected = [entry.channel for entry in bench.modes() if entry.flags & modes.MODE_EVENTS]
    assert sorted({record.channel for record in bench.records() if record.seq == 0}) == expected


def test_with_each_heartbeat_one_of_them_is_sampled_afresh_in_turn(bench: Bench) -> None:
    channels = {entry.channel for entry in bench.modes() if entry.flags & modes.MODE_EVENTS}
    bench.fall_silent()
    for _ in range(2):
        bench.wait(0.05)
        bench.forget()
        for stamp in range(len(channels)):
            bench.beat(stamp=stamp)
            bench.wait(0.03)
        assert {record.channel for record in bench.records()} == channels


def test_a_heartbeat_of_another_boot_brings_no_sample(bench: Bench) -> None:
    channels = {entry.channel for entry in bench.modes() if entry.flags & modes.MODE_EVENTS}
    bench.fall_silent()
    bench.wait(0.05)
    bench.forget()
    for stamp in range(len(channels)):
        bench.beat(bench.fresh_boot_id(), stamp)
    assert {record.channel for record in bench.records()} != channels


def test_sequences_have_no_gap(bench: Bench) -> None:
    pin = bench.output()
    for raw in (1, 0, 1, 0):
        bench.set(pin.channel, raw)
    bench.wait(1.0)
    numbers = [record.seq for record in bench.records(pin.channel)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_an_output_s_change_is_a_sample_at_the_time_of_the_command(bench: Bench) -> None:
    pin = bench.output()
    bench.wait(0.05)
    bench.forget()
    done = bench.set(pin.channel, 1)
    bench.wait(0.05)
    record = next(record for record in bench.records(pin.channel) if record.value == 1)
    assert record.mode == _OUTPUT
    assert later_by(done.executed_us + 2_000, record.t_us) < 4_000


def test_a_new_mode_shows_in_the_samples(bench: Bench) -> None:
    pin = bench.output()
    bench.wait(len(bench.modes()) * 0.25 + 0.5)
    assert bench.records(pin.channel)[-1].mode == _OUTPUT


class TestEdges:
    """Of a digital input."""

    def test_an_edge_is_a_sample_with_its_board_time(self, bench: Bench) -> None:
        channel, name = _input(bench)
        before = bench.beat(stamp=1)
        began = bench.transport.now()
        bench.wait(0.1)
        bench.transport.set_level(name, level=False)
        pressed = bench.transport.now()
        bench.wait(0.1)
        edge = next(record for record in bench.records(channel) if record.value == 0)
        # The heartbeat's answer took a frame's time to come back: a few milliseconds.
        assert later_by(edge.t_us, before.received_us) / 1e6 == pytest.approx(pressed - began, abs=0.01)

    def test_a_short_pulse_gives_both_edges(self, bench: Bench) -> None:
        channel, name = _input(bench)
        bench.transport.set_level(name, level=False)
        bench.wait(0.004)
        bench.transport.set_level(name, level=True)
        bench.wait(0.1)
        edges = _edges(bench, channel)
        assert [edge.value for edge in edges][-2:] == [0, 1]
        assert later_by(edges[-1].t_us, edges[-2].t_us) == pytest.approx(4_000, abs=1_500)

    def test_two_inputs_are_told_apart(self, bench: Bench) -> None:
        (first, first_name), (second, second_name) = _input(bench, 1), _input(bench, 2)
        bench.transport.set_level(first_name, level=False)
        bench.wait(0.02)
        bench.transport.set_level(second_name, level=False)
        bench.wait(0.1)
        times = [next(r.t_us for r in bench.records(channel) if r.value == 0) for channel in (first, second)]
        assert later_by(times[1], times[0]) == pytest.approx(20_000, abs=4_000)

    def test_what_a_burst_loses_is_counted_in_its_sequence(self, bench: Bench) -> None:
        channel, name = _input(bench)
        before = bench.counters().edges_lost
        for k in range(400):
            bench.transport.set_level(name, level=k % 2 == 1)
            bench.wait(0.002)
        bench.wait(0.5)
        numbers = [record.seq for record in bench.records(channel)]
        missing = numbers[-1] - numbers[0] + 1 - len(numbers)
        assert bench.counters().edges_lost - before == missing
        assert len(numbers) + missing >= 399


class TestCounters:
    """Totals since the reset."""

    def test_a_change_is_sent_within_a_second_or_two(self, bench: Bench) -> None:
        bench.wait(1.2)
        before = bench.counters()
        bench.forget()
        bench.send_raw(encode(b"\x7e\x01"))
        counters = bench.await_message(msg.Counters, within_s=2.2)
        assert counters.bad_frames == before.bad_frames + 1

    def test_they_are_sent_at_most_once_a_second(self, bench: Bench) -> None:
        bench.wait(1.2)
        bench.forget()
        for _ in range(22):
            bench.send_raw(encode(b"\x7e\x01"))
            bench.wait(0.1)
        bench.wait(1.2)
        times = [entry.at for entry in bench.heard if isinstance(entry.message, msg.Counters)]
        assert len(times) >= 2
        assert all(later - earlier > 0.9 for earlier, later in pairwise(times))

    def test_nothing_is_sent_when_none_changes(self, bench: Bench) -> None:
        bench.wait(1.2)
        bench.forget()
        bench.wait(1.5)
        assert bench.all(msg.Counters) == []

    def test_a_reset_sets_them_to_0(self, bench: Bench) -> None:
        bench.send_raw(encode(b"\x7e\x01"))
        bench.reset()
        bench.begin()
        assert bench.counters() == msg.Counters()
