"""Conditions of alarms, as they are written in the config.

    temp > 30 for 10s              greenhouse/door == on for 5m
    no data from temp for 30s      board greenhouse down for 1m      any board down
    losses > 100 in 1m             losses of greenhouse > 100 in 1m
    disk below 500 MB

>>> parse_condition("temp > 30 for 10s")
Compare(channel='temp', op='>', value=30.0, for_s=10.0)
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ardugate.duration import parse_duration

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_WORDS: Final = {"on": True, "true": True, "off": False, "false": False}
_BYTES: Final = {"kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}
_MINUTES: Final = 24 * 60

_TIME: Final = r"(?P<for>\S+(?: (?:ms|s|m|h))?)"
_FOR: Final = rf"(?: for {_TIME})?"
_CHANNEL: Final = r"(?P<channel>[^\s<>=!]+)"
_COMPARE: Final = re.compile(_CHANNEL + r" ?(?P<op>>=|<=|==|!=|>|<) ?(?P<value>.+?)" + _FOR)
_NO_DATA: Final = re.compile(rf"no data from {_CHANNEL} for {_TIME}")
_DOWN: Final = re.compile(r"(?:any board|board (?P<board>[a-z0-9-]{1,32})) down" + _FOR)
_LOSSES: Final = re.compile(rf"losses(?: of (?P<board>[a-z0-9-]{{1,32}}))? ?> ?(?P<above>\d{{1,15}}) in {_TIME}")
_DISK: Final = re.compile(r"disk below (?P<size>\d+(?:\.\d+)?) ?(?P<unit>[kKmMgG][bB])")
_QUIET: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")

Value = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Compare:
    """A channel's value, held against another for so long (0: once is enough)."""

    channel: str
    op: str
    value: bool | float | str
    for_s: float = 0.0

    def holds(self, value: Value) -> bool:
        """Of one value; never of none, nor of one of another kind."""
        wanted: Value = self.value
        if isinstance(value, bool) or isinstance(wanted, bool):
            value, wanted = _as_bool(value), _as_bool(wanted)
        if value is None or wanted is None or isinstance(value, str) != isinstance(wanted, str):
            return False
        return _OPERATORS[self.op](value, wanted)

    def __str__(self) -> str:
        shown = ("on" if self.value else "off") if isinstance(self.value, bool) else self.value
        number = f"{shown:g}" if isinstance(shown, float) else shown
        return f"{self.channel} {self.op} {number}" + (f" for {self.for_s:g} s" if self.for_s else "")


@dataclass(frozen=True, slots=True)
class NoData:
    """A channel of which nothing has come for so long."""

    channel: str
    for_s: float

    def __str__(self) -> str:
        return f"no data from {self.channel} for {self.for_s:g} s"


@dataclass(frozen=True, slots=True)
class Down:
    """A board (None: any) that has not been live for so long. One that is lent is not down."""

    board: str | None
    for_s: float = 0.0

    def __str__(self) -> str:
        which = "any board" if self.board is None else f"board {self.board}"
        return f"{which} down" + (f" for {self.for_s:g} s" if self.for_s else "")


@dataclass(frozen=True, slots=True)
class Losses:
    """More scans missing of a board (None: of all together) than ``above``, within ``within_s``."""

    board: str | None
    above: int
    within_s: float

    def __str__(self) -> str:
        return f"losses{f' of {self.board}' if self.board else ''} > {self.above} in {self.within_s:g} s"


@dataclass(frozen=True, slots=True)
class Disk:
    """Less room than this where the gateway keeps its state."""

    below_bytes: int

    def __str__(self) -> str:
        return f"disk below {self.below_bytes / 1e6:g} MB"


Condition = Compare | NoData | Down | Losses | Disk

EXPECTED: Final = (
    "expected one of 'temp > 30 for 10s', 'no data from temp for 30s', 'board greenhouse down for 1m', "
    "'any board down', 'losses > 100 in 1m' and 'disk below 500 MB'"
)


def parse_condition(text: str) -> Condition:
    """Raises ValueError, which says what is expected.

    >>> str(parse_condition("losses of greenhouse > 100 in 1m"))
    'losses of greenhouse > 100 in 60 s'
    """
    words = " ".join(text.split())
    if found := _NO_DATA.fullmatch(words):
        return NoData(found["channel"], _duration(found["for"]))
    if found := _DOWN.fullmatch(words):
        return Down(found["board"], _for(found["for"]))
    if found := _LOSSES.fullmatch(words):
        return Losses(found["board"], int(found["above"]), _duration(found["for"]))
    if found := _DISK.fullmatch(words):
        return Disk(round(float(found["size"]) * _BYTES[found["unit"].lower()]))
    if found := _COMPARE.fullmatch(words):
        value = _value(found["value"])
        if isinstance(value, bool | str) and found["op"] not in ("==", "!="):
            raise ValueError(f"expected a number after {found['op']}, got {found['value']!r}")
        return Compare(found["channel"], found["op"], value, _for(found["for"]))
    raise ValueError(f"{EXPECTED}, got {text[:80]!r}")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of each day, local time, in which nobody is called; in minutes since midnight, over midnight too."""

    begin_min: int
    end_min: int

    @staticmethod
    def parse(text: str) -> Quiet:
        """Raises ValueError.

        >>> Quiet.parse("22:00-07:00").covers(23 * 60)
        True
        """
        found = _QUIET.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"expected hours such as 22:00-07:00, got {text[:80]!r}")
        first_hour, first_minute, last_hour, last_minute = (int(part) for part in found.groups())
        begin_min, end_min = 60 * first_hour + first_minute, 60 * last_hour + last_minute
        if begin_min == end_min:
            raise ValueError(f"expected hours that end later than they begin, got {text[:80]!r}")
        return Quiet(begin_min, end_min)

    def covers(self, minute: int) -> bool:
        """Whether this minute of the day is within."""
        length = (self.end_min - self.begin_min) % _MINUTES
        return (minute - self.begin_min) % _MINUTES < length


def _for(text: str | None) -> float:
    return 0.0 if text is None else _duration(text)


def _duration(text: str) -> float:
    return parse_duration(text.replace(" ", ""))


def _value(text: str) -> bool | float | str:
    word = text.strip()
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    try:
        number = float(word)
    except ValueError:
        quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "'\""
        return word[1:-1] if quoted else word
    if number - number != 0:  # NaN and infinity are no values of channels
        raise ValueError(f"expected a number, got {text!r}")
    return number


def _as_bool(value: Value) -> bool | None:
    """A switch's value: a channel of 0 and 1 may be held against on and off."""
    return None if value is None or isinstance(value, str) else bool(value)
