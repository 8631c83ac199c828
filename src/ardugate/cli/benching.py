"""``bench``: the published figures measured again, on this machine."""

from __future__ import annotations

import json as json_of_python
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json, put_table, say
from ardugate.cli.problems import CommandError, Exit

# What needs no board, no compiler and no other program. `make bench` in a checkout has the others.
_QUESTIONS: Final = {"wire": 5, "latency": 25}  # and about how many seconds each takes


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="wire or latency; both when there is none.")
    ] = None,
    json: opt.Json = False,
) -> None:
    """Measure what the published figures say, on this machine, and show both. Half a minute.

    Where this machine has other work to do meanwhile, its figures are worse than it is.
    """
    chosen = names or list(_QUESTIONS)
    if unknown := [name for name in chosen if name not in _QUESTIONS]:
        raise CommandError(Exit.USAGE, f"there is no measurement {unknown[0]!r}", f"choose of {', '.join(_QUESTIONS)}")
    folder = _folder()
    published: dict[str, Any] = json_of_python.loads((folder / "benchmarks" / "published.json").read_text("utf-8"))
    say(f"measuring {', '.join(chosen)}: about {sum(_QUESTIONS[name] for name in chosen)} s …")
    results = [
        {
            "question": each["question"],
            "what": each["what"],
            "unit": each["unit"],
            "here": each["median"],
            "published": published["medians"].get(each["what"]),
        }
        for each in _measured(folder, chosen)
    ]
    if json:
        put_json({"published_on": published["where"], "results": results})
        return
    head = ["MEASURED", "HERE", "PUBLISHED", "", "HERE / PUBLISHED"]
    put_table(head, [_row(each) for each in results])
    put(f"published: {published['where']}; docs/explanation/performance.md has the rest, and how to read it")


def _row(result: dict[str, Any]) -> list[str]:
    here, published = result["here"], result["published"]
    known = ["", ""] if published is None else [f"{published:g}", f"{here / published:.2f}"]
    return [result["what"], f"{here:.3g}", known[0], result["unit"], known[1]]


def _folder() -> Path:
    """Where the package ``benchmarks`` is: beside a checkout's sources, or inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "bench", package.parents[1]):
        if (folder / "benchmarks" / "published.json").is_file():
            return folder
    raise CommandError(Exit.OTHER, "this installation of ardugate has no measurements", "install it anew")


def _measured(folder: Path, names: list[str]) -> Iterator[dict[str, Any]]:
    """In processes of their own, so that nothing of this one is measured."""
    paths = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *names, "--json"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise CommandError(
            Exit.OTHER,
            f"the measurements ended: {last}",
            "try again when the machine has less to do; `ardugate bench wire` needs no gateway",
        )
    for line in done.stdout.splitlines():
        result = json_of_python.loads(line)
        if "median" in result:
            yield result
