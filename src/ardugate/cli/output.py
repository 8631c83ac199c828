"""Printing: stdout is data, stderr is talk."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO


class ReaderLeft(Exception):
    """Whoever read our output has seen enough: ``ardugate tail | head``."""


def say(text: str) -> None:
    """Talk to the user."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def put(line: str) -> None:
    """One line of data, at once: a reader at the other end of a pipe is waiting for it. Raises ReaderLeft."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderLeft from None


def put_json(value: Any) -> None:
    """One object on one line."""
    put(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


class Progress:
    """How far a long command is, in one line of a terminal that is written over; nothing without one."""

    def __init__(self) -> None:
        self.wanted = sys.stderr.isatty()
        self._width = 0

    def __call__(self, text: str) -> None:
        """Say it in place of what was said before."""
        if self.wanted:
            sys.stderr.write(f"\r{text.ljust(self._width)}")
            sys.stderr.flush()
            self._width = len(text)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._width:
            self("")
            sys.stderr.write("\r")
            self._width = 0


@contextmanager
def progress() -> Generator[Progress]:
    """Say how far it is, for the length of a ``with`` block."""
    made = Progress()
    try:
        yield made
    finally:
        made.close()


def put_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns for eyes; nothing for no rows."""
    if not rows:
        return
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for number, row in enumerate([head, *rows]):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        put(dim(line) if number == 0 else line)


def dim(text: str, stream: TextIO | None = None) -> str:
    """Grey, where the terminal can and the user lets us."""
    return f"\x1b[2m{text}\x1b[0m" if colours(stream or sys.stdout) else text


def colours(stream: TextIO) -> bool:
    """Whether to colour: a terminal, and no NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
