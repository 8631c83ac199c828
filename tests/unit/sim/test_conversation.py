"""Hello, boots, heartbeat, watchdog and queries of the simulated board."""

from __future__ import annotations

import zlib

import pytest

from ardugate.sim import SimBoard, SimOptions, SketchName
from ardugate.wire import messages as msg
from ardugate.wire import ops
from ardugate.wire.answers import parse_modes, parse_streams
from ardugate.wire.descriptor import Descriptor, parse_descriptor
from ardugate.wire.framing import encode
from ardugate.wire.modes import RawForm
from tests.unit.sim.bench import BOOT, MS, T0_NS, Bench, only, plain, values

D13 = 13


def fresh() -> Bench:
    return Bench(SimBoard(SimOptions(sketch=SketchName.PLAIN)))


def test_a_board_without_a_boot_id_says_hello_at_once_and_every_500_ms_and_nothing_else() -> None:
    bench = fresh()
    first = bench.collect()
    later = bench.wait(1_600, beat=False)
    assert len(first) == 1
    assert len(later) == 3
    for hello in first + later:
        assert isinstance(hello, msg.BoardHello)
        assert (hello.boot_id, hello.flags) == (0, msg.FLAG_UNASKED)


def test_it_takes_the_boot_id_offered_and_answers_with_the_one_it_had() -> None:
    bench = fresh()
    bench.collect()
    answers = [only(msg.BoardHello, bench.say(msg.Hello(boot_id)))[0] for boot_id in (7, 7, 8)]
    assert [answer.boot_id for answer in answers] == [0, 7, 7]
    assert all(not answer.flags & msg.FLAG_UNASKED for answer in answers)


def test_the_same_boot_id_keeps_the_state_and_another_one_starts_over() -> None:
    bench = plain()
    bench.command(ops.SetMode(D13, 4))
    bench.command(ops.Set(D13, 0, 1))
    bench.say(msg.Hello(BOOT))
    assert bench.board.output("D13") == 1
    again = bench.say(msg.Hello(BOOT + 1))
    assert bench.board.output("D13") == 0
    # All sequences start at 0, and D13 is an input again.
    assert [message.seq for message in only(msg.Irregular, again)] == [0] * 12
    assert {message.mode for message in only(msg.Irregular, again)} == {1}


def test_a_boot_begins_with_one_sample_of_every_irregular_channel() -> None:
    bench = fresh()
    begun = bench.boot()
    assert [message.channel for message in only(msg.Irregular, begun)] == list(range(2, 14))


def test_a_gateway_of_another_wire_version_gets_the_boards_own_and_nothing_else() -> None:
    bench = fresh()
    bench.collect()
    (answer,) = bench.say(msg.Hello(9, wire=2))
    assert isinstance(answer, msg.BoardHello)
    assert (answer.wire, answer.boot_id) == (1, 0)
    assert bench.wait(100) == []


def test_the_descriptor_is_told_in_pieces_and_has_the_length_and_check_of_the_hello() -> None:
    bench = fresh()
    (hello,) = only(msg.BoardHello, bench.collect())
    told = b""
    while True:
        (answer,) = only(msg.Answer, bench.say(msg.Query(msg.What.DESCRIPTOR, len(told))))
        assert len(answer.data) <= 120
        if not answer.data:
            break
        told += answer.data
    assert (len(told), zlib.crc32(told)) == (hello.descriptor_bytes, hello.descriptor_crc)
    descriptor = parse_descriptor(told)
    assert isinstance(descriptor, Descriptor)
    assert [pin.name for pin in descriptor.pins] == [f"D{n}" for n in range(14)] + [f"A{n}" for n in range(6)]
    assert descriptor.max_streams == 3


def test_modes_and_streams_are_those_of_the_shipped_sketch() -> None:
    bench = plain()
    (answer,) = only(msg.Answer, bench.say(msg.Query(msg.What.MODES, 0)))
    modes = parse_modes(answer.data)
    assert modes is not None
    assert [(entry.channel, entry.mode, entry.flags) for entry in modes] == (
        [(0, 0, 0), (1, 0, 0)] + [(n, 1, msg_events()) for n in range(2, 14)] + [(n, 3, 0) for n in range(14, 20)]
    )
    (answer,) = only(msg.Answer, bench.say(msg.Query(msg.What.STREAMS, 0)))
    streams = parse_streams(answer.data)
    assert streams is not None
    assert [(entry.format, entry.period_ticks, entry.channels) for entry in streams] == [
        (1, 20_000, (14, 15, 16, 17, 18, 19))
    ]


def msg_events() -> int:
    """Flag bit 1 of a mode entry: it has an irregular stream, and nobody has claimed it."""
    return 2


def test_an_unknown_query_is_answered_without_data() -> None:
    (answer,) = only(msg.Answer, plain().say(msg.Query(200, 5)))
    assert (answer.what, answer.arg, answer.data) == (200, 5, b"")


def test_a_heartbeat_comes_back_with_its_stamp_and_the_boards_times() -> None:
    bench = plain()
    bench.wait(40, beat=False)
    (beat,) = only(msg.BoardHeartbeat, bench.say(msg.Heartbeat(BOOT, 0xDEADBEEF)))
    assert (beat.stamp, beat.received_us, beat.sent_us, beat.boot_id) == (0xDEADBEEF, 40_000, 40_000, BOOT)


def test_each_heartbeat_samples_one_irregular_channel_afresh_in_turn() -> None:
    bench = plain()
    seen = [only(msg.Irregular, bench.say(msg.Heartbeat(BOOT, 0)))[0].channel for _ in range(13)]
    assert seen == [*range(2, 14), 2]


def test_the_watchdog_acts_after_a_second_without_a_heartbeat_that_counts() -> None:
    bench = plain()
    bench.command(ops.SetMode(D13, 4))
    bench.command(ops.Set(D13, 0, 1))
    bench.wait(990, beat=False)
    assert bench.board.output("D13") == 1
    bench.wait(10, beat=False)
    assert bench.board.output("D13") == 0
    (beat,) = only(msg.BoardHeartbeat, bench.say(msg.Heartbeat(BOOT + 1, 0)))
    assert beat.flags == msg.FLAG_WATCHDOG
    assert only(msg.Samples, bench.wait(200, beat=False)) == []


def test_after_the_watchdog_streams_go_on_with_the_scan_that_is_due_and_outputs_stay_safe() -> None:
    bench = plain()
    bench.command(ops.SetMode(D13, 4))
    bench.command(ops.Set(D13, 0, 1))
    before = only(msg.Samples, bench.wait(1_500, beat=False))
    bench.say(msg.Heartbeat(BOOT, 0))
    after = only(msg.Samples, bench.wait(100))
    counted = sum(len(samples.packed) * 8 // 60 for samples in before)
    assert counted == before[-1].seq + len(before[-1].packed) * 8 // 60 == 101
    assert after[0].seq == 151
    assert bench.board.output("D13") == 0
    (counters,) = only(msg.Counters, bench.heard)
    assert counters.sample_overruns == 50


def test_a_reset_forgets_the_boot_id_and_says_its_cause() -> None:
    bench = plain()
    bench.board.reset(bench.now_ns)
    (hello,) = bench.collect()
    assert isinstance(hello, msg.BoardHello)
    assert (hello.boot_id, hello.reset_cause) == (0, 2)
    assert bench.command(ops.ClearStop()).status == msg.Status.WRONG_BOOT


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"\x01\x02\x03\x00", 1),
        (bytes(range(1, 200)) + b"\x00", 1),
        (encode(b"\x77unknown")[:40], 1),
        (encode(b"\x01\x01"), 1),
        (b"\x00\x00\x00", 0),
    ],
    ids=["garbage", "too long", "unknown code", "too short", "empty frames"],
)
def test_bad_frames_are_counted_and_cost_nothing_else(data: bytes, count: int) -> None:
    bench = plain()
    bench.board.receive_data(bench.now_ns, data)
    (answer,) = only(msg.Answer, bench.say(msg.Query(msg.What.COUNTERS, 0)))
    counters = msg.parse_counters(answer.data)
    assert counters is not None
    assert counters.bad_frames == count


def test_a_signal_that_moves_is_an_edge_with_its_board_time() -> None:
    bench = plain()
    bench.wait(123)
    bench.board.set_level(bench.now_ns, "D4", True)
    assert values(bench.collect(), 4, RawForm.BOOL) == [(123_000, 1)]
    bench.board.set_level(bench.now_ns + 5 * MS, "D4", False)
    bench.now_ns += 5 * MS
    assert values(bench.collect(), 4, RawForm.BOOL) == [(128_000, 0)]


def test_times_may_leap_without_the_board_living_through_every_millisecond() -> None:
    bench = Bench(SimBoard())
    bench.boot()
    bench.now_ns = T0_NS + 3_600_000 * MS
    bench.collect()
    assert bench.board.next_deadline() is not None


def test_text_that_the_sketch_prints_is_log_text_in_pieces() -> None:
    bench = plain()
    bench.board.print_text(bench.now_ns, "x" * 600 + "\n")
    logs = only(msg.Log, bench.collect())
    assert len(logs) == 3
    assert b"".join(log.text for log in logs) == b"x" * 600 + b"\n"
