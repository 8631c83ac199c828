from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from ardugate.errors import Reason
from ardugate.link.boots import Boots, Heard
from ardugate.link.events import (
    BatchReceived,
    InfoChanged,
    LinkState,
    LossFound,
    RequestFailed,
    StopChanged,
    StreamEnded,
    StreamStarted,
    TextReceived,
)
from ardugate.model import (
    BoardState,
    ClearStopRequest,
    Mode,
    ModeRequest,
    RateRequest,
    Receipt,
    SetRequest,
    StopRequest,
)
from ardugate.wire.framing import Decoder, Frame, encode
from ardugate.wire.messages import FLAG_UNASKED, BoardHello, Hello, Stop, parse_to_board, serialize
from tests.support.joined import MS, PLAIN, START_NS, Joined

HELLO = BoardHello(0, (0, 1, 0), 1, 0, 7, 100, 1)


def sent(data: bytes) -> list[object]:
    return [parse_to_board(item.body) for item in Decoder(48).receive(data) if isinstance(item, Frame)]


def test_a_delimiter_and_hello_come_first_and_hello_every_200_ms() -> None:
    both = Joined()
    link = both.link
    link.connection_made(START_NS)
    first = link.data_to_send()
    assert first[0] == 0
    hello = sent(first)[0]
    assert isinstance(hello, Hello)
    for k in range(1, 20):
        deadline = link.next_deadline()
        assert deadline is not None
        assert START_NS + (k - 1) * 200 * MS < deadline <= START_NS + k * 200 * MS
        link.tick(START_NS + (k * 200 - 1) * MS)
        assert link.data_to_send() == b""
        link.tick(START_NS + k * 200 * MS)
        assert sent(link.data_to_send()) == [hello]


def test_a_board_is_live_as_soon_as_it_has_answered() -> None:
    both = Joined(replace(PLAIN, baud=115_200))
    both.plug()
    both.run(150)
    assert both.states() == [BoardState.CONNECTING, BoardState.LIVE]


def test_a_bootloader_that_talks_and_is_deaf_costs_its_own_time_only() -> None:
    both = Joined(replace(PLAIN, baud=115_200, boot_ms=2_000))
    both.plug()
    both.run(2_300)
    assert both.states() == [BoardState.CONNECTING, BoardState.LIVE]


def test_a_reset_ends_the_streams_and_their_successors_follow_them() -> None:
    both = Joined()
    both.plug()
    both.run(1_000)
    before = {event.stream.id for event in both.of(StreamStarted)}
    both.events.clear()
    both.sim.reset(both.now_ns)
    both.run(1_000)
    assert {event.stream_id for event in both.of(StreamEnded)} == before
    assert {event.cause for event in both.of(StreamEnded)} == {"boot"}
    after = [event.stream for event in both.of(StreamStarted)]
    assert {stream.predecessor for stream in after} == before
    assert {stream.cause for stream in after} == {"boot"}
    assert both.states()[-2:] == [BoardState.CONNECTING, BoardState.LIVE]
    assert both.of(BatchReceived), "samples flow again"
    assert all(event.batch.seq == 0 or event.batch.lost == 0 for event in both.of(BatchReceived))


def test_after_a_reset_modes_and_rates_are_put_back_and_values_are_not() -> None:
    both = Joined()
    both.live()
    both.done(ModeRequest("D9", Mode.PWM))
    both.done(SetRequest("D9", 0.5))
    both.done(SetRequest("D13", True))
    both.done(RateRequest(("A0",), 500))
    both.done(RateRequest(("A5",), 0))
    both.sim.reset(both.now_ns)
    both.sim.executions.clear()
    both.run(1_000)
    info = both.of(InfoChanged)[-1].info
    channels = {channel.name: channel for channel in info.channels}
    assert channels["D9"].mode is Mode.PWM
    assert channels["D13"].mode is Mode.OUTPUT
    assert channels["A0"].rate_hz == 500
    assert channels["A1"].rate_hz == 100
    assert channels["A5"].rate_hz is None
    assert {execution.op for execution in both.sim.executions} == {2, 3}, "mode and stream, no set"


def test_another_sketch_on_the_board_gets_no_old_wishes() -> None:
    boots = Joined()
    boots.live()
    boots.done(ModeRequest("D9", Mode.PWM))
    boots.unplug()
    other = Joined(replace(PLAIN, identity=99))
    boots.sim = other.sim
    boots.plug()
    boots.run(500)
    channels = {channel.name: channel for channel in boots.of(InfoChanged)[-1].info.channels}
    assert channels["D9"].mode is Mode.INPUT


def test_the_same_boot_goes_on_after_an_unplug_and_the_gap_is_known() -> None:
    both = Joined()
    both.live()
    both.run(200)
    both.events.clear()
    both.unplug("cable")
    assert both.of(LinkState) == [LinkState(BoardState.DOWN, "cable")]
    assert both.link.next_deadline() is None
    for _ in range(60):
        both.run(10)
    both.plug()
    both.run(500)
    assert both.of(StreamEnded) == []
    assert both.of(StreamStarted) == []
    losses = both.of(LossFound)
    assert losses, "what was sent meanwhile is lost"
    batches = [event.batch for event in both.of(BatchReceived) if event.batch.times_ns is None]
    assert sum(loss.loss.count for loss in losses) == sum(event.batch.lost for event in both.of(BatchReceived))
    for one, two in pairwise(batches):
        assert two.seq == one.seq + one.count + two.lost


def test_a_reset_while_unplugged_is_seen_by_the_hello() -> None:
    both = Joined()
    both.live()
    both.unplug()
    both.sim.reset(both.now_ns)
    both.run(1_200)
    both.events.clear()
    both.plug()
    both.run(500)
    assert {event.cause for event in both.of(StreamEnded)} == {"boot"}
    assert both.state() is BoardState.LIVE


def test_a_board_that_says_nothing_for_a_second_is_silent_until_it_speaks() -> None:
    both = Joined()
    both.live()
    both.sim.silence(both.now_ns, 3_000 * MS)
    both.run(1_100)
    assert both.state() is BoardState.SILENT
    both.run(2_500)
    assert both.state() is BoardState.LIVE


def test_text_of_another_sketch_is_told_and_shown() -> None:
    both = Joined(replace(PLAIN, other="temperature: 21.5\r\n"))
    both.plug()
    both.run(2_900)
    assert both.states() == [BoardState.CONNECTING]
    both.run(1_500)
    state = both.of(LinkState)[-1]
    assert state.state is BoardState.OTHER_SKETCH
    assert state.reason == "its sketch prints text and sends no valid frame"
    first = both.of(TextReceived)[0]
    assert set(first.text.splitlines()) == {"temperature: 21.5"}
    assert not first.checked


def test_a_board_of_another_wire_version_is_blocked_with_both_versions() -> None:
    both = Joined()
    both.link.connection_made(START_NS)
    both.link.receive_data(START_NS + MS, encode(serialize(replace(HELLO, wire=2))))
    assert both.link.events()[-1] == LinkState(BoardState.BLOCKED, "the board speaks wire version 2, this gateway 1")


def test_all_that_is_pending_fails_at_once_when_the_pipe_is_lost() -> None:
    both = Joined()
    both.live()
    both.to_board = lambda _: b""
    sent_one = both.ask(SetRequest("D13", True))
    both.run(10)
    waiting = both.ask(SetRequest("D13", False))
    stop = both.ask(StopRequest())
    both.unplug()
    reasons = {
        handle: result.error.reason for handle, result in both.results.items() if isinstance(result, RequestFailed)
    }
    assert reasons == {
        sent_one: Reason.UNKNOWN_OUTCOME,
        waiting: Reason.STOPPED,
        stop: Reason.UNKNOWN_OUTCOME,
    }
    later = both.ask(SetRequest("D13", True))
    result = both.results[later]
    assert isinstance(result, RequestFailed)
    assert result.error.reason is Reason.OFFLINE


def test_what_was_sent_before_a_reset_is_unknown_and_what_was_not_is_offline() -> None:
    both = Joined()
    both.live()
    both.done(SetRequest("D13", False))
    both.to_board = lambda _: b""
    sent_one = both.ask(SetRequest("D13", True))
    both.run(10)
    waiting = both.ask(SetRequest("D13", False))
    both.to_board = bytes
    both.sim.executions.clear()
    both.sim.reset(both.now_ns)
    both.run(500)
    reasons = [both.results[handle] for handle in (sent_one, waiting)]
    assert [result.error.reason for result in reasons if isinstance(result, RequestFailed)] == [
        Reason.UNKNOWN_OUTCOME,
        Reason.OFFLINE,
    ]
    assert all(execution.op != 1 for execution in both.sim.executions), "never sent again"


def test_a_stop_is_sent_before_the_hello_is_answered() -> None:
    both = Joined(replace(PLAIN, boot_ms=300))
    both.plug()
    handle = both.ask(StopRequest())
    both.run(1_000)
    assert isinstance(both.results[handle], Receipt)
    assert both.of(StopChanged)[-1].stopped


def test_a_stop_goes_out_first_though_the_budget_is_full() -> None:
    both = Joined()
    both.live()
    both.to_board = lambda _: b""
    for pin in ("D4", "D5", "D6"):
        both.ask(SetRequest(pin, True))
    both.run(1)
    link, deadline_ns = both.link, both.now_ns + 1_000 * MS
    link.tick(both.now_ns + 250 * MS)
    link.send(both.now_ns + 250 * MS, 99, StopRequest(), deadline_ns)
    frames = sent(link.data_to_send())
    assert len(frames) > 1
    assert isinstance(frames[0], Stop)


def test_a_stop_overtakes_what_waits_and_holds_back_a_clear_stop() -> None:
    both = Joined()
    both.live()
    both.done(StopRequest())
    both.to_board = lambda _: b""
    clear = both.ask(ClearStopRequest())
    both.run(1)
    stop = both.ask(StopRequest())
    both.to_board = bytes
    both.run(2_000)
    failed = both.results[clear]
    assert isinstance(failed, RequestFailed)
    assert failed.error.reason is Reason.UNKNOWN_OUTCOME
    assert isinstance(both.results[stop], Receipt)
    refused = both.failed(SetRequest("D13", True))
    assert refused.error.reason is Reason.STOPPED


@pytest.mark.parametrize(
    ("story", "heard"),
    [
        ([(0, FLAG_UNASKED, True), (0, 0, True)], [Heard.ASKS, Heard.NEW]),
        ([("offered", 0, True)], [Heard.NEW]),
        ([(5, 0, True)], [Heard.NEW]),
        ([(0, 0, True), ("offered", 0, False)], [Heard.NEW, Heard.NOTHING]),
        ([(0, 0, True), ("offered", 0, True)], [Heard.NEW, Heard.SAME]),
        ([(0, 0, True), (0, 0, True), (0, 0, True)], [Heard.NEW, Heard.ASKS, Heard.NEW]),
        ([(0, 0, True), (0, FLAG_UNASKED, False), ("offered", 0, True)], [Heard.NEW, Heard.RESET, Heard.NEW]),
        (
            [(0, 0, True), (0, 0, True), (0, 0, True), ("before", 0, False)],
            [Heard.NEW, Heard.ASKS, Heard.NEW, Heard.NEW],
        ),
    ],
    ids=[
        "a reset board asks, then answers",
        "the answer to the first hello was lost",
        "it had another gateway's id",
        "a second answer",
        "the pipe was opened again",
        "the pipe was opened again and the board reset",
        "a reset while live",
        "an answer to the id before came late",
    ],
)
def test_a_hello_means(story: list[tuple[int | str, int, bool]], heard: list[Heard]) -> None:
    ids = iter(range(100, 200))
    boots = Boots(lambda: next(ids))
    offered = [boots.boot_id]
    found = list[Heard]()
    for boot_id, flags, greeting in story:
        had = boot_id if isinstance(boot_id, int) else offered[-1 if boot_id == "offered" else -2]
        found.append(boots.hear(replace(HELLO, boot_id=had, flags=flags), greeting=greeting))
        if boots.boot_id != offered[-1]:
            offered.append(boots.boot_id)
    assert found == heard


def test_a_boot_id_is_never_0() -> None:
    assert Boots(lambda: 1 << 32).boot_id == 1
