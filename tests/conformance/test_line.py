"""wire.md, 3.8: the line's rate. A board whose line has one rate only leaves most of this out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardugate.wire import limits, ops
from ardugate.wire import messages as msg
from ardugate.wire.answers import parse_stream
from tests.conformance.bench import Bench

START = limits.LINE_RATES[0]
# A reply's time on the line and the board's own, well below the time to settle.
_SOON_S = 0.02


@pytest.fixture
def fast(bench: Bench) -> Iterator[Bench]:
    """A bench on a board with more than one rate, which is at the first again afterwards."""
    if not bench.descriptor().max_baud or not bench.transport.can_set_baud:
        pytest.skip("this board's line has one rate")
    yield bench
    if bench.baud != START:
        settle(bench, START)


def rates(bench: Bench) -> list[int]:
    return [rate for rate in limits.LINE_RATES if rate <= bench.descriptor().max_baud]


def go_to(bench: Bench, baud: int) -> ops.LineDone:
    """Ask for the rate with nothing else un-answered, and switch this end."""
    bench.fall_silent()
    bench.wait(_SOON_S)
    done = bench.done(ops.SetLine(baud), ops.LineDone)
    bench.set_baud(baud)
    return done


def beats(bench: Bench) -> msg.BoardHeartbeat:
    """A heartbeat at once and each 50 ms until one is answered, which settles a rate within 300 ms."""
    bench.settle_anew()
    bench.forget()
    until = bench.transport.now() + limits.LINE_SETTLE_MS / 1_000
    while bench.transport.now() < until:
        bench.send(msg.Heartbeat(bench.boot_id, round(until * 1e6) & 0xFFFFFFFF))
        repeat = bench.transport.now() + limits.LINE_HEARTBEAT_MS / 1_000
        while bench.transport.now() < repeat:
            bench.step()
            if answers := bench.all(msg.BoardHeartbeat):
                return answers[0]
    raise AssertionError(f"no heartbeat was answered at {bench.baud} baud; heard {bench.heard[-8:]}")


def settle(bench: Bench, baud: int) -> None:
    go_to(bench, baud)
    beats(bench)
    bench.keep_alive()


def test_a_board_goes_to_each_of_its_rates_and_is_heard_there(fast: Bench) -> None:
    for baud in (*rates(fast)[1:], START):
        done = go_to(fast, baud)
        assert done.baud == baud
        assert beats(fast).boot_id == fast.boot_id
    fast.keep_alive()


def test_at_the_highest_rate_everything_is_as_before(fast: Bench) -> None:
    # At 2 Mbaud a receiver may overrun, and this bench repeats nothing: a link does.
    settle(fast, max(rate for rate in rates(fast) if rate <= 1_000_000))
    stream, _ = fast.start(100, 1)
    assert [entry.stream for entry in fast.streams()] == [stream.stream]
    fast.forget()
    fast.wait(0.5)
    frames = fast.all(msg.Samples)
    assert len(frames) > 10
    assert fast.beat().boot_id == fast.boot_id


@pytest.mark.parametrize("baud", [0, 300, 115_201, 3_000_000])
def test_a_rate_that_the_board_does_not_have_is_refused_and_nothing_changes(bench: Bench, baud: int) -> None:
    reply = bench.command(ops.SetLine(baud))
    refusals = {msg.Status.OUT_OF_RANGE} if bench.descriptor().max_baud else {*_NO_LINE}
    assert reply.status in refusals
    assert bench.beat().boot_id == bench.boot_id


_NO_LINE = (msg.Status.OUT_OF_RANGE, msg.Status.UNKNOWN_COMMAND)


def test_after_the_reply_a_board_says_nothing_until_a_good_frame_comes_at_the_new_rate(fast: Bench) -> None:
    fast.start(200, 1)
    go_to(fast, rates(fast)[1])
    fast.transport.advance(_SOON_S)  # what was on its way
    assert fast.transport.advance(0.1) == b""
    beats(fast)
    fast.forget()
    fast.keep_alive()
    fast.wait(0.2)
    assert fast.all(msg.Samples), "the streams go on"


def test_a_board_that_hears_nothing_good_at_the_new_rate_goes_back_after_300_ms(fast: Bench) -> None:
    go_to(fast, rates(fast)[-1])
    fast.set_baud(START)
    fast.wait(limits.LINE_SETTLE_MS / 1_000 + _SOON_S)
    assert beats(fast).boot_id == fast.boot_id
    fast.keep_alive()


def test_a_board_that_hears_nothing_for_three_seconds_goes_back_to_the_first_rate(fast: Bench) -> None:
    settle(fast, rates(fast)[-1])
    fast.fall_silent()
    fast.wait(limits.LINE_LOST_MS / 1_000 - 0.2)
    assert fast.beat().boot_id == fast.boot_id, "not before"
    fast.wait(limits.LINE_LOST_MS / 1_000 + 0.1)
    fast.set_baud(START)
    assert beats(fast).boot_id == fast.boot_id
    fast.keep_alive()


def test_a_repeated_change_is_answered_from_memory_and_changes_nothing(fast: Bench) -> None:
    baud = rates(fast)[1]
    fast.fall_silent()
    fast.wait(_SOON_S)
    frame = fast.frame(ops.SetLine(baud))
    first = fast.ask(frame)
    fast.set_baud(baud)
    beats(fast)
    assert fast.ask(frame) == first
    fast.wait(limits.LINE_SETTLE_MS / 1_000)
    assert fast.beat(stamp=2).boot_id == fast.boot_id
    fast.keep_alive()


def test_a_reset_begins_at_the_first_rate(fast: Bench) -> None:
    settle(fast, rates(fast)[1])
    fast.reset()
    fast.set_baud(START)
    fast.begin()


def test_what_a_board_says_of_a_stream_is_what_its_reply_said(bench: Bench) -> None:
    stream, done = bench.start(50, 2)
    detail = parse_stream(bench.query(msg.What.STREAM, stream.stream))
    if detail is None:
        pytest.skip("this board says no more of its streams")
    assert (detail.format, detail.period_ticks) == (done.format, done.period_ticks)
    assert (detail.step_ticks, detail.effective_bits) == (done.step_ticks, done.effective_bits)
    assert bench.query(msg.What.STREAM, stream.stream % 255 + 1) == b""


def test_a_rate_too_high_offers_what_the_present_line_keeps_and_what_the_fastest_would(bench: Bench) -> None:
    stream, _ = bench.start(50, 4)
    reply = bench.command(ops.SetStream(bench.next_stream(), stream.stream, 1, stream.channels))
    assert reply.status == msg.Status.RATE_TOO_HIGH
    offer = ops.parse_offer(reply.data)
    assert offer is not None
    assert 0 < offer.offered_ticks <= offer.best_ticks
    if not bench.descriptor().max_baud:
        assert offer.offered_ticks == offer.best_ticks


def test_what_was_offered_at_the_fastest_rate_is_kept_there(fast: Bench) -> None:
    stream, _ = fast.start(50, 1)
    reply = fast.command(ops.SetStream(fast.next_stream(), stream.stream, 1, stream.channels))
    offer = ops.parse_offer(reply.data)
    assert offer is not None
    settle(fast, rates(fast)[-1])
    wanted = ops.SetStream(fast.next_stream(), stream.stream, offer.offered_ticks, stream.channels)
    assert fast.done(wanted, ops.StreamDone).period_ticks == offer.offered_ticks
    fast.end_streams()
