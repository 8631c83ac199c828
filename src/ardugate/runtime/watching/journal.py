"""The journal on disk: what happened, in plain words, a line of JSON each, in two files of the state folder."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
from collections import deque
from collections.abc import Callable, Collection
from itertools import islice
from pathlib import Path
from typing import cast

from ardugate.runtime.state import StateFolder
from ardugate.session.shapes import Json

logger = logging.getLogger(__name__)

# When the newer file is so long it takes the older one's place: between 1 and 2 MiB are kept, some ten thousand lines,
# which are weeks of a quiet gateway and a day of a bad cable.
FILE_BYTES = 1_048_576
# Lines that are kept in memory, 1 MB at most: more than is asked for at once. Older ones are read from the files.
KEPT = 2_048
# Lines of one kind in a minute; the others are counted, and said in one. Who floods a gateway floods no disk, and
# washes nothing out of the journal.
PER_MINUTE = 30
# Sources that are counted at a time: a security limit, of 100 bytes each.
_BUCKETS = 1_024
_MINUTE_NS = 60 * 10**9
_PRIVATE = 0o600


class Journal:
    """Notes, and remembers. ``folder`` None: in memory alone. ``now_ns`` is gateway time."""

    def __init__(self, folder: Path | None, now_ns: Callable[[], int]) -> None:
        self._folder = folder
        self._now_ns = now_ns
        self._entries = deque[Json](read_journal(folder)[-KEPT:] if folder is not None else (), KEPT)
        # By kind and where from: when its minute began, how many came.
        self._minutes: dict[tuple[str, str], tuple[int, int]] = {}
        self._failed = False

    def note(self, kind: str, text: str, board: str | None = None, bucket: str = "") -> None:
        """One line. ``kind`` is one of the closed list in docs/reference/gateway.md, 3.20; lines of one kind and
        ``bucket`` (who or what they come from) are counted together."""
        now_ns = self._now_ns()
        key = (kind, bucket)
        if len(self._minutes) >= _BUCKETS and key not in self._minutes:
            self._forget(now_ns)
        began_ns, count = self._minutes.get(key, (now_ns, 0))
        if not 0 <= now_ns - began_ns < _MINUTE_NS:
            self._sum_up(kind, count)
            began_ns, count = now_ns, 0
        self._minutes[key] = (began_ns, count + 1)
        if count < PER_MINUTE:
            self._write(kind, text, board)

    async def entries(
        self,
        since_s: float = 0.0,
        until_s: float = math.inf,
        last: int = KEPT,
        board: str | None = None,
        *,
        only: Collection[str] | None = None,
    ) -> list[Json]:
        """The newest lines of a stretch of time (both ends included), oldest first; of a board: those that are about it
        or about no single one; with ``only``: those about these boards, for who may know of no others."""

        def is_asked(entry: Json) -> bool:
            return (
                since_s <= cast("float", entry["t_s"]) <= until_s
                and (board is None or entry["board"] in (board, None))
                and (only is None or entry["board"] in only)
            )

        found = list(islice(filter(is_asked, reversed(self._entries)), last))
        if self._folder is not None and len(found) < last and len(self._entries) == KEPT:
            oldest = self._entries[0]
            if since_s <= cast("float", oldest["t_s"]):
                found += await asyncio.to_thread(_earlier, self._folder, oldest, is_asked, last - len(found))
        return found[::-1]

    def close(self) -> None:
        """What was only counted is said."""
        for (kind, _), (_, count) in self._minutes.items():
            self._sum_up(kind, count)
        self._minutes.clear()

    def _forget(self, now_ns: int) -> None:
        """Minutes that are over need not be remembered; were there still too many, all are over."""
        over = [key for key, (began_ns, _) in self._minutes.items() if not 0 <= now_ns - began_ns < _MINUTE_NS]
        for key in over or list(self._minutes):
            self._sum_up(key[0], self._minutes.pop(key)[1])

    def _sum_up(self, kind: str, count: int) -> None:
        if count > PER_MINUTE:
            self._write(kind, f"and {count - PER_MINUTE} more like these within a minute", None)

    def _write(self, kind: str, text: str, board: str | None) -> None:
        entry: Json = {"t_s": self._now_ns() / 1e9, "kind": kind, "board": board, "text": text}
        self._entries.append(entry)
        if self._folder is None:
            return
        try:
            _append(self._folder, json.dumps(entry, ensure_ascii=False) + "\n")
            self._failed = False
        except OSError as error:
            if not self._failed:
                logger.warning("the journal cannot be written, it goes on in memory: %s", error.strerror or error)
            self._failed = True


def read_journal(folder: Path | None = None) -> list[Json]:
    """Every line that is on disk, oldest first (``folder`` None: of this user's state folder). What cannot be read is
    left out."""
    entries = list[Json]()
    folder = folder or StateFolder().path
    for path in _files(folder):
        try:
            lines = path.read_text("utf-8", errors="replace").splitlines()
        except OSError:  # it is not there (yet), or not ours
            continue
        entries += [entry for line in lines if (entry := _entry(line)) is not None]
    return entries


def _earlier(folder: Path, than: Json, is_asked: Callable[[Json], bool], most: int) -> list[Json]:
    """The newest lines on disk that were noted before ``than``, newest first."""
    newest_first = read_journal(folder)[::-1]
    if than in newest_first:
        before = newest_first[newest_first.index(than) + 1 :]
    else:  # it could not be written (a full disk)
        before = [entry for entry in newest_first if cast("float", entry["t_s"]) < cast("float", than["t_s"])]
    return list(islice(filter(is_asked, before), most))


def _entry(line: str) -> Json | None:
    try:
        told = json.loads(line)
        board = told["board"]
        return {
            "t_s": float(told["t_s"]),
            "kind": str(told["kind"]),
            "board": None if board is None else str(board),
            "text": str(told["text"]),
        }
    except (ValueError, KeyError, TypeError):  # the machine lost its power while it was written
        return None


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "journal.old.jsonl", folder / "journal.jsonl"


def _append(folder: Path, line: str) -> None:
    # Opened for each line, which are few: several gateways may share the folder.
    old, new = _files(folder)
    with open(os.open(new, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE), "a", encoding="utf-8") as file:  # noqa: PTH123 (a descriptor)
        size = os.fstat(file.fileno()).st_size
        if size and not _ends_whole(new):
            line = "\n" + line
        file.write(line)
    if size + len(line) > FILE_BYTES:
        new.replace(old)


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
