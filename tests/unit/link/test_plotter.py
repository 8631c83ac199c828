"""Lines of sketches, by the conventions of the Arduino Serial Plotter."""

from __future__ import annotations

from math import isnan

import pytest

from ardugate.link.plotter import parse_header, parse_line


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        pytest.param("512", [("", 512, "")], id="a-number-alone"),
        pytest.param("1 2\t3, 4;5", [("", n, "") for n in (1, 2, 3, 4, 5)], id="each-separator"),
        pytest.param(
            "Min:0,Max:1023,Sensor:512", [("Min", 0, ""), ("Max", 1023, ""), ("Sensor", 512, "")], id="labels"
        ),
        pytest.param("sensor = 500\t output = 124", [("sensor", 500, ""), ("output", 124, "")], id="equals"),
        pytest.param("temp: 21.5 hum: 40", [("temp", 21.5, ""), ("hum", 40, "")], id="spaces"),
        pytest.param("Temp: 21.5 C Hum: 40 %", [("Temp", 21.5, "C"), ("Hum", 40, "%")], id="units"),
        pytest.param("soil moisture:-.5e1", [("soil moisture", -5, "")], id="a-label-of-two-words"),
        pytest.param("21.5C", [("", 21.5, "C")], id="a-unit-without-a-space"),
        pytest.param("Wärme:3", [("Wärme", 3, "")], id="letters-beyond-ascii"),
    ],
)
def test_a_line_of_numbers_is_data(line: str, numbers: list[tuple[str, float, str]]) -> None:
    assert [(each.label, each.value, each.unit) for each in parse_line(line) or []] == numbers


@pytest.mark.parametrize(
    "line",
    [
        *("", ",", "ready", "Scanning...", "I2C device found at address 0x3C  !", "temperature 21.5", "12:34:56"),
        *("2026-11-22", "!, dec: 33, hex: 21, oct: 41, bin: 100001", "value: 21.5 of 30", ":5", "x:", "1 " * 65),
    ],
)
def test_any_other_line_is_text(line: str) -> None:
    assert parse_line(line) is None


def test_what_is_no_number_is_missing() -> None:
    assert all(isnan(each.value) for each in parse_line("a:nan b:inf c:-inf d:ovf e:1e40") or [])
    assert len(parse_line("a:nan b:inf c:-inf d:ovf e:1e40") or []) == 5


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("temp,hum", ("temp", "hum")),
        ("time\tsoil moisture", ("time", "soil moisture")),
        ("a b c", ("a", "b", "c")),
        ("ready", None),
        ("temp,21.5", None),
        ("", None),
    ],
)
def test_a_line_of_words_names_the_columns_that_follow(line: str, labels: tuple[str, ...] | None) -> None:
    assert parse_header(line) == labels


def test_a_line_made_to_be_slow_is_not() -> None:
    # Each field is looked at once, whatever it could be the beginning of.
    for line in ("a " * 256, "1 " * 255 + "x", "a=" * 256, "1e" * 256, " " * 511 + "x"):
        assert parse_line(line) is None
