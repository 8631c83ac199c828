from __future__ import annotations

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
    assert clock.error_ns < 2 * MS


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


def test_a_clock_that_began_anew_does_not_agree() -> None:
    board, clock = Board(0, 50_000_000), BoardClock()
    assert clock.agrees(123, START_NS, 1_000 * MS), "nothing is known yet"
    for beat in range(8):
        board.exchange(clock, START_NS + beat * 250 * MS)
    later_ns = START_NS + 20_000 * MS
    assert clock.agrees(board.us(later_ns), later_ns, 1_000 * MS)
    assert not clock.agrees(300_000, later_ns, 1_000 * MS)
