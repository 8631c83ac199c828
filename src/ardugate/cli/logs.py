"""Logging, set up here and nowhere else."""

from __future__ import annotations

import logging
import sys

from ardugate.cli.output import dim


class _Format(logging.Formatter):
    """A time and a sentence; the level only where it is no news."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback of a mistake of ours."""
        record.message = record.getMessage()
        word = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        text = f"{dim(self.formatTime(record, '%H:%M:%S'), sys.stderr)} {word}{record.message}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def set_up(*, verbose: bool) -> None:
    """Warnings on stderr; everything of ours with ``verbose``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Format())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("ardugate").setLevel(logging.DEBUG if verbose else logging.WARNING)


def tell_edges() -> None:
    """A gateway tells of the edges of a life: a board came, a port went."""
    ours = logging.getLogger("ardugate")
    ours.setLevel(min(ours.level, logging.INFO))
