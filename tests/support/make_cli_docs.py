"""Writes docs/reference/cli.md from the commands themselves: ``python -m tests.support.make_cli_docs``."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Final

import typer.main

from ardugate.cli import configuring, libraries, links
from ardugate.cli.app import whole
from ardugate.cli.table import COMMANDS

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"

HEAD: Final = Path(__file__).with_name("cli_head.md").read_text("utf-8")


def make() -> str:
    """The page."""
    group: Any = typer.main.get_command(whole())
    lines = [HEAD]
    lines += ["## All commands", "", f"`ardugate [{'] ['.join(_flags(group))}] COMMAND …`", "", *_options(group)]
    panel = ""
    for name, _, own_panel, examples in COMMANDS:
        if own_panel != panel:
            panel = own_panel
            lines += [f"## {panel}", ""]
        lines += _command(name, group.commands[name], examples)
        if name == "rate":
            for topic, own in (("config", configuring.app), ("library", libraries.app), ("link", links.app)):
                lines += _group(topic, str(own.info.help), group.commands[topic])
    return "\n".join(lines).rstrip() + "\n"


def _group(topic: str, about: str, group: Any) -> list[str]:
    own = group.invoke_without_command
    lines = _command(topic, group, _examples(group)) if own else [f"### {topic}", "", about, ""]
    for name, command in group.commands.items():
        lines += _command(f"{topic} {name}", command, _examples(command))
    return lines


def _examples(command: Any) -> list[str]:
    """What stands at the end of a command's help."""
    return [
        line.strip().removeprefix("ardugate ") for line in str(command.epilog).splitlines() if line.startswith("  ")
    ]


def _command(name: str, command: Any, examples: list[str]) -> list[str]:
    arguments = "".join(
        f" {_metavar(parameter)}" for parameter in command.params if parameter.param_type_name == "argument"
    )
    lines = [f"### {name}", "", f"`ardugate {name}{arguments}`", ""]
    lines += [" ".join(part.split()) + "\n" for part in inspect.cleandoc(command.help).split("\n\n")]
    lines += _options(command)
    if examples:
        lines += ["```sh", *(f"ardugate {line}" for line in examples), "```", ""]
    return lines


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _flags(command: Any) -> list[str]:
    return [parameter.opts[0] for parameter in command.params if parameter.param_type_name == "option"]


def _options(command: Any) -> list[str]:
    rows = list[str]()
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            rows.append(f"| `{_metavar(parameter)}` | {parameter.help} |")
            continue
        metavar = "" if parameter.is_flag else f" {parameter.metavar or 'N'}"
        names = ", ".join(f"`{name}{metavar}`" for name in parameter.opts)
        rows.append(f"| {names} | {parameter.help} |")
    return ["| | |", "|---|---|", *rows, ""] if rows else []


if __name__ == "__main__":
    PAGE.write_text(make(), "utf-8")
