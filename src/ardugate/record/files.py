"""Captures on a disk. Everything here may block: call it from a thread where that matters."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from ardugate.record.blocks import HEAD, SYNC, Block, Damaged, Kind, block, head_of, is_whole
from ardugate.record.tape import SAMPLES_HEAD

# An entry of the index: where a block begins, its first and last ``t0_ns`` (0 for a note), its scans, its kind.
_ENTRY: Final = struct.Struct("<QqqII")
_END: Final = struct.Struct("<Q")
_END_BYTES: Final = HEAD.size + _END.size
_PRIVATE: Final = 0o600
# After damage a file is searched in pieces of this size.
_SEARCH_BYTES: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Entry:
    """A block of a file: what a reader has to know to leave it out. Times are of its first and its last batch."""

    offset: int
    kind: int
    first_ns: int
    last_ns: int
    scans: int


class CaptureWriter:
    """One capture that grows. Not for use by two threads at once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size_bytes = os.fstat(descriptor).st_size

    @classmethod
    def create(cls, path: Path) -> CaptureWriter:
        """A new file, for its owner alone. Raises FileExistsError and OSError. A link is never followed."""
        return cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY, _PRIVATE))

    @classmethod
    def go_on(cls, path: Path) -> CaptureWriter:
        """A file that is there (or not yet), to be added to: what its writer left half written is cut off."""
        writer = cls(os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW | _BINARY, _PRIVATE))
        writer.cut(whole_bytes(path))
        return writer

    def append(self, data: bytes) -> None:
        """Add blocks: all of them, or none (then OSError)."""
        before = self.size_bytes
        try:
            os.lseek(self._descriptor, before, os.SEEK_SET)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            self.cut(before)
            raise
        self.size_bytes = before + len(data)

    def cut(self, size_bytes: int) -> None:
        """Leave this much of it."""
        if size_bytes < os.fstat(self._descriptor).st_size:
            os.ftruncate(self._descriptor, size_bytes)
        self.size_bytes = size_bytes

    def sync(self) -> None:
        """See to it that a power cut takes nothing of what is there."""
        _sync(self._descriptor)

    def close(self, path: Path | None = None) -> None:
        """Close it; with its ``path`` an index is added first (where the disk has room for it)."""
        try:
            if path is not None:
                self.append(_index(entries(path), self.size_bytes))
                self.sync()
        finally:
            os.close(self._descriptor)


_NOFOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)
_BINARY: Final[int] = getattr(os, "O_BINARY", 0)
# macOS has no fdatasync.
_sync = getattr(os, "fdatasync", os.fsync)


def open_capture(path: Path) -> BinaryIO:
    """A capture for reading; a link is not followed. Raises OSError."""
    return os.fdopen(os.open(path, os.O_RDONLY | _NOFOLLOW | _BINARY), "rb")


def entries(path: Path) -> list[Entry]:
    """The blocks of a file, from its index where it has one, else by looking at each head. What is damaged has none."""
    with open_capture(path) as file:
        found = _read_index(file)
        if found is not None:
            return found
        file.seek(0)
        return [_entry(each) for each in _blocks(file) if isinstance(each, Block) and each.kind not in _OF_INDEX]


def blocks(path: Path, from_ns: int | None = None, to_ns: int | None = None) -> Iterator[Block | Damaged]:
    """The blocks of a file in order. With a time, samples blocks may be left out that have nothing of it (give
    ``from_ns`` some seconds early: a batch may be longer than it looks)."""
    with open_capture(path) as file:
        if from_ns is None and to_ns is None:
            yield from _blocks(file)
            return
        for entry in _read_index(file) or _scanned(file):
            if entry.kind == Kind.SAMPLES and not (
                (from_ns is None or entry.last_ns >= from_ns) and (to_ns is None or entry.first_ns <= to_ns)
            ):
                continue
            file.seek(entry.offset)
            yield from _one(file)


def blocks_at(path: Path, found: Iterable[Entry]) -> Iterator[Block | Damaged]:
    """These blocks of a file. Raises OSError."""
    with open_capture(path) as file:
        for entry in found:
            file.seek(entry.offset)
            yield from _one(file)


def span(path: Path) -> tuple[int, int] | None:
    """First and last time of a file's batches, without reading them; None where it has none."""
    with open_capture(path) as file:
        found = [each for each in _read_index(file) or _scanned(file) if each.kind == Kind.SAMPLES]
    return (min(each.first_ns for each in found), max(each.last_ns for each in found)) if found else None


def whole_bytes(path: Path) -> int:
    """How much of a file is there to go on from: without a torn tail, an index and an end."""
    with open_capture(path) as file:
        if (start := _index_offset(file)) is not None:
            return start
        file.seek(0)
        end = 0
        for each in _blocks(file):
            if isinstance(each, Block) and each.kind not in _OF_INDEX:
                end = each.offset + HEAD.size + len(each.body)
        return end


_OF_INDEX: Final = (Kind.INDEX, Kind.END)


def _blocks(file: BinaryIO) -> Iterator[Block | Damaged]:
    """From where the file stands on. Damage costs the blocks that it touches."""
    bad: int | None = None
    while True:
        offset = file.tell()
        (found,) = _one(file)
        if isinstance(found, Block):
            if bad is not None:
                yield Damaged(bad, offset - bad, tail=False)
                bad = None
            yield found
            continue
        bad = offset if bad is None else bad
        following = _next_sync(file, offset + 1)
        if following is None:
            end = file.seek(0, os.SEEK_END)
            if end > bad:
                yield Damaged(bad, end - bad, tail=True)
            return
        file.seek(following)


def _next_sync(file: BinaryIO, at: int) -> int | None:
    """Where the next block may begin; None for nowhere. The file is looked at in pieces that overlap."""
    while True:
        file.seek(at)
        piece = file.read(_SEARCH_BYTES)
        found = piece.find(SYNC)
        if found >= 0:
            return at + found
        if len(piece) < _SEARCH_BYTES:
            return None
        at += _SEARCH_BYTES - len(SYNC) + 1


def _one(file: BinaryIO) -> Iterator[Block | Damaged]:
    offset = file.tell()
    head = file.read(HEAD.size)
    announced = head_of(head)
    body = b"" if announced is None else file.read(announced[1])
    if announced is not None and len(body) == announced[1] and is_whole(head, body):
        yield Block(offset, announced[0], body)
    else:
        yield Damaged(offset, len(head) + len(body), tail=False)


def _scanned(file: BinaryIO) -> list[Entry]:
    """The blocks by their heads alone: bodies are checked when they are read."""
    found: list[Entry] = []
    file.seek(0)
    end = os.fstat(file.fileno()).st_size
    while (announced := head_of(file.read(HEAD.size))) is not None:
        kind, size = announced
        offset = file.tell() - HEAD.size
        if offset + HEAD.size + size > end:
            break
        start = file.read(min(size, SAMPLES_HEAD.size))
        found.append(_entry(Block(offset, kind, start)))
        file.seek(offset + HEAD.size + size)
    return [each for each in found if each.kind not in _OF_INDEX]


def _entry(found: Block) -> Entry:
    if found.kind == Kind.SAMPLES and len(found.body) >= SAMPLES_HEAD.size:
        _, first_ns, last_ns, scans = SAMPLES_HEAD.unpack_from(found.body)
        return Entry(found.offset, found.kind, first_ns, last_ns, scans)
    return Entry(found.offset, found.kind, 0, 0, 0)


def _index(found: list[Entry], offset: int) -> bytes:
    body = b"".join(_ENTRY.pack(each.offset, each.first_ns, each.last_ns, each.scans, each.kind) for each in found)
    return block(Kind.INDEX, body) + block(Kind.END, _END.pack(offset))


def _index_offset(file: BinaryIO) -> int | None:
    """Where the index begins; None for a file that has none."""
    if file.seek(0, os.SEEK_END) < _END_BYTES:
        return None
    file.seek(-_END_BYTES, os.SEEK_END)
    for each in _one(file):
        if isinstance(each, Block) and each.kind == Kind.END and len(each.body) == _END.size:
            return int(_END.unpack(each.body)[0])
    return None


def _read_index(file: BinaryIO) -> list[Entry] | None:
    start = _index_offset(file)
    if start is None:
        return None
    file.seek(start)
    for each in _one(file):
        if isinstance(each, Block) and each.kind == Kind.INDEX and len(each.body) % _ENTRY.size == 0:
            return [
                Entry(at, kind, first, last, scans) for at, first, last, scans, kind in _ENTRY.iter_unpack(each.body)
            ]
    return None
