"""Every link of the docs leads somewhere, every page is in the site, every command that they name is one."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from ardugate.cli.app import whole
from ardugate.cli.table import COMMANDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *DOCS.rglob("*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "contrib/README.md")),
    ]
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Groups of commands, which have no function of their own.
GROUPS = {"config", "library", "link"}
# "ardugate capture" is how a recording's file begins.
NO_COMMANDS = {"capture"}


def prose(page: Path) -> str:
    """A page without its blocks of code, where brackets are something else."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(page: Path) -> frozenset[str]:
    """What one may write behind the hash, as GitHub and the site make it of headings."""
    found: Counter[str] = Counter()
    names = set[str]()
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        kept = "".join(c for c in text.lower() if c in "-_ " or unicodedata.category(c)[0] in "LN")
        name = kept.strip().replace(" ", "-")
        names.add(name if not found[name] else f"{name}-{found[name]}")
        found[name] += 1
    return frozenset(names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if re.match(r"(https?|mailto):", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target}: there is no such file"
        if page.is_relative_to(DOCS):
            assert there.is_relative_to(DOCS), f"{target}: the site has only what is in docs/"
        if anchor:
            assert anchor in anchors(there), f"{target}: there is no such heading"


def test_every_page_is_in_the_site_and_nothing_else() -> None:
    named = re.findall(r"^ +- ([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    there = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert there - set(named) == set(), "name these pages in mkdocs.yml, under nav"
    assert set(named) - there == set()


def shell_lines(page: Path) -> list[str]:
    """What a reader would type."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```(?:sh|console|bat)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    blocks += re.findall(r"^    (\S.*)$", prose(page), re.MULTILINE)
    return str.join("\n", blocks).splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_one(page: Path) -> None:
    known = {name for name, *_ in COMMANDS} | GROUPS | NO_COMMANDS
    named = re.findall(r"`ardugate ([a-z][a-z-]+)", page.read_text("utf-8"))
    assert set(named) <= known, sorted(set(named) - known)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_reader_types_is_understood(page: Path) -> None:
    """Its options exist and its arguments are what they should be; it is not carried out."""
    complaints = list[str]()
    for line in shell_lines(page):
        for part in re.split(r" && |\|", line):
            match = re.match(r"^(?:\$ )?(?:sudo )?(?:\S*[/\\])?ardugate ([a-z].*)$", part.strip())
            if match is not None and (said := complaint(shlex.split(match[1].replace("…", ""), comments=True))):
                complaints.append(f"{line}: {said}")
    assert complaints == []


@cache
def program() -> Any:
    return typer.main.get_command(whole())


def complaint(words: list[str]) -> str:
    """What the command line has against these words; empty for nothing, and for a reader's file, which is not here."""
    command = program()
    try:
        context = command.make_context("ardugate", list(words))
        # A group: what it has not taken itself begins with a command's name.
        while hasattr(command, "resolve_command") and (rest := [*context._protected_args, *context.args]):
            name, command, words = command.resolve_command(context, rest)
            context = command.make_context(name, list(words), parent=context)
    except typer.TyperException as error:
        said = error.format_message()
        return "" if "does not exist" in said else said
    return ""
