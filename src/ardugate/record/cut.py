"""A piece of captures as a capture of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ardugate.record.blocks import Block, Damaged, Kind, block
from ardugate.record.files import CaptureWriter, blocks
from ardugate.record.notes import BoardSeen, ClockSaid, Head, Note, StreamBegan, StreamOver, parse
from ardugate.record.tape import SAMPLES_HEAD, as_blocks

# A batch begins up to so long before its last scan, and is published up to so long after it.
MARGIN_NS = 2 * 10**9


@dataclass(slots=True)
class Preamble:
    """What a file that begins here has to know: the notes that still count."""

    head: Head | None = None
    boards: dict[str, BoardSeen] = field(default_factory=dict[str, BoardSeen])
    streams: dict[int, StreamBegan] = field(default_factory=dict[int, StreamBegan])

    def learn(self, note: Note) -> None:
        """Take a note in."""
        match note:
            case Head():
                self.head = note
                self.streams.clear()
            case BoardSeen(board):
                self.boards[board.id] = note
            case StreamBegan(number):
                self.streams[number] = note
            case StreamOver(stream=stream_id):
                self.streams = {key: each for key, each in self.streams.items() if each.stream.id != stream_id}
            case ClockSaid(stream_id, error_s):
                for number, each in self.streams.items():
                    if each.stream.id == stream_id:
                        self.streams[number] = replace(each, stream=replace(each.stream, clock_error_s=error_s))
            case _:
                return

    def notes(self) -> list[Note]:
        """In the order in which a file says them. How many scans were lost before the first is not known."""
        head: list[Note] = [] if self.head is None else [self.head]
        return [*head, *self.boards.values(), *(replace(each, next_seq=None) for each in self.streams.values())]


def cut(files: Callable[[], Iterable[Path]], target: Path, from_ns: int, to_ns: int) -> None:
    """Write what captures have of a time (to a block more) as the new capture ``target``. Raises OSError; then there is
    no ``target``. A file that vanishes meanwhile (the ring goes on) is left out."""
    writer = CaptureWriter.create(target)
    try:
        _copy(files(), writer, from_ns, to_ns)
    except OSError:
        writer.close()
        target.unlink(missing_ok=True)
        raise
    writer.close(target)


def _copy(files: Iterable[Path], writer: CaptureWriter, from_ns: int, to_ns: int) -> None:
    known, begun = Preamble(), False
    for path in files:
        try:
            for each in blocks(path):
                if isinstance(each, Damaged):
                    continue
                if not begun:
                    begun = _is_of(each, from_ns - MARGIN_NS)
                    if not begun:
                        _learn(known, each)
                        continue
                    writer.append(as_blocks(known.notes()))
                if each.kind == Kind.SAMPLES and SAMPLES_HEAD.unpack_from(each.body)[1] > to_ns:
                    return
                if each.kind in (Kind.NOTE, Kind.SAMPLES):
                    writer.append(block(Kind(each.kind), each.body))
        except FileNotFoundError:
            continue
    if not begun:
        writer.append(as_blocks(known.notes()))


def _is_of(found: Block, from_ns: int) -> bool:
    return found.kind == Kind.SAMPLES and bool(SAMPLES_HEAD.unpack_from(found.body)[2] >= from_ns)


def _learn(known: Preamble, found: Block) -> None:
    if found.kind == Kind.NOTE and (note := parse(found.body)) is not None:
        known.learn(note)
