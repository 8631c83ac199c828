"""Much in few lines."""

from __future__ import annotations

from ardugate.runtime.watching.sparing import Sparing


def test_the_first_of_each_kind_are_said_and_the_rest_is_a_number() -> None:
    sparing = Sparing(most=3, window_s=10.0)
    assert [sparing.lets("came", 0.0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert sparing.lets("left", 1.0)
    assert sparing.summed(9.9) == []
    assert sparing.summed(10.0) == [("came", 2)]
    assert sparing.lets("came", 10.0), "another time begins"
    assert sparing.summed(100.0) == [], "nothing was left out"
