"""What users write: durations, assignments, values."""

from __future__ import annotations

import pytest

from ardugate.cli.values import escape, format_value, parse_assignment, parse_value
from ardugate.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("5s", 5.0), ("2m", 120.0), ("1h", 3600.0), ("1.5s", 1.5), (" 10s ", 10.0)],
)
def test_a_time_is_a_number_and_its_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "-5s", "0s", "5x", "1e3s", "5sec", "999999999h", "nans", "٣s x"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="a time"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["led", "=on", "led=", " = "])
def test_an_assignment_needs_both_sides(text: str) -> None:
    with pytest.raises(ValueError, match="CHANNEL=VALUE"):
        parse_assignment(text)


def test_an_assignment_splits_at_the_first_sign() -> None:
    assert parse_assignment("note=a=b") == ("note", "a=b")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("on", "bool", True),
        ("OFF", "bool", False),
        ("1", "bool", True),
        ("low", "bool", False),
        ("0.5", "bool", 0.5),
        ("7", "int", 7),
        ("0x10", "int", 16),
        ("0.5", "float", 0.5),
        ("1e-3", "float", 0.001),
        ("fast", "enum", "fast"),
        ("FAST", "enum", "fast"),
        ("on", "text", "on"),
        ("on", None, True),
        ("1", None, 1),
        ("0.5", None, 0.5),
        ("rising", None, "rising"),
    ],
    ids=str,
)
def test_a_value_is_read_by_its_channels_type(text: str, kind: str | None, value: object) -> None:
    found = parse_value(text, kind, ["slow", "fast"])
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("maybe", "bool", "expected on or off, got 'maybe'"),
        ("1.5", "int", "expected a whole number, got '1.5'"),
        ("x", "float", "expected a number, got 'x'"),
        ("nan", "float", "expected a number, got 'nan'"),
        ("inf", "float", "expected a number, got 'inf'"),
        ("9", "enum", "expected one of slow, fast, got '9'"),
    ],
)
def test_a_value_of_another_type_is_refused_in_words(text: str, kind: str, message: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_value(text, kind, ["slow", "fast"])
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "V", "–"),
        (True, "", "on"),
        (False, "", "off"),
        (21.5, "°C", "21.5 °C"),
        (512, "count", "512"),
        (0.1 + 0.2, "", "0.3"),
        ("ready", "", "ready"),
    ],
    ids=str,
)
def test_a_value_is_written_for_eyes(value: object, unit: str, text: str) -> None:
    assert format_value(value, unit) == text


def test_control_characters_of_a_board_do_not_reach_the_terminal() -> None:
    assert escape("a\x1b[2Jb\n°") == "a\\x1b[2Jb\\n°"
