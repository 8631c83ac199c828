"""The line's rate: raised when streams need it, given up when it does not carry, found wherever it was left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ardugate.errors import Reason
from ardugate.link.events import BatchReceived, LossFound, StreamEnded, StreamStarted
from ardugate.model import BoardState, RateRequest, ReadRequest, Receipt, SetRequest, StopRequest
from ardugate.sim.options import Faults, SimOptions, SketchName
from ardugate.wire import messages as m
from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.ops import Op
from tests.support.joined import MS, Joined

LINE = SimOptions(name="uno", sketch=SketchName.PLAIN, baud=115_200, max_baud=2_000_000)
# One analog channel: 104 µs a conversion. The line of 115,200 baud keeps 6.9 of the 9.6 kHz.
FAST_HZ = 9_000.0
SIX = tuple(f"A{n}" for n in range(6))


def faulty(**faults: float) -> SimOptions:
    return replace(LINE, faults=Faults(**faults))


def sim_baud(both: Joined) -> int | None:
    return both.sim._voice.line.baud  # pyright: ignore[reportPrivateUsage]


def test_a_line_stays_where_it_is_while_nothing_needs_more() -> None:
    both = Joined(LINE)
    both.live()
    both.done(RateRequest(("A0",), 1_000))
    both.run(2_000)
    assert both.bauds == []


def test_a_rate_beyond_the_line_raises_it_to_the_lowest_that_suffices_and_is_kept() -> None:
    both = Joined(LINE)
    both.live()
    receipt = both.done(RateRequest(("A0",), FAST_HZ))
    assert receipt.rates is not None
    assert receipt.rates["A0"] == pytest.approx(FAST_HZ, rel=0.01)
    assert both.bauds == [250_000]
    assert sim_baud(both) == 250_000
    both.events.clear()
    both.run(2_000)
    assert sum(batch.batch.count for batch in both.of(BatchReceived) if batch.batch.count > 50) > 17_000
    assert both.of(LossFound) == []


def test_max_is_the_highest_rate_that_can_be_kept_with_the_line_raised_for_it() -> None:
    both = Joined(LINE)
    both.live()
    receipt = both.done(RateRequest(("A0",), None))
    assert receipt.rates is not None
    assert receipt.rates["A0"] == pytest.approx(9_100, rel=0.01), "the ADC's limit beside five at 100 Hz"
    assert both.bauds


def test_a_board_without_other_rates_is_never_asked_for_one() -> None:
    both = Joined(replace(LINE, max_baud=0))
    both.live()
    assert both.failed(RateRequest(("A0",), FAST_HZ)).error.reason is Reason.RATE_TOO_HIGH
    assert all(execution.op != Op.LINE for execution in both.sim.executions)


def test_while_the_rate_changes_nothing_else_is_un_answered_and_the_rest_follows() -> None:
    both = Joined(LINE)
    both.live()
    sent: list[m.ToBoard] = []
    decoder = Decoder(48)

    def note(data: bytes) -> bytes:
        for item in decoder.receive(data):
            if isinstance(item, Frame):
                message = m.parse_to_board(item.body)
                assert not isinstance(message, m.Fault)
                sent.append(message)
        return data

    both.to_board = note
    first = both.ask(RateRequest(("A0",), FAST_HZ))
    others = [both.ask(ReadRequest(name)) for name in ("A1", "A2", "A3")]
    both.run(1_000)
    assert all(isinstance(both.results[each], Receipt) for each in (first, *others))
    line = next(at for at, each in enumerate(sent) if isinstance(each, m.Command) and each.op == Op.LINE)
    assert isinstance(sent[line + 1], m.Heartbeat), "the first that goes out at the new rate"
    assert isinstance(sent[line + 2], m.Command), "it was answered, so the rest goes on"


def test_a_stop_does_not_wait_for_the_rate() -> None:
    both = Joined(LINE)
    both.live()
    both.done(SetRequest("D13", True))
    both.ask(RateRequest(("A0",), FAST_HZ))
    both.run(1)
    stop = both.ask(StopRequest())
    both.run(60)
    assert isinstance(both.results[stop], Receipt)
    assert both.sim.output("D13") == 0


def test_when_the_board_is_deaf_at_the_new_rate_both_fall_back_and_the_refusal_says_what_there_would_be() -> None:
    both = Joined(faulty(deaf_above=115_200))
    both.live()
    failed = both.failed(RateRequest(("A0",), FAST_HZ))
    assert failed.error.reason is Reason.RATE_TOO_HIGH
    assert failed.error.hint.startswith("at most 6410.26 Hz at 115200 baud, and 9090.91 Hz at 2000000 baud")
    assert both.bauds[:2] == [250_000, 115_200]
    assert sim_baud(both) == 115_200
    both.run(1_000)
    assert both.state() is BoardState.LIVE
    assert both.states() == [BoardState.CONNECTING, BoardState.LIVE] or both.states()[-1] is BoardState.LIVE
    assert BoardState.SILENT not in both.states()
    assert isinstance(both.done(ReadRequest("A0")), Receipt)


def test_an_output_is_not_made_safe_by_a_change_that_fails() -> None:
    both = Joined(faulty(deaf_above=115_200))
    both.live()
    both.done(SetRequest("D13", True))
    both.failed(RateRequest(("A0",), FAST_HZ))
    both.run(500)
    assert both.sim.output("D13") == 1, "the watchdog heard a heartbeat at least each second"


def test_a_rate_at_which_nothing_was_heard_once_is_tried_once_more() -> None:
    both = Joined(LINE)
    both.live()

    def stand_still_at_first(data: bytes) -> bytes:
        return b"" if both.bauds == [250_000] else data

    both.to_link = both.to_board = stand_still_at_first
    receipt = both.do(RateRequest(("A0",), FAST_HZ), timeout_ms=4_000)
    assert isinstance(receipt, Receipt)
    assert receipt.rates is not None
    assert receipt.rates["A0"] == pytest.approx(FAST_HZ, rel=0.01)
    assert both.bauds == [250_000, 115_200, 250_000]


def test_a_lost_reply_costs_one_try_and_the_next_succeeds() -> None:
    both = Joined(LINE)
    both.live()
    lost: list[int] = []

    def lose_first_line_reply(data: bytes) -> bytes:
        if [each.op for each in both.sim.executions].count(Op.LINE) and data:
            lost.append(both.now_ns)
        return b"" if lost and both.now_ns < lost[0] + 20 * MS else data

    both.to_link = lose_first_line_reply
    receipt = both.done(RateRequest(("A0",), FAST_HZ))
    assert lost
    assert receipt.rates
    assert both.bauds == [250_000]
    assert [each.op for each in both.sim.executions].count(Op.LINE) == 2


def test_a_board_is_found_at_the_first_rate_after_a_reset_that_nobody_told() -> None:
    both = Joined(LINE)
    both.live()
    both.done(RateRequest(("A0",), FAST_HZ))
    both.events.clear()
    both.sim.reset(both.now_ns)
    both.run(4_000)
    assert both.state() is BoardState.LIVE
    assert sim_baud(both) == 250_000, "the wish was put back, and with it the line"
    started = [event.stream for event in both.of(StreamStarted) if event.stream.dt_ticks]
    assert started[-1].cause in ("boot", "rate")


@pytest.mark.parametrize("left_at", [250_000, 500_000, 1_000_000, 2_000_000])
def test_a_board_is_found_at_whatever_rate_it_was_left(left_at: int) -> None:
    both = Joined(LINE)
    both.sim.tick(both.now_ns)
    line = both.sim._voice.line  # pyright: ignore[reportPrivateUsage]
    line.baud = left_at  # it heard nobody there, so that it does not come back by itself
    both.plug()
    both.run(8_000)
    assert both.state() is BoardState.LIVE
    assert both.bauds[-1] == left_at
    assert isinstance(both.done(ReadRequest("A0")), Receipt)


def test_text_of_another_sketch_is_heard_at_the_rate_where_it_is_text() -> None:
    both = Joined(replace(LINE, other="temperature: 21.5 degrees"))
    both.plug()
    both.run(10_000)
    assert both.state() is BoardState.OTHER_SKETCH
    assert both.bauds == []


def test_a_line_that_becomes_noisy_falls_and_says_what_becomes_of_its_streams() -> None:
    both = Joined(faulty(noisy_above=250_000))
    both.live()
    # It is quiet at first, as a line is before the motor runs.
    object.__setattr__(both.sim.options.faults, "noisy_above", 0.0)
    both.done(RateRequest(SIX, 1_500))
    assert sim_baud(both) == 250_000
    object.__setattr__(both.sim.options.faults, "noisy_above", 115_200.0)
    both.events.clear()
    both.run(6_000)
    assert both.state() is BoardState.LIVE
    assert sim_baud(both) == 115_200
    ended = [event.cause for event in both.of(StreamEnded)]
    assert "line" in ended
    slower = [event.stream for event in both.of(StreamStarted) if event.stream.cause == "line"]
    assert slower, "it goes on at what can be kept"
    assert slower[-1].dt_s is not None
    assert slower[-1].dt_s > 1 / 1_500
    assert slower[-1].predecessor is not None
    both.events.clear()
    both.run(1_000)
    assert both.of(LossFound) == []


def test_the_settings_rate_is_gone_to_at_once_and_never_exceeded() -> None:
    both = Joined(LINE, baud=250_000)
    both.live()
    both.run(500)
    assert both.bauds == [250_000]
    failed = both.failed(RateRequest(SIX, 2_900))
    assert failed.error.reason is Reason.RATE_TOO_HIGH
    assert both.bauds == [250_000]


def test_the_first_rate_in_the_settings_keeps_the_line_there() -> None:
    both = Joined(LINE, baud=115_200)
    both.live()
    assert both.failed(RateRequest(("A0",), FAST_HZ)).error.reason is Reason.RATE_TOO_HIGH
    assert both.bauds == []
