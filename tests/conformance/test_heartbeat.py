"""wire.md, 3.2: heartbeat, clock and watchdog."""

from __future__ import annotations

import pytest

from ardugate.wire import limits, ops
from ardugate.wire import messages as msg
from tests.conformance.bench import ANSWER_S, Bench, later_by

# A board looks at its deadlines about every millisecond, and sends what it found a frame or two later.
_LATE_US = 20_000


def test_a_heartbeat_is_answered_with_its_stamp(bench: Bench) -> None:
    for stamp in (0, 1, 0xFFFFFFFF):
        assert bench.beat(stamp=stamp).boot_id == bench.boot_id


def test_the_board_received_before_it_sent(bench: Bench) -> None:
    answers = [bench.beat(stamp=stamp) for stamp in range(10)]
    assert all(later_by(answer.sent_us, answer.received_us) < ANSWER_S * 1e6 for answer in answers)
    assert all(answer.uncertainty_us < _LATE_US for answer in answers)


def test_the_board_s_clock_runs_in_microseconds(bench: Bench) -> None:
    first = bench.beat(stamp=1)
    began = bench.transport.now()
    bench.wait(2.0)
    second = bench.beat(stamp=2)
    ended = bench.transport.now()
    slack = 0.25 if not bench.transport.has_hands else 0.02
    assert later_by(second.received_us, first.received_us) / 1e6 == pytest.approx(ended - began, abs=slack)


def test_a_heartbeat_of_another_boot_is_answered_with_the_board_s(bench: Bench) -> None:
    assert bench.beat(bench.fresh_boot_id(), stamp=5).boot_id == bench.boot_id


class TestTheWatchdog:
    """It acts 1,000 ms after the last heartbeat that counted."""

    def test_an_output_is_safe_1000_ms_after_the_last_heartbeat(self, bench: Bench) -> None:
        pin = bench.output()
        bench.set(pin.channel, 1)
        last = bench.beat(stamp=9)
        bench.fall_silent()
        bench.forget()
        bench.wait(1.3)
        assert bench.bad_frames == 0
        record = next(entry for entry in bench.records(pin.channel) if entry.value == pin.safe)
        assert abs(later_by(record.t_us, last.received_us) - limits.WATCHDOG_MS * 1_000) < _LATE_US

    def test_a_heartbeat_of_another_boot_does_not_feed_it(self, bench: Bench) -> None:
        bench.beat()
        bench.fall_silent()
        for _ in range(5):
            bench.wait(0.25)
            bench.beat(bench.fresh_boot_id())
        assert bench.beat(bench.fresh_boot_id()).flags & msg.FLAG_WATCHDOG

    def test_commands_and_questions_do_not_feed_it(self, bench: Bench) -> None:
        pin = bench.output()
        bench.beat()
        bench.fall_silent()
        for _ in range(5):
            bench.wait(0.25)
            bench.command(ops.Read(pin.channel))
        assert bench.beat().flags & msg.FLAG_WATCHDOG

    def test_it_says_so_in_its_flags_until_the_next_boot(self, bench: Bench) -> None:
        assert not bench.beat().flags & msg.FLAG_WATCHDOG
        bench.fall_silent()
        bench.wait(1.1)
        bench.keep_alive()
        bench.wait(0.6)
        assert bench.beat().flags & msg.FLAG_WATCHDOG
        bench.begin()
        assert not bench.beat().flags & msg.FLAG_WATCHDOG

    def test_outputs_stay_safe_when_heartbeats_come_again(self, bench: Bench) -> None:
        pin = bench.output()
        bench.set(pin.channel, 1)
        bench.fall_silent()
        bench.wait(1.3)
        bench.keep_alive()
        bench.wait(0.6)
        assert bench.read(pin.channel) == pin.safe

    def test_streams_pause_and_their_sequence_counts_on(self, bench: Bench) -> None:
        stream, _ = bench.start(100, 2)
        bench.wait(0.5)
        bench.beat()
        bench.fall_silent()
        bench.wait(1.5)
        bench.forget()
        bench.wait(0.5)
        assert bench.all(msg.Samples) == []
        bench.keep_alive()
        bench.wait(0.5)
        first = next(message for message in bench.all(msg.Samples) if message.stream == stream.stream)
        # 0.5 s of samples, 1 s until the watchdog, 1 s of pause: about 250 scans at 100 Hz.
        assert 240 < first.seq < 290
        assert bench.streams() == [stream]
