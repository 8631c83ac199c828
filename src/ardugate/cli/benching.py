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

# About how many seconds each takes. What is first needs no board, no compiler and no other program; the clients of the
# others are a program in C, and `fanout` has peers that are left out where they are not installed. `make bench` in a
# checkout has more, the board in a simulated chip too.
_USUAL: Final = {"wire": 5, "damage": 10, "latency": 25, "idle": 25, "record": 20}
_BY_NAME: Final = {"stop": 60, "ports": 20, "serial": 60, "crowd": 120, "fanout": 900}
_QUESTIONS: Final = _USUAL | _BY_NAME


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME…]",
            help=f"Of {', '.join(_USUAL)}, which are measured when there is none; {', '.join(_BY_NAME)} need gcc.",
        ),
    ] = None,
    json: opt.Json = False,
) -> None:
    """Measure what the published figures say, on this machine, and show both. A minute and a half.

    Where this machine has other work to do meanwhile, its figures are worse than it is.
    """
    chosen = names or list(_USUAL)
    if unknown := [name for name in chosen if name not in _QUESTIONS]:
        raise CommandError(Exit.USAGE, f"there is no measurement {unknown[0]!r}", f"choose of {', '.join(_QUESTIONS)}")
    folder = _folder()
    published: dict[str, Any] = json_of_python.loads((folder / "benchmarks" / "published.json").read_text("utf-8"))
    say(f"measuring {', '.join(chosen)}: about {sum(_QUESTIONS[name] for name in chosen)} s …")
    results = [_beside(each, published) for each in _measured(folder, chosen)]
    if json:
        put_json({"published_on": published["where"], "results": results})
        return
    head = ["MEASURED", "HERE", "PUBLISHED", "", "HERE / PUBLISHED"]
    put_table(head, [_row(each) for each in results])
    put(f"published: {published['where']}; docs/explanation/performance.md has the rest, and how to read it")


def _beside(measured: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    """A result beside what was published of it: a multiple of a floor where that is what was, which other machines
    share."""
    what = measured["what"]
    result = {"question": measured["question"], "what": what}
    if (ratio := published["ratios"].get(what)) is not None:
        return result | {"unit": f"× {measured['ratio_of_medians_to']}", "here": measured["ratio"], "published": ratio}
    here = measured["median"] if "median" in measured else measured["value"]
    return result | {"unit": measured["unit"], "here": here, "published": published["medians"].get(what)}


def _row(result: dict[str, Any]) -> list[str]:
    here, published = result["here"], result["published"]
    # Of nothing there is no multiple.
    known = ["", ""] if published is None else [f"{published:g}", f"{here / published:.2f}" if published else ""]
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
        if "left_out" in result:
            say(f"{result['what']} is left out: {result['left_out']}")
        elif not result.get("quoted"):
            yield result
