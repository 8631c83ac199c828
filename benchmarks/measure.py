"""Repetitions, what comes of them, and a process's CPU time."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# Fewer tell nothing of the spread.
REPETITIONS = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing, ``values`` with one a repetition. ``against`` are the values of what it is compared with in
    the same repetitions, and ``ratio`` says what that is."""

    what: str
    unit: str
    values: Sequence[float]
    against: Sequence[float] = ()
    ratio: str = ""


@dataclass(frozen=True, slots=True)
class Tail:
    """Many single measurements of one thing, whose worst ones matter."""

    what: str
    unit: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is counted, not measured: the same at each run. ``quoted`` marks somebody else's figure that was
    not measured in this run."""

    what: str
    unit: str
    value: float
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A measurement that this machine cannot make, and why."""

    what: str
    why: str


Result = Row | Tail | Fact | LeftOut


def alternate(cases: Mapping[str, Callable[[], float]], repetitions: int = REPETITIONS) -> dict[str, list[float]]:
    """Measure each case once in each repetition. Their order turns, so that none always follows the same other one."""
    names = list(cases)
    values: dict[str, list[float]] = {name: [] for name in names}
    for repetition in range(repetitions):
        first = repetition % len(names)
        for name in names[first:] + names[:first]:
            values[name].append(cases[name]())
    return values


def each_us(step: Callable[[], object], count: int) -> Callable[[], float]:
    """A case: CPU microseconds of this process for one of ``count`` steps."""

    def measure() -> float:
        began_ns = time.process_time_ns()
        for _ in range(count):
            step()
        return (time.process_time_ns() - began_ns) / count / 1e3

    return measure


def cpu_ns(pid: int) -> int:
    """The CPU time that a process, all its threads together, has used so far. Linux."""
    # What clock_getcpuclockid(3) answers: a process's clock is named by its id.
    return time.clock_gettime_ns(~pid << 3 | 2)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def after_least(places: Sequence[int], circle: int) -> list[int]:
    """Places on a circle, all within half of it, as distances from the first of them."""
    turned = [(place - places[0] + circle // 2) % circle for place in places]
    least = min(turned)
    return [place - least for place in turned]
