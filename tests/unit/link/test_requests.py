from __future__ import annotations

import pytest

from ardugate.errors import Reason
from ardugate.link.desk import MAX_JOBS
from ardugate.link.events import BatchReceived, InfoChanged, RequestFailed, StreamEnded, StreamStarted
from ardugate.link.known import Known
from ardugate.model import (
    BoardRequest,
    CallRequest,
    ClearStopRequest,
    Firmware,
    Hold,
    IdentityRequest,
    Mode,
    ModeRequest,
    RateRequest,
    ReadRequest,
    Receipt,
    RenewRequest,
    SetRequest,
    StopRequest,
)
from ardugate.sim.options import SimOptions
from ardugate.wire.descriptor import ChannelRecord, Descriptor, parse_descriptor, serialize_descriptor
from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.limits import BUDGET_BYTES, MAX_LINE_TO_BOARD
from ardugate.wire.messages import Code
from tests.support.joined import MS, Joined


@pytest.fixture
def both() -> Joined:
    joined = Joined()
    joined.live()
    return joined


@pytest.fixture
def demo() -> Joined:
    joined = Joined(SimOptions())
    joined.live()
    return joined


def test_on_an_unclaimed_digital_pin_makes_it_an_output_first_with_one_receipt(both: Joined) -> None:
    receipt = both.done(SetRequest("D13", True))
    assert (receipt.asked, receipt.value, receipt.hold, receipt.until_ns) == (True, True, Hold.LINK, None)
    assert [execution.op for execution in both.sim.executions] == [2, 1]
    channel = next(c for c in both.of(InfoChanged)[-1].info.channels if c.name == "D13")
    assert (channel.mode, channel.output, channel.claimed) == (Mode.OUTPUT, True, True)


def test_its_irregular_stream_gets_a_successor_that_shows_the_change(both: Joined) -> None:
    both.done(SetRequest("D13", True))
    both.run(10)
    ended, started = both.of(StreamEnded)[-1], both.of(StreamStarted)[-1]
    assert (ended.cause, started.stream.cause) == ("mode", "mode")
    assert started.stream.predecessor == ended.stream_id
    batches = [event.batch for event in both.of(BatchReceived) if event.batch.stream == started.stream.id]
    values = [int(value) for batch in batches for column in batch.columns for value in column]
    assert values == [0, 1]
    assert [batch.seq for batch in batches] == [0, 1]


def test_receipts_have_gateway_times_in_order(both: Joined) -> None:
    both.run(1_234)
    before_ns = both.now_ns
    receipt = both.done(SetRequest("D13", True))
    assert receipt.accepted_ns == before_ns
    assert abs(receipt.executed_ns - before_ns) < 2 * MS


def test_pwm_is_rounded_to_what_the_board_can_do_and_kept_for_its_hold(both: Joined) -> None:
    both.done(ModeRequest("D9", Mode.PWM))
    receipt = both.done(SetRequest("D9", 0.5))
    assert receipt.value == pytest.approx(128 / 255)
    assert receipt.hold is Hold.CLIENT
    assert receipt.until_ns == receipt.executed_ns + 2_000 * MS
    assert both.done(SetRequest("D9", 0.5, ttl_ms=300)).until_ns is not None
    both.run(310)
    assert both.done(ReadRequest("D9")).value == 0


def test_renew_moves_the_end_without_writing(both: Joined) -> None:
    both.done(ModeRequest("D9", Mode.PWM))
    both.done(SetRequest("D9", 1, ttl_ms=300))
    both.run(200)
    receipt = both.done(RenewRequest(("D9", "D13"), 300))
    assert receipt.until_ns == receipt.executed_ns + 300 * MS
    both.run(250)
    assert both.done(ReadRequest("D9")).value == 1
    both.run(100)
    assert both.done(ReadRequest("D9")).value == 0


def test_renew_moves_the_end_of_what_the_link_holds_where_there_is_one(both: Joined) -> None:
    assert both.done(SetRequest("D13", True, ttl_ms=300)).hold is Hold.CLIENT
    both.done(SetRequest("D12", True))
    both.run(200)
    both.done(RenewRequest(("D12", "D13"), 300))
    both.run(250)
    assert both.done(ReadRequest("D13")).value is True
    both.run(100)
    assert both.done(ReadRequest("D13")).value is False
    assert both.done(ReadRequest("D12")).value is True


def claimed_as_input(both: Joined) -> None:
    both.done(ModeRequest("D4", Mode.INPUT))
    both.done(ModeRequest("D9", Mode.PWM))


@pytest.mark.parametrize(
    ("request_", "reason", "message", "hint"),
    [
        (SetRequest("D8", 0.5), Reason.WRONG_MODE, "D8 is in mode input", "D8 cannot do pwm; D3, D5, D6, D9, D10, D11"),
        (SetRequest("D3", 0.5), Reason.WRONG_MODE, "D3 is in mode input", "first `ardugate mode D3 pwm`"),
        (SetRequest("D4", True), Reason.WRONG_MODE, "D4 is in mode input", "first `ardugate mode D4 output`"),
        (SetRequest("A0", True), Reason.WRONG_MODE, "A0 is in mode analog", "first `ardugate mode A0 output`"),
        (SetRequest("D0", True), Reason.REFUSED, "D0 talks to the computer", "another pin"),
        (SetRequest("D9", 1.5), Reason.OUT_OF_RANGE, "D9 takes 0 to 1, not 1.5", ""),
        (SetRequest("D9", "fast"), Reason.WRONG_TYPE, "D9 takes a number, not 'fast'", ""),
        (SetRequest("D9", float("nan")), Reason.WRONG_TYPE, "D9 takes a number, not nan", ""),
        (SetRequest("D9", 0.5, ttl_ms=2_001), Reason.OUT_OF_RANGE, "a ttl_ms of 1 to 2000, not 2001", ""),
        (SetRequest("D9", 0.5, ttl_ms=0), Reason.OUT_OF_RANGE, "a ttl_ms of 1 to 2000, not 0", ""),
        (SetRequest("D13", True, ttl_ms=65_536), Reason.OUT_OF_RANGE, "a ttl_ms of 1 to 65535, not 65536", ""),
        (SetRequest("D99", True), Reason.UNKNOWN_CHANNEL, "no channel D99", "did you mean D9?"),
        (ModeRequest("D0", Mode.OUTPUT), Reason.REFUSED, "D0 talks to the computer", ""),
        (ModeRequest("D4", Mode.PWM), Reason.REFUSED, "D4 cannot do pwm", "D3, D5, D6, D9, D10, D11 can"),
        (ModeRequest("D4", Mode.DECLARED), Reason.BAD_REQUEST, "declared is no mode", ""),
        (ModeRequest("D4", Mode.OUTPUT, {"edge": "both"}), Reason.BAD_REQUEST, "mode output has no option edge", ""),
        (RateRequest(("A0",), -1), Reason.OUT_OF_RANGE, "-1 Hz is no rate", ""),
        (RateRequest(("A0",), 1e-9), Reason.OUT_OF_RANGE, "1e-09 Hz is no rate", "at least"),
        (RateRequest(("A0",), 1e9), Reason.RATE_TOO_HIGH, "more than the board's clock", ""),
        (RateRequest(("A0", "A9"), 10), Reason.UNKNOWN_CHANNEL, "no channel A9", ""),
        (CallRequest("water", {}), Reason.UNKNOWN_COMMAND, "no command water", ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_done_is_said(
    both: Joined, request_: BoardRequest, reason: Reason, message: str, hint: str
) -> None:
    claimed_as_input(both)
    both.sim.executions.clear()
    error = both.failed(request_).error
    assert error.reason is reason
    assert message in error.message
    assert hint in error.hint
    assert both.sim.executions == [], "nothing reached the board"


def test_a_declared_channel_is_driven_by_its_name_and_by_its_pins(demo: Joined) -> None:
    assert demo.done(SetRequest("fan", 0.25)).value == pytest.approx(64 / 255, abs=0.01)
    assert demo.done(SetRequest("D5", 0.75)).value == pytest.approx(0.75, abs=0.01)
    error = demo.failed(ModeRequest("D5", Mode.OUTPUT)).error
    assert error.reason is Reason.WRONG_MODE
    assert error.message == "fan is a channel of the sketch, which takes D5; it has no other mode"


def test_a_measured_channel_cannot_be_set(demo: Joined) -> None:
    assert demo.failed(SetRequest("temp", 20)).error.reason is Reason.READ_ONLY


def test_an_enum_takes_its_labels(demo: Joined) -> None:
    info = Joined(SimOptions())
    info.plug()
    info.run(500)
    program = next(c for c in info.of(InfoChanged)[-1].info.channels if c.name == "program")
    assert demo.done(SetRequest("program", program.labels[1])).value == program.labels[1]
    error = demo.failed(SetRequest("program", "nonsense")).error
    assert error.reason is Reason.OUT_OF_RANGE
    assert program.labels[0] in error.hint


def test_a_stop_is_the_next_frame_whatever_waits_and_little_is_before_it_on_the_line(both: Joined) -> None:
    """At 115,200 baud the budget is 4.2 ms."""
    now_ns = both.now_ns
    for handle in range(1_000, 1_000 + MAX_JOBS):
        both.link.send(now_ns, handle, SetRequest(f"D{13 - handle % 12}", True), now_ns + 2_000 * MS)
    before = both.link.data_to_send()
    assert 0 < len(before) <= BUDGET_BYTES
    both.link.send(now_ns, 1, StopRequest(), now_ns + 2_000 * MS)
    decoder = Decoder(MAX_LINE_TO_BOARD)
    frames = [item.body[0] for item in decoder.receive(both.link.data_to_send()) if isinstance(item, Frame)]
    assert frames == [Code.STOP]
    both.collect()
    stopped = [each for each in both.of(RequestFailed) if each.error.reason is Reason.STOPPED]
    assert len(stopped) >= MAX_JOBS - BUDGET_BYTES // 15


def test_a_stop_may_be_sent_before_what_waits_is_given_up_and_is_sent_once(both: Joined) -> None:
    ahead = both.link.stop_ahead(both.now_ns)
    (frame,) = Decoder(MAX_LINE_TO_BOARD).receive(ahead)
    assert isinstance(frame, Frame)
    assert frame.body[0] == Code.STOP
    stop = both.ask(StopRequest())
    assert both.link.data_to_send() == b""
    both.sim.receive_data(both.now_ns, ahead)
    both.run(20)
    assert isinstance(both.results[stop], Receipt)
    both.unplug()
    assert both.link.stop_ahead(both.now_ns) == b""


def test_a_stop_latches_and_is_cleared(both: Joined) -> None:
    both.done(SetRequest("D13", True))
    assert isinstance(both.do(StopRequest()), Receipt)
    assert both.done(ReadRequest("D13")).value is False
    assert both.failed(SetRequest("D13", True)).error.reason is Reason.STOPPED
    both.done(ClearStopRequest())
    assert both.done(SetRequest("D13", True)).value is True


def test_an_identity_is_given_and_known(both: Joined) -> None:
    both.done(IdentityRequest(0xABCD))
    assert both.of(InfoChanged)[-1].info.firmware.identity == 0xABCD
    both.sim.reset(both.now_ns)
    both.run(500)
    assert both.of(InfoChanged)[-1].info.firmware.identity == 0xABCD


def test_requests_for_one_channel_are_done_in_order_whatever_is_lost(both: Joined) -> None:
    both.done(SetRequest("D13", False))
    both.to_board = lambda _: b""
    first = both.ask(SetRequest("D13", True))
    both.run(10)
    both.to_board = bytes
    second = both.ask(SetRequest("D13", False))
    both.run(500)
    assert isinstance(both.results[first], Receipt)
    assert isinstance(both.results[second], Receipt)
    assert both.done(ReadRequest("D13")).value is False


def test_a_lost_reply_does_not_make_a_command_run_twice(both: Joined) -> None:
    both.done(SetRequest("D13", False))
    both.sim.executions.clear()
    both.to_link = lambda _: b""
    handle = both.ask(SetRequest("D13", True))
    both.run(10)
    both.to_link = bytes
    both.run(500)
    assert isinstance(both.results[handle], Receipt)
    assert len(both.sim.executions) == 1


def test_a_deadline_makes_an_outcome_unknown_and_a_read_late(both: Joined) -> None:
    both.done(SetRequest("D13", False))
    both.to_board = lambda _: b""
    assert both.failed(SetRequest("D13", True)).error.reason is Reason.UNKNOWN_OUTCOME
    assert both.failed(ReadRequest("D13")).error.reason is Reason.TIMEOUT


def test_more_requests_than_anybody_waits_for_are_too_many(both: Joined) -> None:
    both.to_board = lambda _: b""
    handles = [both.ask(ReadRequest("D13")) for _ in range(257)]
    assert both.results.keys() == {handles[-1]}


def test_a_scale_of_a_sketch_is_the_number_that_was_written() -> None:
    record = ChannelRecord(64, 255, 2, 0, 0, 2, 0, 0.488, -50.0, 0, 1_000, 0, "temp", "°C")
    descriptor = Descriptor(1_000, 3, 10, 5_000, 255, "uno", "", channels=(record,))
    parsed = parse_descriptor(serialize_descriptor(descriptor))
    assert isinstance(parsed, Descriptor)
    known = Known(parsed, Firmware(1, "0.1.0"))
    known.refresh()
    channel = known.resolve("temp")
    assert (channel.scale, channel.offset, channel.minimum, channel.maximum) == (0.488, -50.0, -50.0, 438.0)


@pytest.mark.parametrize(
    ("scale", "raw", "limit"),
    [(0.8 / 255, 255, 0.8), (450 / 1023, 1_023, 450), (0.1, 1_800, 180), (1.0, 123_456_789, 123_456_789)],
    ids=["a fraction", "a sensor", "degrees", "a count"],
)
def test_a_limit_is_the_number_that_the_sketch_s_author_wrote(scale: float, raw: int, limit: float) -> None:
    record = ChannelRecord(64, 255, 2, 1, 0, 0, 2_000, scale, 0.0, 0, raw, 0, "out", "")
    parsed = parse_descriptor(
        serialize_descriptor(Descriptor(1_000_000, 1, 10, 5_000, 255, "b", "m", channels=(record,)))
    )
    assert isinstance(parsed, Descriptor)
    known = Known(parsed, Firmware(1, "0"))
    known.refresh()
    assert known.channels[64].maximum == limit


def test_after_a_pause_of_this_process_nothing_runs_that_waited_for_an_answer(both: Joined) -> None:
    for level in range(100):
        both.ask(SetRequest("D13", level % 2 == 0))
    sent = both.link.data_to_send()
    both.sim.receive_data(both.now_ns, sent)
    both.sim.tick(both.now_ns)
    answers = both.sim.data_to_send(both.now_ns)
    assert answers, "the board has done the first ones"
    both.now_ns += 10_000 * MS
    both.link.receive_data(both.now_ns, answers)
    both.collect()
    frames = Decoder(MAX_LINE_TO_BOARD).receive(both.link.data_to_send())
    commands = [found for found in frames if isinstance(found, Frame) and found.body[0] == Code.COMMAND]
    assert commands == []
    late = [result for result in both.results.values() if isinstance(result, RequestFailed)]
    assert len(both.results) == 100
    assert {failed.error.reason for failed in late} <= {Reason.TIMEOUT, Reason.UNKNOWN_OUTCOME}
    assert len(late) >= 90
