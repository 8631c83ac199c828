from __future__ import annotations

from itertools import pairwise

import pytest

from ardugate.runtime.clock import MAX_SLEW_PPB, RAMP_PPB, GatewayClock

SECOND = 1_000_000_000


class Watches:
    """A monotonic and a wall clock in the hand."""

    def __init__(self) -> None:
        self.monotonic_ns = 5 * SECOND
        self.wall_ns = 1_700_000_000 * SECOND
        self.clock = GatewayClock(lambda: self.monotonic_ns, lambda: self.wall_ns)

    def go_on(self, seconds: float, wall_ppm: float = 0) -> int:
        """Let time pass, the wall running that much faster; returns gateway time."""
        passed_ns = round(seconds * SECOND)
        self.monotonic_ns += passed_ns
        self.wall_ns += passed_ns + round(passed_ns * wall_ppm / 1e6)
        return self.clock.now_ns()


def test_it_begins_at_the_wall_and_runs_with_the_monotonic_clock() -> None:
    watches = Watches()
    assert watches.clock.now_ns() == watches.wall_ns
    assert watches.go_on(0.25) == watches.wall_ns


def test_it_follows_a_wall_that_drifts() -> None:
    watches = Watches()
    times = [watches.go_on(1, wall_ppm=100) for _ in range(1_000)]
    assert abs(times[-1] - watches.wall_ns) < 1_000_000


def test_it_never_runs_more_than_500_ppm_off() -> None:
    watches = Watches()
    times = [watches.go_on(0.5, wall_ppm=10_000) for _ in range(100)]
    steps = [after - before for before, after in pairwise(times)]
    assert all(abs(step - SECOND // 2) <= SECOND // 2 * MAX_SLEW_PPB // SECOND + 1 for step in steps)


def test_a_wall_set_a_little_is_followed_gently_and_without_overshooting() -> None:
    watches = Watches()
    watches.go_on(1)
    watches.wall_ns += 50_000_000
    times = [(watches.go_on(1), watches.wall_ns) for _ in range(1_000)]
    errors_ns = [wall_ns - now_ns for now_ns, wall_ns in times]
    steps = [after[0] - before[0] for before, after in pairwise(times)]
    assert max(abs(after - before) for before, after in pairwise(steps)) <= RAMP_PPB + 1, "ns in a second are ppb"
    assert min(errors_ns) > -100_000
    assert abs(errors_ns[-1]) < 100_000


def test_it_never_goes_back_when_the_wall_does() -> None:
    watches = Watches()
    times = [watches.go_on(0.001, wall_ppm=-900_000) for _ in range(5_000)]
    assert times == sorted(times)


def test_a_step_of_the_wall_is_noted_and_not_followed() -> None:
    watches = Watches()
    watches.go_on(1)
    watches.wall_ns += 3600 * SECOND
    before_ns = watches.clock.now_ns()
    assert watches.go_on(1) == before_ns + SECOND
    assert watches.clock.stepped_ns == 3600 * SECOND
    assert watches.go_on(2) == before_ns + 3 * SECOND
    watches.wall_ns -= 3600 * SECOND
    watches.go_on(1)
    assert watches.clock.stepped_ns == 0


@pytest.mark.parametrize("by_s", [3600, 2, -2, -3600])
def test_a_step_is_followed_when_it_is_asked_to_while_steady_time_goes_on(by_s: int) -> None:
    watches = Watches()
    watches.go_on(1)
    watches.wall_ns += by_s * SECOND
    before_ns = watches.clock.steady_ns()
    watches.go_on(1)
    assert watches.clock.follow() == by_s * SECOND
    assert watches.clock.now_ns() == watches.wall_ns
    assert watches.clock.steady_ns() == before_ns + SECOND
    assert watches.clock.shift_ns == by_s * SECOND
    assert watches.go_on(10) == watches.wall_ns
    assert watches.clock.follow() == 0
