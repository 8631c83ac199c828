"""The commands as one program, in their groups, with examples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer

from ardugate.cli.table import COMMANDS, GROUPS, examples


def whole() -> typer.Typer:
    """The program with all its commands: for its own help, for completion, and to say what was probably meant."""
    return _made(None)


def needed_by(arguments: Sequence[str]) -> typer.Typer:
    """The program with the one command that these arguments name, where they name one: no other is loaded."""
    # Everything that may stand before a command is a flag without a value (`root`, below).
    wanted = next((each for each in arguments if not each.startswith("-")), None)
    # The shell asks for words in a process without arguments (see typer's completion).
    known = {name for name, *_ in [*COMMANDS, *GROUPS]}
    return _made(wanted if wanted in known else None)


@cache
def _made(only: str | None) -> typer.Typer:
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, place, panel, lines in COMMANDS:
        if only in (None, name):
            app.command(name, rich_help_panel=panel, epilog=examples(lines))(_at(place))
    for name, place, panel in GROUPS:
        if only in (None, name):
            app.add_typer(_at(place), name=name, rich_help_panel=panel)
    app.callback()(root)
    return app


def _at(place: str) -> Any:
    """What stands in a module of this room: a function, or a group's typer."""
    module, _, name = place.partition(".")
    return getattr(import_module(f"ardugate.cli.{module}"), name)


def _show_version(wanted: bool) -> None:
    if wanted:
        from ardugate import __version__
        from ardugate.cli.output import put

        put(f"ardugate {__version__}")
        raise typer.Exit


def root(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what happens, frame by frame.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """The bridge between Arduinos and browsers: live samples out, safe commands in, one command to start.

    `ardugate demo` shows it without hardware; `ardugate serve` with a board plugged in.
    """
    from ardugate.cli.logs import set_up

    set_up(verbose=verbose)


def plain_help(arguments: Sequence[str]) -> str | None:
    """A command's help without frames and colours, for a pipe; None where the arguments ask for something else.

    A third of the time that drawing them takes: the library that draws is not loaded, nor the one that reads values.
    """
    *path, last = arguments or [""]
    if last not in ("-h", "--help") or not path:
        return None
    context: typer.Context | None = None
    group: Any = typer.main.get_command(needed_by(path))
    for name in ("ardugate", *path):
        command = group if context is None else getattr(group, "commands", {}).get(name)
        if command is None:
            return None
        command.rich_markup_mode = None
        context = typer.Context(command, info_name=name, parent=context)
        group = command
    return None if context is None else str(group.get_help(context)).rstrip()
