"""Conditions as people write them."""

from __future__ import annotations

import pytest

from ardugate.alarms import Compare, Condition, Disk, Down, Losses, NoData, Quiet, parse_condition
from ardugate.alarms.conditions import Value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("temp > 30 for 10s", Compare("temp", ">", 30.0, 10.0)),
        ("temp>=30", Compare("temp", ">=", 30.0)),
        ("  greenhouse/soil   <  -2.5e1 ", Compare("greenhouse/soil", "<", -25.0)),
        ("door == on for 5m", Compare("door", "==", True, 300.0)),
        ("program != 'slow'", Compare("program", "!=", "slow")),
        ("no data from temp for 30s", NoData("temp", 30.0)),
        ("board greenhouse down for 1m", Down("greenhouse", 60.0)),
        ("any board down", Down(None)),
        ("losses > 100 in 1m", Losses(None, 100, 60.0)),
        ("losses of greenhouse > 0 in 1h", Losses("greenhouse", 0, 3600.0)),
        ("disk below 500 MB", Disk(500_000_000)),
        ("disk below 1.5GB", Disk(1_500_000_000)),
    ],
)
def test_a_condition_is_read(text: str, meant: Condition) -> None:
    assert parse_condition(text) == meant
    assert parse_condition(str(meant)) == meant


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "expected one of 'temp > 30"),
        ("temp", "expected one of"),
        ("temp > 30 for ten", "expected a time such as"),
        ("temp > warm", "expected a number after >, got 'warm'"),
        ("temp > nan", "expected a number, got 'nan'"),
        ("door > on", "expected a number after >, got 'on'"),
        ("no data from temp", "expected one of"),
        ("disk below 5", "expected one of"),
        ("board Green House down", "expected one of"),
    ],
)
def test_what_is_no_condition_is_refused_in_words(text: str, cause: str) -> None:
    with pytest.raises(ValueError, match=cause.replace("(", r"\(")):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("t > 30", 30.1, True),
        ("t > 30", 30, False),
        ("t > 30", None, False),
        ("t > 30", "31", False),
        ("t == on", True, True),
        ("t == on", 1, True),
        ("t == 1", True, True),
        ("t == off", True, False),
        ("t == on", "on", False),
        ("t == slow", "slow", True),
        ("t != slow", "fast", True),
        ("t != slow", None, False),
    ],
)
def test_a_value_is_held_against_its_own_kind(text: str, value: Value, holds: bool) -> None:
    condition = parse_condition(text)
    assert isinstance(condition, Compare)
    assert condition.holds(value) is holds


@pytest.mark.parametrize(
    ("hours", "clock", "quiet"),
    [
        ("22:00-07:00", (23, 0), True),
        ("22:00-07:00", (6, 59), True),
        ("22:00-07:00", (7, 0), False),
        ("22:00-07:00", (21, 59), False),
        ("12:00 - 13:30", (13, 29), True),
        ("12:00-13:30", (13, 30), False),
    ],
)
def test_quiet_hours_may_go_over_midnight(hours: str, clock: tuple[int, int], quiet: bool) -> None:
    assert Quiet.parse(hours).covers(60 * clock[0] + clock[1]) is quiet


@pytest.mark.parametrize("text", ["", "22-7", "24:00-07:00", "10:00-10:00"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected hours"):
        Quiet.parse(text)
