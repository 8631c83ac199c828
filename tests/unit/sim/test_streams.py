"""Sampled streams of the simulated board."""

from __future__ import annotations

import pytest

from ardugate.sim.uno import TICK_HZ
from ardugate.wire import messages as msg
from ardugate.wire import ops
from ardugate.wire.answers import parse_streams
from ardugate.wire.messages import Status
from ardugate.wire.samples import Format, unpack_scans
from tests.unit.sim.bench import Bench, only, plain

A0, A5 = 14, 19
ALL_ANALOG = tuple(range(A0, A5 + 1))


def start(bench: Bench, stream: int, hz: int, channels: tuple[int, ...], replaces: int = 0) -> msg.Reply:
    return bench.command(ops.SetStream(stream, replaces, TICK_HZ // hz, channels))


def running(bench: Bench) -> list[int]:
    (answer,) = only(msg.Answer, bench.say(msg.Query(msg.What.STREAMS, 0)))
    streams = parse_streams(answer.data)
    assert streams is not None
    return [entry.stream for entry in streams]


def columns(samples: msg.Samples, packing: Format, channels: int) -> list[list[int | float]]:
    unpacked = unpack_scans(packing, samples.packed, channels)
    assert unpacked is not None
    return [list(column) for column in unpacked]


def test_a_volt_and_a_quarter_is_256_counts_on_its_own_channel_only() -> None:
    bench = plain()
    bench.wait(50)
    bench.heard.clear()
    bench.board.set_volts(bench.now_ns, "A2", 1.25)
    last = only(msg.Samples, bench.wait(200))[-1]
    assert [column[-1] for column in columns(last, Format.U10, 6)] == [0, 0, 256, 0, 0, 0]


def test_scans_are_numbered_without_a_gap_and_timed_by_the_boards_clock() -> None:
    bench = plain()
    frames = only(msg.Samples, bench.wait(2_000))
    due = 0
    for samples in frames:
        assert samples.seq == due
        assert samples.t_us == due * 10_000
        due += len(columns(samples, Format.U10, 6)[0])
    assert 196 <= due <= 201


@pytest.mark.parametrize("hz", [1, 30, 1_000])
def test_a_frame_leaves_when_it_is_full_or_20_ms_after_its_first_sample(hz: int) -> None:
    bench = plain()
    start(bench, 5, hz, (A0,), replaces=1)
    bench.heard.clear()
    began_us = bench.now_ns
    while not only(msg.Samples, bench.heard):
        bench.now_ns += 100_000
        bench.collect()
    late_ms = (bench.now_ns - began_us) / 1e6
    assert 20.0 <= late_ms <= 20.2


def test_a_fast_stream_fills_its_frames_to_the_last_byte() -> None:
    bench = plain(baud=1_000_000)
    assert start(bench, 5, 12_000, tuple(range(2, 14)), replaces=1).status == Status.OK
    assert {len(samples.packed) for samples in only(msg.Samples, bench.wait(100))} == {240}


def test_digital_pins_travel_as_bits() -> None:
    bench = plain()
    reply = start(bench, 5, 100, tuple(range(2, 14)))
    done = ops.parse_done(ops.Op.STREAM, reply.data)
    assert isinstance(done, ops.StreamDone)
    assert done.format == Format.BITS
    bench.board.set_level(bench.now_ns, "D13", True)
    bench.heard.clear()
    bits = [samples for samples in only(msg.Samples, bench.wait(100)) if samples.stream == 5]
    assert [column[0] for column in columns(bits[-1], Format.BITS, 12)] == [0] * 11 + [1]


def test_a_fourth_stream_is_too_many_and_a_replacement_is_not() -> None:
    bench = plain()
    assert [start(bench, number, 10, (number,)).status for number in (2, 3, 4)] == [0, 0, Status.TOO_MANY]
    assert start(bench, 4, 10, (4,), replaces=2).status == Status.OK
    assert running(bench) == [1, 3, 4]


def test_a_stream_without_channels_only_ends_another() -> None:
    bench = plain()
    assert bench.command(ops.SetStream(0, 1, 0, ())).status == Status.OK
    assert running(bench) == []
    assert only(msg.Samples, bench.wait(100)) == []


def test_a_rate_beyond_the_line_names_the_best_that_can_be_kept_and_it_can() -> None:
    bench = plain()
    reply = start(bench, 5, 2_000, ALL_ANALOG, replaces=1)
    assert reply.status == Status.RATE_TOO_HIGH
    offer = ops.parse_offer(reply.data)
    assert offer is not None
    best = offer.best_ticks
    assert offer.offered_ticks == best, "this line has one rate"
    assert bench.command(ops.SetStream(5, 1, best, ALL_ANALOG)).status == Status.OK
    assert bench.command(ops.SetStream(6, 5, best - 1, ALL_ANALOG)).status == Status.RATE_TOO_HIGH


def test_a_refused_stream_leaves_the_one_it_would_replace_alone() -> None:
    bench = plain()
    start(bench, 5, 100_000, ALL_ANALOG, replaces=1)
    assert running(bench) == [1]


def test_the_mode_of_a_channel_that_is_being_sampled_is_not_changed() -> None:
    bench = plain()
    assert bench.command(ops.SetMode(A0, 4)).status == Status.WRONG_MODE
    start(bench, 5, 100, ALL_ANALOG[1:], replaces=1)
    assert bench.command(ops.SetMode(A0, 4)).status == Status.OK


def test_four_channels_at_a_kilohertz_lose_nothing_at_115200_baud() -> None:
    bench = plain(baud=115_200)
    bench.wait(100)
    assert start(bench, 5, 1_000, ALL_ANALOG[:4], replaces=1).status == Status.OK
    bench.wait(100)
    bench.heard.clear()
    frames = [samples for samples in only(msg.Samples, bench.wait(2_000)) if samples.stream == 5]
    scans = [len(samples.packed) * 8 // 40 for samples in frames]
    assert [samples.seq for samples in frames[1:]] == [
        samples.seq + count for samples, count in zip(frames[:-1], scans[:-1], strict=True)
    ]
    assert sum(scans) >= 1_950


def test_a_line_with_a_baud_rate_carries_no_more_than_it_can() -> None:
    bench = plain(baud=57_600)
    bench.now_ns += 10_000_000
    # Ten bits a byte.
    assert len(bench.board.data_to_send(bench.now_ns)) <= 58
    bench.now_ns += 1_000_000_000
    assert len(bench.board.data_to_send(bench.now_ns)) <= 5_760


def test_a_clock_that_runs_fast_takes_more_scans_in_the_same_time() -> None:
    bench = plain(drift_ppm=20_000)
    frames = only(msg.Samples, bench.wait(10_000))
    assert frames[-1].seq >= 1_016
    assert abs(frames[-1].t_us - frames[-1].seq * 10_000) <= 1
