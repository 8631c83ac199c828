from __future__ import annotations

from itertools import count

import pytest

from ardugate.errors import Reason
from ardugate.link import plan
from ardugate.link.events import BatchReceived, InfoChanged, StreamEnded, StreamStarted
from ardugate.model import Mode, ModeRequest, RateRequest
from ardugate.wire.answers import StreamEntry
from ardugate.wire.ops import SetStream
from tests.support.joined import Joined

ALL = ("A0", "A1", "A2", "A3", "A4", "A5")


@pytest.fixture
def both() -> Joined:
    joined = Joined()
    joined.live()
    return joined


def rates(both: Joined) -> dict[str, float]:
    return {c.name: c.rate_hz for c in both.of(InfoChanged)[-1].info.channels if c.rate_hz is not None}


@pytest.mark.parametrize(
    ("running", "wanted", "steps"),
    [
        ([], {14: 5}, [SetStream(1, 0, 5, (14,))]),
        ([StreamEntry(9, 1, 5, (14, 15))], {14: 5, 15: 5}, []),
        ([StreamEntry(9, 1, 5, (14, 15))], {}, [SetStream(0, 9, 0, ())]),
        ([StreamEntry(9, 1, 5, (14, 15))], {14: 5}, [SetStream(1, 9, 5, (14,))]),
        (
            [StreamEntry(9, 1, 5, (14, 15))],
            {14: 5, 15: 7},
            [SetStream(1, 9, 7, (15,)), SetStream(2, 0, 5, (14,))],
        ),
        (
            [StreamEntry(8, 1, 5, (14,)), StreamEntry(9, 1, 7, (15,))],
            {14: 3, 15: 3},
            [SetStream(0, 8, 0, ()), SetStream(1, 9, 3, (14, 15))],
        ),
        ([], {14: 5, 2: 5}, [SetStream(1, 0, 5, (2,)), SetStream(2, 0, 5, (14,))]),
    ],
    ids=["start", "as it is", "end", "exchange", "part", "join", "kinds apart"],
)
def test_the_way_from_streams_to_streams(
    running: list[StreamEntry], wanted: dict[int, int], steps: list[SetStream]
) -> None:
    ids = count(1)
    assert plan.steps(running, wanted, lambda n: "adc" if n >= 14 else "bool", lambda: next(ids)) == steps


def test_a_rate_is_confirmed_by_the_board_and_the_stream_has_a_successor(both: Joined) -> None:
    receipt = both.done(RateRequest(ALL, 250))
    assert receipt.rates == dict.fromkeys(ALL, 250.0)
    (ended,), (started,) = both.of(StreamEnded), both.of(StreamStarted)
    assert (ended.cause, started.stream.cause) == ("rate", "rate")
    assert started.stream.predecessor == ended.stream_id
    assert started.stream.dt_s == pytest.approx(1 / 250)
    both.run(1_000)
    scans = sum(event.batch.count for event in both.of(BatchReceived) if event.batch.stream == started.stream.id)
    assert 240 <= scans <= 251


def test_channels_of_equal_rates_share_a_stream_and_three_rates_are_all_there_are(both: Joined) -> None:
    both.done(RateRequest(("A0",), 200))
    both.done(RateRequest(("A1",), 50))
    assert rates(both) == {"A0": 200, "A1": 50, "A2": 100, "A3": 100, "A4": 100, "A5": 100}
    error = both.failed(RateRequest(("A2",), 10)).error
    assert error.reason is Reason.TOO_MANY
    assert error.message == "that needs 4 sampled streams, the board has 3"
    both.done(RateRequest(("A1",), 200))
    both.done(RateRequest(("A2",), 10))
    assert rates(both) == {"A0": 200, "A1": 200, "A2": 10, "A3": 100, "A4": 100, "A5": 100}


def test_zero_stops_and_the_last_stream_ends(both: Joined) -> None:
    receipt = both.done(RateRequest(ALL, 0))
    assert receipt.rates == dict.fromkeys(ALL, 0.0)
    assert rates(both) == {}
    assert both.of(StreamStarted) == []


def test_a_rate_that_cannot_be_kept_says_the_highest_and_changes_nothing(both: Joined) -> None:
    error = both.failed(RateRequest(("A0",), 1_000_000)).error
    assert error.reason is Reason.RATE_TOO_HIGH
    assert "the highest rate is" in error.message
    both.events.clear()
    both.run(500)
    scans = sum(event.batch.count for event in both.of(BatchReceived) if event.batch.times_ns is None)
    assert 45 <= scans <= 55, "the old rates go on"


def test_as_fast_as_can_be_is_what_the_board_says(both: Joined) -> None:
    receipt = both.done(RateRequest(ALL, None))
    fastest = receipt.rates["A0"]
    assert fastest > 100
    error = both.failed(RateRequest(ALL, fastest * 2)).error
    assert f"the highest rate is {fastest:.6g} Hz" in error.message


def test_a_digital_pin_cannot_share_the_analog_stream_but_can_be_sampled(both: Joined) -> None:
    receipt = both.done(RateRequest(("A0", "D2"), 100))
    assert receipt.rates == {"A0": 100.0, "D2": 100.0}
    dtypes = {event.stream.channels[0].name: event.stream.dtype for event in both.of(StreamStarted)}
    assert dtypes["D2"] == "u8"


def test_a_channel_leaves_its_stream_with_its_mode_and_comes_back_with_it(both: Joined) -> None:
    both.done(ModeRequest("A1", Mode.OUTPUT))
    assert rates(both) == {"A0": 100, "A2": 100, "A3": 100, "A4": 100, "A5": 100}
    both.done(ModeRequest("A1", Mode.ANALOG))
    assert rates(both) == dict.fromkeys(ALL, 100.0)


def test_a_rate_whose_outcome_is_unknown_is_looked_up(both: Joined) -> None:
    both.to_link = lambda _: b""
    both.failed(RateRequest(ALL, 20))
    both.to_link = bytes
    both.run(2_000)
    assert rates(both) == dict.fromkeys(ALL, 20.0)
    started = both.of(StreamStarted)[-1].stream
    both.run(500)
    assert any(event.batch.stream == started.id for event in both.of(BatchReceived))
