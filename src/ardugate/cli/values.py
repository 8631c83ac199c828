"""What users write and read: durations, values, addresses."""

from __future__ import annotations

import math
from typing import Any, Final

_TRUE: Final = {"on", "true", "high", "1", "yes"}
_FALSE: Final = {"off", "false", "low", "0", "no"}

Value = bool | int | float | str


def parse_assignment(text: str, expected: str = "CHANNEL=VALUE such as led=on") -> tuple[str, str]:
    """``led=on`` as a pair. Raises ValueError, which says what was ``expected``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ValueError(f"expected {expected}, got {text!r}")
    return name.strip(), value.strip()


def parse_value(text: str, kind: str | None, labels: list[str] | None = None) -> Value:
    """A value as its channel's type reads it; ``kind`` None (a channel that is not known here): the likeliest.

    Raises ValueError.

    >>> parse_value("on", "bool"), parse_value("0.5", "float"), parse_value("on", "text"), parse_value("on", None)
    (True, 0.5, 'on', True)
    """
    word = text.strip().lower()
    match kind:
        case "bool":
            if word in _TRUE or word in _FALSE:
                return word in _TRUE
            try:
                return _number(text, whole=False)  # a pin may be able to, in another mode: the gateway says which
            except ValueError:
                raise ValueError(f"expected on or off, got {text!r}") from None
        case "int":
            return _number(text, whole=True)
        case "float":
            return _number(text, whole=False)
        case "enum":
            by_name = {label.lower(): label for label in labels or []}
            if word in by_name:
                return by_name[word]
            if labels:
                raise ValueError(f"expected one of {', '.join(labels)}, got {text!r}")
            return _number(text, whole=True)
        case "text":
            return text
        case _:
            return _likeliest(text, word)


def format_value(value: Any, unit: str = "") -> str:
    """A value for eyes: ``on``, ``21.5 °C``, ``–`` for none."""
    match value:
        case None:
            return "–"
        case bool():
            return "on" if value else "off"
        case float():
            text = f"{value:.6g}"
        case _:
            text = str(value)
    if unit == "°":  # of an angle: no space
        return text + unit
    return f"{text} {unit}" if unit and unit != "count" else text


def format_size(size_bytes: int) -> str:
    """So many bytes for eyes.

    >>> format_size(812), format_size(61_300), format_size(7_400_000), format_size(2_000_000_000)
    ('812 bytes', '61.3 kB', '7.4 MB', '2.0 GB')
    """
    for unit_bytes, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= unit_bytes:
            return f"{size_bytes / unit_bytes:.1f} {unit}"
    return f"{size_bytes} bytes"


def escape(text: str) -> str:
    """Text from a board, safe for a terminal: control characters are written out."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _likeliest(text: str, word: str) -> Value:
    if word in _TRUE - {"1"} or word in _FALSE - {"0"}:
        return word in _TRUE
    for whole in (True, False):
        try:
            return _number(text, whole=whole)
        except ValueError:
            continue
    return text


def _number(text: str, *, whole: bool) -> int | float:
    try:
        value: int | float = int(text, 0) if whole else float(text)
    except ValueError:
        raise ValueError(f"expected a {'whole ' if whole else ''}number, got {text!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"expected a number, got {text!r}")
    return value
