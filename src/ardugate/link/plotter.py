"""Numbers in printed lines, by the conventions of the Arduino Serial Plotter: a pure function of one line.

A line is data when all of it is: numbers, or ``label:value`` pairs, parted by commas, semicolons, tabs or spaces.

>>> parse_line("512")
[Printed(label='', value=512.0, unit='')]
>>> [(each.label, each.value) for each in parse_line("Min:0, Max:1023, Sensor:512") or []]
[('Min', 0.0), ('Max', 1023.0), ('Sensor', 512.0)]
>>> parse_line("soil moisture: 21.5 %")
[Printed(label='soil moisture', value=21.5, unit='%')]
>>> parse_line("!, dec: 33, hex: 21, oct: 41") is None
True
>>> parse_header("temp,hum")
('temp', 'hum')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

# What binary32 holds, in which values are kept.
_F32_MAX: Final = 3.4e38
# Arduino prints a float that is no number, infinite or beyond 4,294,967,040 as one of these.
_NO_NUMBER: Final = "nan|NAN|inf|INF|ovf|OVF"
# Words after a number that are taken as its unit; any other word makes the line text.
_UNITS: Final = (
    *(
        "%",
        "°",
        "°C",
        "°F",
        "C",
        "F",
        "K",
        "deg",
        "V",
        "mV",
        "A",
        "mA",
        "W",
        "mW",
        "Hz",
        "kHz",
        "Pa",
        "hPa",
        "kPa",
        "mm",
    ),
    *("cm", "m", "in", "s", "ms", "us", "µs", "min", "g", "kg", "lux", "lx", "dB", "ppm", "rpm", "Ohm", "Ω", "l", "ml"),
)
_LABEL: Final = r"[^\W\d][^,;:=\t]{0,47}?"
_FIELD: Final = re.compile(
    rf"(?:({_LABEL}) *[:=][ \t]*)?"
    rf"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:{_NO_NUMBER}))"
    rf"(?: ?({'|'.join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))}))?(?=[\s,;]|$)"
)
_SEPARATOR: Final = re.compile(r"[\s,;]*")
_WORD: Final = re.compile(r"[^\W\d][\w .()%°/-]*")
# A line with more is a dump, no measurement.
_MAX_FIELDS: Final = 64


@dataclass(frozen=True, slots=True)
class Printed:
    """One number of a line. ``label`` and ``unit`` are empty where the line has none; ``value`` NaN where the sketch
    printed that there is no number."""

    label: str
    value: float
    unit: str


def parse_line(line: str) -> list[Printed] | None:
    """The numbers of a line; None when it is text."""
    found = list[Printed]()
    at = _end(line, 0)
    while at < len(line):
        field = _FIELD.match(line, at)
        if field is None or len(found) == _MAX_FIELDS:
            return None
        label, number, unit = field.groups(default="")
        found.append(Printed(label.strip(), _value(number), unit))
        at = _end(line, field.end())
    return found or None


def parse_header(line: str) -> tuple[str, ...] | None:
    """The labels of columns that follow, as in a CSV file: words alone, two or more; None when it is none."""
    parts = [part.strip() for part in re.split(r"[,;\t]" if re.search(r"[,;\t]", line) else r" +", line.strip())]
    if not 1 < len(parts) <= _MAX_FIELDS or not all(_WORD.fullmatch(part) for part in parts):
        return None
    return tuple(parts)


def _end(line: str, at: int) -> int:
    separator = _SEPARATOR.match(line, at)
    return at if separator is None else separator.end()


def _value(number: str) -> float:
    try:
        value = float(number)
    except ValueError:  # ovf
        return nan
    return value if isfinite(value) and abs(value) <= _F32_MAX else nan
