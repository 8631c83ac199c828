"""``library``: the board library for the Arduino IDE, whose sources the package brings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ardugate.cli import options as opt
from ardugate.cli.output import put_json, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.cli.table import SET_UP, examples

app = typer.Typer(
    help="The board library for the Arduino IDE: put it into the sketchbook, or into a zip.",
    no_args_is_help=True,
    epilog=examples(["library install", "library zip"]),
)


@app.command(
    rich_help_panel=SET_UP,
    epilog=examples(["library install", "library install --into ~/Arduino/libraries"]),
)
def install(
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", metavar="DIR", help="The folder of libraries; else that of the Arduino tools' sketchbook."
        ),
    ] = None,
    json: opt.Json = False,
) -> None:
    """Put the library where the Arduino IDE looks, in place of an older one of ours. Nothing else is touched."""
    import os
    import sys

    from ardugate import library

    if into is None:
        sketchbook = library.sketchbook(os.environ, sys.platform, Path.home())
        libraries, found = sketchbook.path / "libraries", sketchbook.source
    else:
        libraries, found = into, "--into"
    try:
        done = library.install(libraries)
    except OSError as error:
        raise _cannot(error, libraries, "name another folder with --into DIR") from None
    if json:
        put_json({"path": str(done.path), "version": done.version, "replaced": done.replaced, "found_by": found})
        return
    before = f" in place of {done.replaced}" if done.replaced else ""
    say(f"installed: {done.path}, version {done.version}{before} (folder from: {found})")
    say("next: in the Arduino IDE, File > Examples > Ardugate; restart it if it runs")


@app.command(
    "zip",
    rich_help_panel=SET_UP,
    epilog=examples(["library zip", "library zip /tmp/Ardugate.zip --json"]),
)
def write_zip(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it; else ./Ardugate-VERSION.zip.")
    ] = None,
    json: opt.Json = False,
) -> None:
    """Write the library as a zip, for another computer or for an IDE in the browser. An older file is replaced."""
    from ardugate import library

    version = library.version(library.files())
    target = file or Path(f"{library.NAME}-{version}.zip")
    try:
        library.write_zip(target)
    except OSError as error:
        raise _cannot(error, target, "name another file") from None
    if json:
        put_json({"path": str(target), "version": version})
        return
    say(f"written: {target}")
    say("next: in the Arduino IDE, Sketch > Include Library > Add .ZIP Library, and choose this file")


def _cannot(error: OSError, path: Path, remedy: str) -> CommandError:
    status = Exit.PERMISSION if isinstance(error, PermissionError) else Exit.OTHER
    return CommandError(status, f"{error.filename or path}: {error.strerror or error}", remedy)
