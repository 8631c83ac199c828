"""``sim``: a simulated board on a pseudo-terminal, for whoever opens serial ports."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json, say
from ardugate.cli.problems import CommandError, Exit

if TYPE_CHECKING:
    from ardugate.sim import SimBoard

_READ_BYTES: Final = 4_096
# A board without anything to do is looked at this often, so that SIGTERM ends it soon.
_IDLE_S: Final = 0.5
_SHORTEST_WAIT_S: Final = 0.0005


def sim(
    url: Annotated[str, typer.Argument(metavar="[URL]", help="sim://?name=…&seed=…&corrupt=1e-3&…")] = "sim://",
    pty: Annotated[str | None, typer.Option("--pty", metavar="PATH", help="Make a link to the port there.")] = None,
    for_s: opt.For = None,
    json: opt.Json = False,
) -> None:
    """A simulated board behind a serial port, with faults on demand, until Ctrl-C.

    Parameters of the URL: name, sketch (demo, greenhouse, plain or declaring), seed, identity, baud, max_baud,
    drift_ppm, boot_ms, reset_every_s, silent_every_s, silent_for_s, hang_every_s, hang_for_s, other (the text of
    another sketch); chances per byte: corrupt, lose, repeat; per frame: duplicate; bursts of noise a second: chatter;
    line rates above which it is deaf or noisy: deaf_above, noisy_above.
    """
    from ardugate.sim import SimBoard, parse_sim_url

    try:
        board = SimBoard(parse_sim_url(url))
    except ValueError as error:
        raise CommandError(Exit.USAGE, str(error), "look at `ardugate sim --help`") from None
    if not hasattr(os, "openpty"):
        remedy = "use `ardugate serve --port sim://` in its place"
        raise CommandError(Exit.OTHER, "this system has no pseudo-terminals", remedy)
    with _terminal(pty) as (master, path):
        shown = pty or path
        if json:
            put_json({"event": "ready", "port": shown, "seed": board.options.seed})
        else:
            say(f"a simulated board (seed {board.options.seed}) is at {shown}; Ctrl-C ends it")
            put(shown)
        _live(board, master, for_s)


@contextmanager
def _terminal(link: str | None) -> Generator[tuple[int, str]]:
    """A raw pseudo-terminal: its master and the path of its other end, with a symbolic link to it."""
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    path = os.ttyname(slave)
    made: Path | None = None
    try:
        if link is not None:
            made = _link(Path(link), path)
        # The slave stays open here, so that the master never reads an error while nobody has the port open.
        yield master, path
    finally:
        if made is not None and made.is_symlink():
            made.unlink()
        os.close(master)
        os.close(slave)


def _link(link: Path, path: str) -> Path:
    try:
        if link.is_symlink():
            link.unlink()
        link.symlink_to(path)
    except OSError as error:
        remedy = "name a path that is free, as --pty /tmp/board"
        raise CommandError(Exit.OTHER, f"{link}: {error.strerror}", remedy) from None
    return link


def _live(board: SimBoard, master: int, for_s: float | None) -> None:
    ended = False

    def end(_signal: int, _frame: object) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)
    offset_ns = time.time_ns() - time.monotonic_ns()
    end_ns = None if for_s is None else time.monotonic_ns() + int(for_s * 1e9)
    while not ended and (end_ns is None or time.monotonic_ns() < end_ns):
        now_ns = time.monotonic_ns() + offset_ns
        board.tick(now_ns)
        _write(master, board.data_to_send(now_ns))
        deadline_ns = board.next_deadline()
        wait_s = _IDLE_S if deadline_ns is None else min(_IDLE_S, max(_SHORTEST_WAIT_S, (deadline_ns - now_ns) / 1e9))
        if end_ns is not None:
            wait_s = min(wait_s, max(0.0, (end_ns - time.monotonic_ns()) / 1e9))
        readable, _, _ = select.select([master], [], [], wait_s)
        if readable:
            data = os.read(master, _READ_BYTES)
            board.receive_data(time.monotonic_ns() + offset_ns, data)


def _write(master: int, data: bytes) -> None:
    """As much as the port takes; the rest is lost, as on a line that nobody listens to."""
    while data:
        try:
            data = data[os.write(master, data) :]
        except BlockingIOError:
            return
