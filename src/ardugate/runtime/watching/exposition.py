"""Prometheus' text format, version 0.0.4, as far as it is needed. A few lines in place of a library: what is told is
looked up when it is asked for, not counted by a library's own meters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from ardugate.runtime.watching.meters import Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """Everything of one name. ``values`` are numbers, of a histogram Histograms, each with its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    values: Iterable[tuple[Labels, float | Histogram]]


def exposition(families: Iterable[Family]) -> str:
    """The text. What has no value is left out."""
    return "".join(_family(each) for each in families)


def _family(family: Family) -> str:
    lines = list[str]()
    for labels, value in family.values:
        if isinstance(value, Histogram):
            bounds = [*(repr(bound) for bound in value.bounds), "+Inf"]
            for bound, count in zip(bounds, accumulate(value.counts), strict=True):
                lines.append(_line(f"{family.name}_bucket", {**labels, "le": bound}, count))
            lines.append(_line(f"{family.name}_sum", labels, value.total))
            lines.append(_line(f"{family.name}_count", labels, sum(value.counts)))
        else:
            lines.append(_line(family.name, labels, value))
    head = f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    return head + "".join(lines) if lines else ""


def _line(name: str, labels: Labels, value: float) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{told}}} {value}\n" if told else f"{name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
