"""``doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import colours, put, put_json, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.cli.values import escape
from ardugate.errors import ArdugateError, PortBusy, PortDenied, PortMissing

if TYPE_CHECKING:
    from ardugate.doctor import BoardFacts, Facts, Finding

_WATCH_S: Final = 3.0
# The usual rates of a line, slowest first; a board that cannot go higher stays below by itself.
_RATES: Final = (115_200, 250_000, 500_000, 1_000_000, 2_000_000)
_SPEED_S: Final = 2.0

_SIGNS: Final = {"ok": "ok", "note": "note", "warning": "warning", "problem": "PROBLEM", "skipped": "skipped"}
_COLOURS: Final = {"warning": "33", "problem": "31", "skipped": "2", "ok": "32"}


def doctor(
    port: Annotated[
        str | None,
        typer.Argument(metavar="[PORT]", autocompletion=completing.ports, help="A serial port, to try its board too."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write all of it to a file that you can give away."),
    ] = None,
    for_s: opt.For = None,
    speeds: Annotated[bool, typer.Option("--speeds", help="Try every line rate too: 2 s each.")] = False,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Look for what is wrong: permissions, other programs, drivers, cable, firmware, line, settings.

    Boards of a gateway that runs are watched through it. A port that is named is opened, which may reset its board.
    """
    import asyncio
    import getpass
    import socket

    from ardugate.doctor import Level, examine
    from ardugate.doctor.report import redacted
    from ardugate.runtime.machine import look

    facts = look(port)
    watch_s = _WATCH_S if for_s is None else for_s
    facts = replace(facts, boards=tuple(asyncio.run(_boards(facts, port, url, watch_s, speeds=speeds))))
    findings = examine(facts)
    if report is not None:
        own = (str(Path.home()), getpass.getuser(), socket.gethostname())
        try:
            report.write_text(redacted(facts, findings, *own), "utf-8")
        except OSError as error:
            raise CommandError(Exit.OTHER, f"{report}: {error.strerror}", "name another file") from None
        say(f"written: {report}; read it before you give it away")
    problems = [finding for finding in findings if finding.level is Level.PROBLEM]
    if json:
        put_json({"ok": not problems, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            _put(finding)
        warnings = sum(finding.level is Level.WARNING for finding in findings)
        put(f"checks: {len(findings)}, problems: {len(problems)}, warnings: {warnings}")
    if problems:
        raise typer.Exit(Exit.OTHER)


async def _boards(facts: Facts, port: str | None, url: str | None, watch_s: float, *, speeds: bool) -> list[BoardFacts]:
    """The boards of the gateway that runs; else the one on the port that was named."""
    from ardugate.client import find_gateway
    from ardugate.client.examining import open_and_watch, try_speeds, watch

    if facts.gateways or url:
        say(f"watching the gateway's boards for {watch_s:g} s")
        try:
            boards = await watch(lambda: find_gateway(url), watch_s)
        except ArdugateError as error:
            say(f"the gateway's boards cannot be watched: {error}")
            boards = []
        if port is None or any(board.port == port for board in boards):
            return [board for board in boards if port in (None, board.port)]
    if port is None or any(each.path == port and not each.exists for each in facts.ports):
        return []  # the check of the port says what to do
    say(f"opening {port} for {watch_s:g} s (this may reset its board)")
    logging.getLogger("ardugate").setLevel(logging.CRITICAL)  # what it has to say is in the findings
    try:
        boards = await open_and_watch([port], watch_s)
        if speeds and any(board.wire is not None for board in boards):
            say(f"trying {len(_RATES)} line rates, {_SPEED_S:g} s each")
            tried = await try_speeds(port, _RATES, _SPEED_S)
            boards = [replace(board, speeds=tried) for board in boards]
    except (PortBusy, PortDenied, PortMissing):
        return []  # the checks of the port say so, and what to do
    return boards


def _put(finding: Finding) -> None:
    import sys

    sign = f"{_SIGNS[finding.level]:<8}"
    colour = _COLOURS.get(finding.level)
    if colour and colours(sys.stdout):
        sign = f"\x1b[{colour}m{sign}\x1b[0m"
    put(f"{sign} {finding.check}: {escape(finding.text)}")
    if finding.fix:
        put(f"         → {finding.fix}")
