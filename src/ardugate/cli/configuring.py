"""``config``: where settings come from, and whether they can be used."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated, Any

import typer

from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.cli.table import SET_UP, examples

app = typer.Typer(
    help="The settings: make a file, show them, check them.",
    no_args_is_help=True,
    epilog=examples(["config init", "config show --origin", "config check lab.toml"]),
)


@app.command(rich_help_panel=SET_UP, epilog=examples(["config show", "config show --origin --json"]))
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each comes from.")] = False,
    config: opt.ConfigFile = None,
    json: opt.Json = False,
) -> None:
    """The settings in force: flag, then ARDUGATE_*, then the file, then the default."""
    from ardugate.config import load

    settings = load(config_file=Path(config) if config else None)
    values: dict[str, Any] = settings.config.model_dump(mode="json")
    if json:
        put_json({"settings": values, "origins": settings.origins} if origin else {"settings": values})
        return
    for key, value in values.items():
        put(f"{key} = {json_text.dumps(value)}" + (f"  # {settings.origins[key]}" if origin else ""))


@app.command(rich_help_panel=SET_UP, epilog=examples(["config check", "config check lab.toml"]))
def check(
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="The file; else the one in force.")] = None,
    json: opt.Json = False,
) -> None:
    """Whether a config file can be used."""
    from ardugate.config import load

    settings = load(config_file=Path(file) if file else None)
    files = sorted({origin for origin in settings.origins.values() if origin.endswith(".toml")})
    if json:
        put_json({"ok": True, "files": files})
    else:
        say(f"{file or ', '.join(files) or 'no file, only defaults'}: good")


@app.command(rich_help_panel=SET_UP, epilog=examples(["config init", "config init ~/.config/ardugate/ardugate.toml"]))
def init(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Where to write it.")] = "ardugate.toml",
) -> None:
    """Write a config file that shows every setting with its default. Never overwrites one."""
    from ardugate.config import example

    try:
        with Path(file).open("x", encoding="utf-8") as out:
            out.write(example())
    except FileExistsError:
        raise CommandError(Exit.CONFIG, f"{file} is there already", "edit it, or name another file") from None
    except OSError as error:
        raise CommandError(Exit.CONFIG, f"{file}: {error.strerror}", "name another file") from None
    say(f"written: {file}")


@app.command(rich_help_panel=SET_UP, epilog=examples(["config schema"]))
def schema() -> None:
    """The JSON Schema of the config file, for editors."""
    from ardugate.config import schema as config_schema

    put_json(config_schema())
