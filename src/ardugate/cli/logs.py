"""Logging, set up here and nowhere else."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from ardugate.cli.output import dim
from ardugate.cli.values import escape

if TYPE_CHECKING:
    from ardugate.runtime.watching.sparing import Sparing

# Lines of one kind in a minute: a flood of connections, or a board that comes and goes, must not fill a disk.
_MOST, _WINDOW_S = 20, 60.0


class SentenceFormat(logging.Formatter):
    """A time and a sentence; the level only where it is no news."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback of a mistake of ours."""
        # Boards, programs and clients are named in it by what they say of themselves: no terminal obeys that.
        record.message = escape(record.getMessage())
        word = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        text = f"{dim(self.formatTime(record, '%H:%M:%S'), sys.stderr)} {word}{record.message}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class _JsonFormat(logging.Formatter):
    """A JSON object a line, for programs: time (UTC), level, where it comes from, what it says."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback of ours is in it."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"t": at, "level": record.levelname.lower(), "logger": record.name, "text": record.getMessage()}
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class _Handler(logging.StreamHandler[TextIO]):
    """To stderr; once ``sparing`` is there, many lines of one kind are summed up."""

    sparing: Sparing | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Say it, and before it how many were not said."""
        # The one of now: who runs several commands in a process may have given each a stderr of its own, closed since.
        self.stream = sys.stderr
        if self.sparing is None or record.levelno < logging.INFO:
            super().emit(record)
            return
        now_s = time.monotonic()
        for kind, count in self.sparing.summed(now_s):
            text = f"and {count} more lines like {kind!r}"
            super().emit(logging.LogRecord(record.name, logging.INFO, "", 0, text, (), None))
        if self.sparing.lets(_kind(record), now_s):
            super().emit(record)


def _kind(record: logging.LogRecord) -> str:
    """What lines are alike by. A loop's own words name objects by their addresses, from their second line on."""
    return str(record.msg).partition("\n")[0]


def set_up(*, verbose: bool) -> None:
    """Warnings on stderr; everything of ours with ``verbose``; as JSON Lines where ``ARDUGATE_LOG`` is ``json``."""
    handler = _Handler(sys.stderr)
    handler.setFormatter(_JsonFormat() if os.environ.get("ARDUGATE_LOG") == "json" else SentenceFormat())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("ardugate").setLevel(logging.DEBUG if verbose else logging.WARNING)


def tell_edges() -> None:
    """A gateway tells of the edges of a life: a board came, a port went. Not of each in a flood of them."""
    from ardugate.runtime.watching.sparing import Sparing

    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Handler):
            handler.sparing = Sparing(_MOST, _WINDOW_S)
    ours = logging.getLogger("ardugate")
    ours.setLevel(min(ours.level, logging.INFO))
