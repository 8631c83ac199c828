from __future__ import annotations

from itertools import count
from random import Random

import pytest

from ardugate.link.clock import BoardClock

MS = 1_000_000
START_NS = 1_700_000_000_000_000_000


class Board:
    """A board's clock and a line with random delays."""

    def __init__(self, ppm: float, booted_us: int, seed: int = 3) -> None:
        self.random = Random(seed)
        self.per_ns = (1 + ppm / 1e6) / 1_000
        self.booted_us = booted_us

    def us(self, now_ns: int) -> int:
        return int(self.booted_us + (now_ns - START_NS) * self.per_ns) & 0xFFFFFFFF

    def exchange(self, clock: BoardClock, sent_ns: int) -> int:
        """One heartbeat with 1 to 6 ms each way and 0.2 ms on the board; gives the time of its end."""
        there, back = (self.random.choice((1, 1.2, 2, 6)) * MS for _ in range(2))
        received_ns = sent_ns + int(there)
        answered_ns = received_ns + 200_000
        now_ns = answered_ns + int(back)
        clock.exchange(sent_ns, self.us(received_ns), self.us(answered_ns), 0, now_ns)
        return now_ns


@pytest.mark.parametrize("ppm", [0, 50, -5_000, 5_000], ids=lambda ppm: f"{ppm} ppm")
@pytest.mark.parametrize("booted_us", [0, 0xFFFFFFFF - 30_000_000], ids=["since boot", "over a wrap"])
def test_board_time_becomes_gateway_time_that_never_goes_back(ppm: int, booted_us: int) -> None:
    board, clock = Board(ppm, booted_us), BoardClock()
    last_ns = 0
    for beat in range(400):
        now_ns = board.exchange(clock, START_NS + beat * 250 * MS)
        for k in range(5):
            sample_ns = now_ns + k * 40 * MS
            mapped_ns = clock.to_ns(board.us(sample_ns))
            assert mapped_ns >= last_ns
            last_ns = mapped_ns
            if beat > 60:
                assert abs(mapped_ns - sample_ns) < 1.5 * MS
    assert clock.ppm == pytest.approx(ppm, abs=400)
    assert clock.steps == 0
    assert 1 * MS <= clock.error_ns < 2.7 * MS, "at least half the fastest round trip, which is certain"


def test_a_step_of_gateway_time_is_counted_and_followed() -> None:
    board, clock = Board(0, 5_000_000), BoardClock()
    for beat in range(20):
        board.exchange(clock, START_NS + beat * 250 * MS)
    stepped_ns = START_NS + 20 * 250 * MS + 3_600_000 * MS
    received = board.us(START_NS + 20 * 250 * MS)
    clock.exchange(stepped_ns, received, received + 200, 0, stepped_ns + 2 * MS)
    assert clock.steps == 1
    assert abs(clock.to_ns(received) - stepped_ns) < 2 * MS


def test_the_uncertainty_of_the_receipt_is_halved() -> None:
    clock = BoardClock()
    clock.exchange(START_NS, 11_000, 11_000, 2_000, START_NS + 2 * MS)
    assert clock.to_ns(10_500) == START_NS + 1 * MS
    assert clock.round_trip_ns == 1 * MS


def test_on_a_line_an_answer_takes_longer_than_its_heartbeat() -> None:
    clock = BoardClock(115_200)
    heartbeat_ns, answer_ns = (round(count * 10e9 / 115_200) for count in (15, 26))
    now_ns = START_NS + heartbeat_ns + 100_000 + answer_ns
    clock.exchange(START_NS, 5_000, 5_100, 0, now_ns)
    assert clock.to_ns(5_000) == pytest.approx(START_NS + heartbeat_ns, abs=1_000)
    assert clock.error_ns >= (heartbeat_ns + answer_ns) / 2
    clock.line(None)
    clock.exchange(START_NS, 5_000, 5_100, 0, now_ns)
    assert clock.error_ns >= (heartbeat_ns + answer_ns) / 2


def test_a_round_trip_faster_than_the_line_shows_that_its_rate_is_a_name() -> None:
    clock = BoardClock(115_200)
    clock.exchange(START_NS, 11_000, 11_000, 0, START_NS + 2 * MS)
    assert clock.to_ns(11_000) == START_NS + 1 * MS


def test_one_exchange_that_cannot_be_is_an_outlier_and_three_are_believed() -> None:
    board, clock = Board(0, 5_000_000), BoardClock()
    for beat in range(40):
        board.exchange(clock, START_NS + beat * 250 * MS)
    beats = count(40)

    def wrong() -> int:
        """A fast round trip whose board stamps are 50 ms ahead; gives the clock's error at it."""
        sent_ns = START_NS + next(beats) * 250 * MS
        stamp = board.us(sent_ns + 1 * MS + 50 * MS)
        clock.exchange(sent_ns, stamp, stamp, 0, sent_ns + 2 * MS)
        return abs(clock.to_ns(stamp) - sent_ns - 1 * MS)

    for _ in range(2):
        assert wrong() > 45 * MS
        assert clock.error_ns >= 50 * MS, "it may be true"
        board.exchange(clock, START_NS + next(beats) * 250 * MS)
        now_ns = START_NS + next(beats) * 250 * MS
        assert abs(clock.to_ns(board.us(now_ns)) - now_ns) < 1 * MS
    errors_ns = [wrong() for _ in range(60)]
    assert errors_ns[1] > 45 * MS
    assert errors_ns[-1] < 5 * MS
    assert clock.steps == 0


def test_an_answer_from_before_its_heartbeat_counts_for_nothing() -> None:
    board, clock = Board(0, 5_000_000), BoardClock()
    board.exchange(clock, START_NS)
    mapped_ns = clock.to_ns(6_000_000)
    before = clock.error_ns, mapped_ns
    sent_ns = START_NS + 250 * MS
    clock.exchange(sent_ns, 6_000_000, 6_900_000, 0, sent_ns + 2 * MS)
    assert (clock.error_ns, clock.to_ns(6_000_000)) == before


def test_the_bound_grows_with_the_time_since_the_last_heartbeat() -> None:
    board, clock, now_ns = Board(0, 5_000_000), BoardClock(), START_NS
    for beat in range(200):
        now_ns = board.exchange(clock, START_NS + beat * 250 * MS)
    clock.to_ns(board.us(now_ns + 300 * MS))
    told_ns = clock.error_ns
    clock.to_ns(board.us(now_ns + 60_000 * MS))
    assert clock.error_ns > told_ns + 60_000 * MS * 100e-6, "a rate may change by 100 ppm meanwhile"


def test_the_bound_is_never_below_half_the_fastest_round_trip_whatever_the_exchanges_agree_on() -> None:
    board, clock = Board(0, 5_000_000), BoardClock()
    for beat in range(200):
        sent_ns = START_NS + beat * 250 * MS
        stamp = board.us(sent_ns + (beat // 4 % 2) * 10 * MS)  # now all of it there, now all of it back
        clock.exchange(sent_ns, stamp, stamp, 0, sent_ns + 10 * MS)
    assert clock.error_ns >= 5 * MS


def test_a_time_is_the_same_whether_it_is_asked_before_or_after_a_heartbeat() -> None:
    board, clock = Board(3_000, 5_000_000), BoardClock()
    for beat in range(40):
        sent_ns = START_NS + beat * 250 * MS
        sample_us = board.us(sent_ns - 5 * MS)
        before_ns = clock.to_ns(sample_us) if beat else None
        board.exchange(clock, sent_ns)
        if before_ns is not None:
            assert abs(clock.to_ns(sample_us) - before_ns) <= 1, "what was published is not revised"


def test_a_mapping_that_nobody_used_turns_at_once() -> None:
    clock = BoardClock()
    clock.exchange(START_NS, 100_000, 100_000, 0, START_NS + 100 * MS)
    later_ns = START_NS + 250 * MS
    clock.exchange(later_ns, 349_500, 349_500, 0, later_ns + 1 * MS)
    assert abs(clock.to_ns(349_500) - later_ns - MS // 2) < 0.1 * MS
    assert clock.steps == 0


def test_a_clock_that_began_anew_does_not_agree() -> None:
    board, clock = Board(0, 50_000_000), BoardClock()
    assert clock.agrees(123, START_NS), "nothing is known yet"
    for beat in range(8):
        board.exchange(clock, START_NS + beat * 250 * MS)
    later_ns = START_NS + 20_000 * MS
    assert clock.agrees(board.us(later_ns), later_ns)
    assert not clock.agrees(300_000, later_ns)
