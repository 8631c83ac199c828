"""wire.md, 3.5: regular streams."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ardugate.model import Mode
from ardugate.wire import limits, modes, ops
from ardugate.wire import messages as msg
from ardugate.wire.answers import StreamEntry
from ardugate.wire.samples import Format, unpack_scans, value_count
from tests.conformance.bench import Bench, later_by

# A last frame of a stream that has just ended may follow the reply.
_ON_THE_WAY_S = 0.05


def _frames(bench: Bench, stream: StreamEntry) -> list[msg.Samples]:
    return [message for message in bench.all(msg.Samples) if message.stream == stream.stream]


def _scans(message: msg.Samples, stream: StreamEntry) -> int:
    count = value_count(Format(stream.format), len(message.packed), len(stream.channels))
    assert count, f"{len(message.packed)} bytes are no whole number of scans of {len(stream.channels)} channels"
    return count


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("hz", [10, 100, 250])
def test_scans_come_without_a_gap_at_the_rate_that_was_kept(bench: Bench, hz: int, channels: int) -> None:
    began = bench.transport.now()
    stream, _ = bench.start(hz, channels)
    replied = bench.transport.now()
    bench.wait(1.0)
    longest, shortest = bench.transport.now() - began, bench.transport.now() - replied
    frames = _frames(bench, stream)
    assert frames[0].seq == 0
    assert all(later.seq == earlier.seq + _scans(earlier, stream) for earlier, later in pairwise(frames))
    total = frames[-1].seq + _scans(frames[-1], stream)
    kept_hz = bench.descriptor().tick_hz / stream.period_ticks
    assert kept_hz == pytest.approx(hz, rel=0.01)
    # The last ones may still be on the way: a period, and the 20 ms that a frame may wait.
    assert kept_hz * (shortest - 0.1) - 2 <= total <= kept_hz * longest * 1.02 + 2


def test_a_scan_s_time_follows_from_its_number(bench: Bench) -> None:
    stream, done = bench.start(200, 2)
    bench.wait(1.0)
    period_us = stream.period_ticks / bench.descriptor().tick_hz * 1e6
    for frame in _frames(bench, stream):
        assert later_by(frame.t_us, done.started_us) == pytest.approx(frame.seq * period_us, abs=period_us + 2_000)
    for earlier, later in pairwise(_frames(bench, stream)):
        expected = (later.seq - earlier.seq) * period_us
        assert later_by(later.t_us, earlier.t_us) == pytest.approx(expected, abs=1_000)


def test_a_frame_is_sent_20_ms_after_its_first_sample(bench: Bench) -> None:
    stream, _ = bench.start(400, 1)
    bench.wait(0.5)
    period_ms = stream.period_ticks / bench.descriptor().tick_hz * 1e3
    spans = [(_scans(frame, stream) - 1) * period_ms for frame in _frames(bench, stream)]
    assert max(spans) <= limits.SAMPLES_FLUSH_MS + period_ms
    # Frames are not sent sooner either, unless they are full.
    assert sorted(spans)[len(spans) // 2] > limits.SAMPLES_FLUSH_MS / 2


def test_values_are_possible(bench: Bench) -> None:
    stream, _ = bench.start(100, 3)
    bench.wait(0.3)
    top = (1 << bench.descriptor().adc_bits) - 1
    for frame in _frames(bench, stream):
        columns = unpack_scans(Format(stream.format), frame.packed, len(stream.channels))
        assert columns is not None
        assert all(0 <= value <= top for column in columns for value in column)


def test_the_list_of_streams_says_what_the_reply_said(bench: Bench) -> None:
    stream, _ = bench.start(50, 2)
    assert bench.streams() == [stream]


def test_a_stream_replaces_another(bench: Bench) -> None:
    first, _ = bench.start(50, 2)
    number = bench.next_stream()
    done = bench.done(ops.SetStream(number, first.stream, first.period_ticks * 2, first.channels), ops.StreamDone)
    bench.wait(_ON_THE_WAY_S)
    bench.forget()
    bench.wait(0.3)
    assert bench.streams() == [StreamEntry(number, done.format, done.period_ticks, first.channels)]
    assert {frame.stream for frame in bench.all(msg.Samples)} == {number}


def test_without_channels_a_stream_only_ends(bench: Bench) -> None:
    stream, _ = bench.start(50, 1)
    assert bench.command(ops.SetStream(0, stream.stream, 0, ())).status == msg.Status.OK
    bench.wait(_ON_THE_WAY_S)
    bench.forget()
    bench.wait(0.3)
    assert (bench.streams(), bench.all(msg.Samples)) == ([], [])


def test_what_is_refused_changes_nothing(bench: Bench) -> None:
    stream, _ = bench.start(50, 1)
    reply = bench.command(ops.SetStream(bench.next_stream(), stream.stream, stream.period_ticks, (254,)))
    assert reply.status == msg.Status.UNKNOWN_CHANNEL
    assert bench.streams() == [stream]


def test_a_rate_that_cannot_be_kept_is_answered_with_the_best_that_can(bench: Bench) -> None:
    stream, _ = bench.start(50, 4)
    too_fast = ops.SetStream(bench.next_stream(), stream.stream, 1, stream.channels)
    reply = bench.command(too_fast)
    assert reply.status == msg.Status.RATE_TOO_HIGH
    best = int.from_bytes(reply.data[:4], "little")
    assert best > 1
    done = bench.done(ops.SetStream(bench.next_stream(), stream.stream, best, stream.channels), ops.StreamDone)
    assert done.period_ticks == pytest.approx(best, rel=0.01)


def test_a_period_of_0_is_refused(bench: Bench) -> None:
    stream, _ = bench.start(50, 1)
    reply = bench.command(ops.SetStream(bench.next_stream(), stream.stream, 0, stream.channels))
    assert reply.status in {msg.Status.RATE_TOO_HIGH, msg.Status.BAD_REQUEST, msg.Status.OUT_OF_RANGE}
    assert bench.streams() == [stream]


def test_more_streams_than_the_board_has_are_too_many(bench: Bench) -> None:
    limit = bench.descriptor().max_streams
    pins = bench.pins("analog")
    if len(pins) <= limit:
        pytest.skip(f"this board has {len(pins)} analog pins for {limit} streams")
    bench.end_streams()
    for pin in pins:
        bench.done(ops.SetMode(pin.channel, modes.MODE_BY_NAME[Mode.ANALOG].number), ops.ModeDone)
    period = bench.descriptor().tick_hz // 10
    numbers = [bench.next_stream() for _ in range(limit + 1)]
    statuses = [
        bench.command(ops.SetStream(number, 0, period, (pin.channel,))).status
        for number, pin in zip(numbers, pins, strict=False)
    ]
    assert statuses == [msg.Status.OK] * limit + [msg.Status.TOO_MANY]
    bench.forget()
    bench.wait(0.5)
    assert {frame.stream for frame in bench.all(msg.Samples)} == set(numbers[:limit])


def test_commands_are_answered_while_streams_run(bench: Bench) -> None:
    pin = bench.output()
    bench.start(250, 4)
    for raw in (1, 0) * 10:
        assert bench.set(pin.channel, raw).raw == raw
