"""``flash``: the shipped sketch, or a user's own, onto a board; the shipped one without any Arduino tools."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json, put_table, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.errors import GatewayUnreachable, PortMissing, RequestError, SketchDoesNotCompile
from ardugate.flash import (
    BOARDS,
    BY_NAME,
    Content,
    FlashBoard,
    Progress,
    board_of_usb,
    look,
    parse_hex,
    read,
    serialize_hex,
    write,
)
from ardugate.flash.conversation import Script

if TYPE_CHECKING:
    from ardugate.client import Connection

R = TypeVar("R")

_NAMES: Final = ", ".join(board.name for board in BOARDS)
# While a board is written, what the gateway says is heard this often: who does not listen is put out.
_HEAR_S: Final = 0.5
# From a reset until a board is live: its bootloader's second, and some round trips.
_LIVE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Way:
    """A port that is ours for now; ``connection`` is the gateway's that lent it."""

    path: str
    connection: Connection | None


def flash(
    port: Annotated[
        str | None,
        typer.Argument(
            metavar="[PORT]", autocompletion=completing.ports, help="A path, a USB serial number, or a board's id."
        ),
    ] = None,
    sketch: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SKETCH]", help="A sketch's folder, or a .hex file; else the sketch that ardugate brings."
        ),
    ] = None,
    board: Annotated[
        str | None, typer.Option("--board", metavar="NAME", help=f"{_NAMES}; needed where USB does not tell (clones).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Replace whatever sketch is there, without asking.")] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="FILE", help="First save the sketch that is there, as a .hex file.")
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="The boards, and what this installation has for them.")
    ] = False,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Put the sketch that ardugate brings, or your own, onto a board, and verify it.

    A running gateway lends the port meanwhile. Another sketch is replaced only when you say so. Your own sketch is
    compiled by arduino-cli, Arduino IDE 2, arduino-builder or PlatformIO, whichever is there.
    """
    if listing:
        _list(json=json)
        return
    if port is None:
        raise CommandError(Exit.USAGE, "missing argument 'PORT'", "`ardugate ports` lists them")
    with _ours(port, url) as way:
        kind = _kind(way.path, board)
        image = _program(kind, sketch)
        what = "the sketch that ardugate brings" if sketch is None else str(sketch)
        said = {"port": way.path, "board": kind.name, "program": None if sketch is None else str(sketch)}
        if keep is not None:
            _keep(way, kind, keep)
        if not yes and _settled(way, kind, image):
            _answer({**said, "bytes": 0}, f"{way.path}: {what} is there already", json=json)
            return
        written = _run(way, kind, lambda: write(kind, image))
        done = f"{way.path}: {what} is on the {kind.title}, {written} bytes, verified"
        _answer({**said, "bytes": written}, done, json=json)
    if way.connection is None and sketch is None:
        say(f"next: ardugate serve --port {way.path} --open")


def _answer(said: dict[str, object], line: str, *, json: bool) -> None:
    if json:
        put_json(said)
    else:
        put(line)


def _list(*, json: bool) -> None:
    from ardugate.flash.bundled import bundled, bundled_boards

    sizes = {each.name: len(bundled(each)) for each in bundled_boards()}
    if json:
        rows = [
            {
                "name": each.name,
                "title": each.title,
                "processor": each.processor,
                "bootloader": each.speaks.value,
                "bytes": sizes.get(each.name),
            }
            for each in BOARDS
        ]
        put_json({"boards": rows})
        return
    head = ["BOARD", "IS", "PROCESSOR", "BOOTLOADER", "SKETCH INSIDE"]
    inside = {name: f"{size} bytes" for name, size in sizes.items()}
    put_table(
        head,
        [[each.name, each.title, each.processor, each.speaks.value, inside.get(each.name, "none")] for each in BOARDS],
    )


@contextmanager
def _ours(port: str, url: str | None) -> Generator[_Way]:
    """The port, borrowed from the gateway that has it. Raises what ``client`` raises."""
    from ardugate.client import connect, find_gateway

    try:
        target = find_gateway(url)
    except GatewayUnreachable as error:
        if error.url:
            raise
        yield _Way(_path(port), None)
        return
    with connect(target) as connection:
        path = next((each["port"] for each in connection.boards if each["id"] == port), None) or _path(port)
        if all(each["port"] != path for each in connection.boards):
            yield _Way(path, None)
            return
        connection.call("port_lend", {"port": path, "to": "ardugate flash", "while_connected": True})
        try:
            yield _Way(path, connection)
        finally:
            _give_back(connection, path)


def _give_back(connection: Connection, path: str) -> None:
    """What comes of it does not change how the command ended."""
    try:
        connection.call("port_reclaim", {"port": path})
    except RequestError as error:
        say(f"{path} is not taken back yet: {error}")
        return
    state = _state_on(connection, path)
    say(f"{path} is the gateway's again; its board is {state}")


def _state_on(connection: Connection, path: str) -> str:
    """What becomes of the board within some seconds."""
    from time import monotonic

    state = "not heard of yet"
    until_s = monotonic() + _LIVE_S
    while (left_s := until_s - monotonic()) > 0 and state not in ("live", "other_sketch", "blocked"):
        notification = connection.next_notification(left_s)
        if notification is not None and notification.method == "board":
            board: dict[str, Any] = notification.params.get("board", {})
            state = board["state"] if board.get("port") == path else state
    return state


def _path(port: str) -> str:
    from ardugate.runtime.ports.listing import present_ports

    return next((each.path for each in present_ports() if port in (each.path, each.serial_number)), port)


def _kind(path: str, named: str | None) -> FlashBoard:
    from ardugate.runtime.ports.listing import present_ports

    if named is not None:
        if named not in BY_NAME:
            raise CommandError(Exit.USAGE, f"there is no board {named!r}", f"choose one of {_NAMES}")
        return BY_NAME[named]
    ports = [each for each in present_ports() if each.path == path]
    if not ports and not Path(path).exists():
        raise PortMissing(path)
    found = next((board_of_usb(each.vid, each.pid) for each in ports), None)
    if found is None:
        raise CommandError(
            Exit.USAGE, f"{path} does not tell which board it is", f"look at the board, and give --board: {_NAMES}"
        )
    return found


def _program(kind: FlashBoard, sketch: Path | None) -> bytes:
    """What is to be on the board. Raises errors.FlashError."""
    from ardugate.flash.bundled import bundled
    from ardugate.flash.tools import compile_sketch, find_compiler

    if sketch is None:
        return bundled(kind)
    try:
        if sketch.suffix == ".hex":
            return parse_hex(sketch.read_text("ascii", "replace"))
        if not sketch.exists():
            raise CommandError(Exit.USAGE, f"{sketch}: there is no such file or folder", "give a sketch's folder")
        compiler = find_compiler(sketch, os.environ, sys.platform, Path.home())
        say(f"compiling {sketch} for the {kind.title} with {compiler.program} …")
        with tempfile.TemporaryDirectory(prefix="ardugate-flash-") as work:
            return parse_hex(compile_sketch(compiler, sketch, kind, Path(work)))
    except SketchDoesNotCompile as error:
        say(error.said.rstrip())
        raise
    except OSError as error:
        raise CommandError(Exit.OTHER, f"{sketch}: {error.strerror or error}", "give a sketch's folder") from None


def _keep(way: _Way, kind: FlashBoard, file: Path) -> None:
    """Save what is there."""
    there = _run(way, kind, lambda: read(kind))
    if not there:
        say(f"{way.path}: no sketch is there, nothing to keep")
        return
    try:
        with file.open("x", encoding="ascii") as out:
            out.write(serialize_hex(there))
    except OSError as error:
        raise CommandError(Exit.OTHER, f"{file}: {error.strerror or error}", "name another file with --keep") from None
    say(f"{file}: the sketch that was there; `ardugate flash {way.path} {file}` puts it back")


def _settled(way: _Way, kind: FlashBoard, image: bytes) -> bool:
    """Whether this program is there already; asks before another one is replaced. Raises CommandError."""
    match _run(way, kind, lambda: look(kind, image)):
        case Content.THIS:
            return True
        case Content.NOTHING:
            return False
        case Content.OTHER:
            question = f"{way.path}: another sketch is on the {kind.title}"
            if sys.stdin.isatty() and sys.stderr.isatty():
                if typer.confirm(f"{question}. Replace it?", err=True):
                    return False
                raise CommandError(Exit.REFUSED, "nothing was changed", "--keep FILE saves it first, as a .hex file")
            remedy = "give --yes to replace it, and --keep FILE to be able to put it back"
            raise CommandError(Exit.REFUSED, question, remedy)


def _run(way: _Way, kind: FlashBoard, job: Callable[[], Script[R]]) -> R:
    """Run a job on the port, and show how far it is. Raises errors.Port* and errors.FlashError."""
    import asyncio

    from ardugate.runtime.ports.flashing import run_job

    with _bar(kind) as show:
        return asyncio.run(_beside(run_job(way.path, kind, job, show), way.connection))


async def _beside(job: Coroutine[Any, Any, R], connection: Connection | None) -> R:
    """The job; meanwhile the gateway is listened to."""
    import asyncio

    task = asyncio.create_task(job)
    while not task.done():
        await asyncio.wait({task}, timeout=_HEAR_S)
        if connection is not None:
            connection.next_notification(0.0)
    return task.result()


@contextmanager
def _bar(kind: FlashBoard) -> Generator[Callable[[Progress], None]]:
    """A bar on a terminal; elsewhere a line when a step begins."""
    if not sys.stderr.isatty():
        begun = set[object]()

        def tell(progress: Progress) -> None:
            if progress.step not in begun:
                begun.add(progress.step)
                say(f"{progress.step.value} {progress.total_bytes} bytes …")

        yield tell
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    with Bars(console=Console(stderr=True), transient=True) as bars:
        shown = dict[object, TaskID]()

        def draw(progress: Progress) -> None:
            if progress.step not in shown:
                shown[progress.step] = bars.add_task(f"{progress.step.value} the {kind.title}")
            bars.update(shown[progress.step], completed=progress.done_bytes, total=progress.total_bytes)

        yield draw
