"""Where captures go: one file that somebody asked for, a file a day, or the ring. Everything here may block."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from ardugate.errors import Reason, RequestError

SUFFIX: Final = ".ardcap"
# What a recording may be called (security limit): no separators, nothing hidden, nothing that goes up.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# The ring is so many files: the oldest goes as a whole, so that seven eighths of its size are always there.
SEGMENTS: Final = 8
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}" + re.escape(SUFFIX))
_DAY_S: Final = 86_400


def is_of_a_day(path: Path) -> bool:
    """Whether this is a name of a day's file, which is let go one day."""
    return _DAY.fullmatch(path.name) is not None


class Shelf(Protocol):
    """Says which file takes what is written now, and which are let go."""

    def path(self, now_ns: int, size_bytes: int) -> Path:
        """The file for what comes now; ``size_bytes`` is what went to the one before."""
        ...

    def too_many(self, now_ns: int) -> list[Path]:
        """What is to be removed, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class OneFile:
    """A recording that somebody asked for."""

    file: Path

    def path(self, now_ns: int, size_bytes: int) -> Path:
        """Always the same."""
        del now_ns, size_bytes
        return self.file

    def too_many(self, now_ns: int) -> list[Path]:
        """Never any: it is somebody's."""
        del now_ns
        return []


class DailyFiles:
    """A file for each day (of this computer's time zone), at most ``keep_days`` of them and ``keep_bytes`` in all."""

    def __init__(self, folder: Path, keep_days: int, keep_bytes: int) -> None:
        self._folder = folder
        self._keep_days = keep_days
        self._keep_bytes = keep_bytes

    def path(self, now_ns: int, size_bytes: int) -> Path:
        """Today's."""
        del size_bytes
        return self._folder / f"{datetime.fromtimestamp(now_ns / 1e9).astimezone():%Y-%m-%d}{SUFFIX}"

    def too_many(self, now_ns: int) -> list[Path]:
        """Days that are too old, then the oldest while all take too much room. Never today's."""
        files = [path for path in sorted(self._folder.glob(f"*{SUFFIX}")) if is_of_a_day(path)]
        today = self.path(now_ns, 0).name
        first = datetime.fromtimestamp(now_ns / 1e9 - (self._keep_days - 1) * _DAY_S).astimezone()
        old = [path for path in files if path.name < f"{first:%Y-%m-%d}{SUFFIX}"]
        kept = [path for path in files if path not in old and path.name != today]
        total = sum(path.stat().st_size for path in files if path not in old)
        while kept and total > self._keep_bytes:
            total -= kept[0].stat().st_size
            old.append(kept.pop(0))
        return old


class RingFiles:
    """The newest ``keep_bytes``, in numbered files."""

    def __init__(self, folder: Path, keep_bytes: int) -> None:
        self._folder = folder
        self._segment_bytes = max(1, keep_bytes // SEGMENTS)
        numbers = [int(path.stem) for path in self.files()]
        # Never one that another gateway has written: a file is one gateway's.
        self._number = max(numbers, default=0) + 1

    def files(self) -> list[Path]:
        """What is there, oldest first."""
        return sorted(path for path in self._folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())

    def path(self, now_ns: int, size_bytes: int) -> Path:
        """The next file when this one is full."""
        del now_ns
        if size_bytes >= self._segment_bytes:
            self._number += 1
        return self._folder / f"{self._number:010d}{SUFFIX}"

    def too_many(self, now_ns: int) -> list[Path]:
        """The oldest, while all take too much room."""
        del now_ns
        files = self.files()
        total = sum(path.stat().st_size for path in files)
        gone: list[Path] = []
        while len(files) > 1 and total > (SEGMENTS - 1) * self._segment_bytes:
            total -= files[0].stat().st_size
            gone.append(files.pop(0))
        return gone


class Recordings:
    """The folder of recordings. Names come from the network: none leads out of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """The file of a recording, whether it exists or not. Raises RequestError ``out_of_range``."""
        name = name.removesuffix(SUFFIX)
        if not _NAME.fullmatch(name):
            raise RequestError(
                Reason.OUT_OF_RANGE,
                "this is no name of a recording",
                "letters, digits, dot, dash and underscore, at most 64, the first a letter or a digit",
            )
        return self.folder / f"{name}{SUFFIX}"

    def free_name(self, now_ns: int, taken: Collection[str]) -> str:
        """A name after the time."""
        base = f"{datetime.fromtimestamp(now_ns / 1e9).astimezone():%Y-%m-%dT%H-%M-%S}"
        name, number = base, 1
        while f"{name}{SUFFIX}" in taken or self.path(name).exists():
            number += 1
            name = f"{base}-{number}"
        return name

    def files(self) -> list[Path]:
        """Every recording; what is a link or no file is none."""
        return sorted(
            path
            for path in self.folder.glob(f"*{SUFFIX}")
            if path.is_file() and not path.is_symlink() and _NAME.fullmatch(path.name.removesuffix(SUFFIX))
        )
