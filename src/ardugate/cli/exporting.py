"""``export``: a capture in another program's form."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ardugate.cli import options as opt
from ardugate.cli.journals import since_s
from ardugate.cli.output import progress, put, put_json, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.cli.values import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ardugate.model import Channel
    from ardugate.record.export import Done
    from ardugate.record.rows import Row


class Form(StrEnum):
    """What a capture can become."""

    CSV = "csv"
    PARQUET = "parquet"
    MCAP = "mcap"


def _time(text: str) -> float:
    try:
        return since_s(text, time.time())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _ends(texts: list[str]) -> tuple[Form, float | None]:
    """The form, and the time where there is one."""
    forms = [text for text in texts if text in list(Form)]
    times = [text for text in texts if text not in forms]
    if len(forms) != 1 or len(times) > 1:
        raise typer.BadParameter("expected --to csv, --to parquet or --to mcap, and at most one --to TIME")
    return Form(forms[0]), _time(times[0]) if times else None


def _stats(text: str) -> tuple[str, ...]:
    from ardugate.record.rows import STATS

    names = tuple(text.split(","))
    if not set(names) <= set(STATS) or len(set(names)) < len(names):
        raise typer.BadParameter(f"expected some of {', '.join(STATS)}, separated by commas, got {text!r}")
    return names


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The capture to read.")],
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="csv|parquet|mcap",
            help="csv opens in a spreadsheet, mcap in Foxglove and PlotJuggler; a second --to is a time: until then.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; else beside the capture.")
    ] = None,
    from_: Annotated[
        float | None,
        typer.Option("--from", metavar="TIME", parser=_time, help="From then on: 03:00, 2025-11-22 03:00, or 90m ago."),
    ] = None,
    every_s: Annotated[
        float | None,
        typer.Option("--every", metavar="TIME", parser=opt.duration, help="A row for each so long: 1s, 1m, 1h."),
    ] = None,
    stats: Annotated[
        str | None,
        typer.Option("--stat", metavar="NAMES", help="With --every: mean,min,max or some of them."),
    ] = None,
    json: opt.Json = False,
) -> None:
    """Turn a capture into a table: a column for each channel, with its unit; gaps are rows with a reason."""
    from ardugate.record.rows import STATS, channels, rows, summed

    names = _stats(stats) if stats else STATS[:1] if every_s else ()
    if stats and every_s is None:
        raise typer.BadParameter("--stat needs --every")
    form, until = _ends(to)
    target = output or file.with_suffix(f".{form.value}")
    if target.exists():
        raise CommandError(Exit.OTHER, f"{target} exists", "choose another name with --output")
    from_ns, until_ns = (None if each is None else round(each * 1e9) for each in (from_, until))
    try:
        known = channels(file)
        found = rows(file, from_ns, until_ns)
        if every_s is not None:
            found = summed(found, max(1, round(every_s * 1e9)), names)
        if not known:
            say("this capture has no channels")
        with progress() as tell:
            count = _write(form, found, known, target, names, lambda at_ns: tell(_clock(at_ns)))
    except OSError as error:
        cause = f"{error.filename or file}: {error.strerror or error}"
        raise CommandError(Exit.OTHER, cause, "is it yours to read, and is there room?") from None
    if json:
        put_json({"file": str(target), "rows": count, "size_bytes": target.stat().st_size})
    else:
        put(f"{target}  {count} rows, {format_size(target.stat().st_size)}")


def _write(
    to: Form, found: Iterable[Row], known: dict[str, Channel], target: Path, stats: tuple[str, ...], done: Done
) -> int:
    from ardugate.record.export import to_csv, to_mcap, to_parquet
    from ardugate.record.rows import columns_of

    columns = columns_of(known, stats)
    try:
        match to:
            case Form.CSV:
                return to_csv(found, columns, target, None, done)
            case Form.PARQUET:
                return to_parquet(found, columns, target, done)
            case Form.MCAP:
                return to_mcap(found, columns, target, done)
    except ImportError as error:
        target.unlink(missing_ok=True)
        library = error.name or to.value
        remedy = f"install it: {adding(library, sys.prefix, sys.executable)}"
        raise CommandError(Exit.OTHER, f"--to {to.value} needs a library: {library}", remedy) from error


def adding(library: str, prefix: str, python: str) -> str:
    """What to type for a library to be where ardugate is, installed as it is (``sys.prefix``, ``sys.executable``)."""
    parts = Path(prefix).parts
    if "pipx" in parts:
        return f"pipx inject ardugate {library}"
    if parts[-3:-1] == ("uv", "tools"):  # such an environment has no pip of its own
        return f"uv pip install --python {python} {library}"
    return f"{python} -m pip install {library}"


def _clock(at_ns: int) -> str:
    return f"up to {datetime.fromtimestamp(at_ns / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
