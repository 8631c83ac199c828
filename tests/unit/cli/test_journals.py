"""``log --since``: what users write for a time."""

from __future__ import annotations

from datetime import datetime

import pytest

from ardugate.cli.journals import since_s

NOON_S = datetime(2025, 11, 22, 12).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("03:00", "2025-11-22 03:00:00"),
        ("03:00:30", "2025-11-22 03:00:30"),
        ("15:30", "2025-11-21 15:30:00"),
        ("90m", "2025-11-22 10:30:00"),
        ("2025-11-20", "2025-11-20 00:00:00"),
        ("2025-11-20 08:00", "2025-11-20 08:00:00"),
        ("2025-11-20T08:00", "2025-11-20 08:00:00"),
    ],
)
def test_a_time_of_day_is_the_last_one_and_a_duration_is_ago(text: str, meant: str) -> None:
    assert f"{datetime.fromtimestamp(since_s(text, NOON_S)).astimezone():%Y-%m-%d %H:%M:%S}" == meant


@pytest.mark.parametrize("text", ["", "yesterday", "25:00", "12", "-5m", "3 o'clock"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="03:00"):
        since_s(text, NOON_S)
