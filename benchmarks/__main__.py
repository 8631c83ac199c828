"""``python -m benchmarks [NAME…] [--json]``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterable
from typing import Protocol, cast

from benchmarks import report
from benchmarks.measure import LeftOut, Result
from benchmarks.peers import MissingToolError

# In the order in which they are printed; the cheap ones first.
QUESTIONS = (
    *("wire", "damage", "latency", "stop", "idle", "ports", "page", "click"),
    *("record", "serial", "chip", "crowd", "fanout"),
)


class Question(Protocol):
    """A module of this package that measures."""

    __doc__: str

    def measure(self) -> Iterable[Result]:
        """Results, as they come."""
        ...


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure, and print what was seen.")
    parser.add_argument("name", nargs="*", choices=[*QUESTIONS, []], metavar="NAME", help=" ".join(QUESTIONS))
    parser.add_argument("--json", action="store_true", help="JSON Lines on stdout")
    arguments = parser.parse_args()
    print(_machine(), file=sys.stderr)
    for name in arguments.name or QUESTIONS:
        question = cast("Question", importlib.import_module(f"benchmarks.{name}"))
        print(f"\n{name}: {question.__doc__.splitlines()[0]}", file=sys.stderr, flush=True)
        began_s = time.monotonic()
        results: list[Result] = []
        for result in _measure(question, name):
            results.append(result)
            if arguments.json:
                print(json.dumps(report.as_json(name, result)), flush=True)
            else:
                print(f"  {result.what}", file=sys.stderr, flush=True)
        if not arguments.json:
            print(report.table(results), flush=True)
        print(f"({time.monotonic() - began_s:.0f} s)", file=sys.stderr)


def _measure(question: Question, name: str) -> Iterable[Result]:
    try:
        yield from question.measure()
    except MissingToolError as missing:
        yield LeftOut(name, str(missing))


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.platform()}, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


main()
