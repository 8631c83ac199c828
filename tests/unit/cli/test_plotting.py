"""Curves in a terminal."""

from __future__ import annotations

import pytest

from ardugate.cli.braille import curve
from ardugate.cli.plotting import Screen


@pytest.mark.parametrize(
    ("values", "width", "height", "lines"),
    [
        ([], 2, 1, ["⠀⠀"]),
        ([5], 1, 1, ["⠐"]),
        ([0, 1, 2, 3], 2, 1, ["⡠⠊"]),
        ([0, 3], 1, 1, ["⡸"]),
        ([0, 3, None, 0], 2, 1, ["⡸⢀"]),
        ([0, 7], 1, 2, ["⢸", "⡸"]),
        ([9, 9, 0, 3], 1, 1, ["⡸"]),
        ([False, True], 1, 1, ["⡸"]),
    ],
    ids=["none", "one", "rising", "a-jump", "a-gap", "two-lines", "only-the-newest", "a-switch"],
)
def test_a_curve_has_a_dot_a_value_joined_to_the_one_before(
    values: list[float | None], width: int, height: int, lines: list[str]
) -> None:
    assert curve(values, width, height) == lines


def test_a_screen_has_the_bounds_beside_the_curve_and_says_the_newest_value() -> None:
    screen = Screen(lambda address, value: f"{address} {value}")
    screen.add({"temp": 20.0})
    screen.add({"temp": 21.5, "door": True})
    lines = screen.lines(40, 24)
    assert lines[0] == "temp 21.5"
    assert lines[1].lstrip().startswith("21.5 ")
    assert lines[6].lstrip().startswith("20 ")
    assert lines[7] == "door True"
    assert all(len(line) <= 40 for line in lines)


def test_as_many_channels_as_fit_are_drawn() -> None:
    screen = Screen(lambda address, _: address)
    for number in range(30):
        screen.add({f"A{number}": 1.0, "status": "ready"})
    lines = screen.lines(80, 24)
    assert len(lines) <= 23
    assert lines[0] == "A0"


def test_what_was_drawn_is_drawn_over(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "24")
    screen = Screen(lambda address, value: f"{address} {value}")
    screen.add({"temp": 20.0})
    screen.draw()
    out = capsys.readouterr().out
    assert out.count("temp 20.0") == 2
    assert "\x1b[7A" in out
