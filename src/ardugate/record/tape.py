"""From what happens to the blocks of captures: made once, whatever number of files take them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from ardugate.model import Batch, Board, Stream
from ardugate.record.blocks import Kind, block
from ardugate.record.notes import (
    FORMAT,
    VERSION,
    BoardSeen,
    ClockSaid,
    Head,
    Note,
    StreamBegan,
    StreamOver,
    serialize,
)
from ardugate.record.packing import payload_of

# A samples block: the order that records count from, first and last ``t0_ns``, scans in all.
SAMPLES_HEAD: Final = struct.Struct("<QqqI")
# A record in it: the stream's number, bytes of payload, order beyond the block's, ``t0_ns``, ``seq``.
RECORD: Final = struct.Struct("<HHIqQ")
# A block is closed at this size: 0.6 s of the fastest stream. What a damaged byte costs is one block.
BLOCK_BYTES: Final = 65_536
_MAX_STREAMS: Final = 65_536
_MAX_PAYLOAD: Final = 65_535


@dataclass(slots=True)
class _Running:
    number: int
    stream: Stream
    next_seq: int | None = 0


class Tape:
    """Hears what happens and gives blocks. Pure. ``life`` is the gateway's, ``gateway`` its version."""

    def __init__(self, life: str, gateway: str) -> None:
        self._life = life
        self._gateway = gateway
        self._done: list[bytes] = []
        self._parts: list[bytes] = []
        self._size = 0
        self._scans = 0
        self._base = 0
        self._first_ns = 0
        self._last_ns = 0
        self._streams: dict[str, _Running] = {}
        self._boards: dict[str, BoardSeen] = {}
        self._numbers = 0
        self.order = 0
        """The newest place that was heard of."""

    def board(self, board: Board, at_ns: int) -> None:
        """Anything of a board. How its link does is not kept: it changes all the time."""
        seen = BoardSeen(replace(board, link=None), at_ns)
        before = self._boards.get(board.id)
        if before is not None and before.board == seen.board:
            return
        self._boards[board.id] = seen
        self.note(seen)

    def board_gone(self, board_id: str) -> None:
        """A place's entry has ended."""
        self._boards.pop(board_id, None)

    def stream_started(self, stream: Stream) -> None:
        """A stream begins."""
        taken = {running.number for running in self._streams.values()}
        if len(taken) >= _MAX_STREAMS:
            raise ValueError(f"more than {_MAX_STREAMS} streams run at once")
        while self._numbers in taken:
            self._numbers = (self._numbers + 1) % _MAX_STREAMS
        self._streams[stream.id] = _Running(self._numbers, stream)
        self.note(StreamBegan(self._numbers, stream))
        self._numbers = (self._numbers + 1) % _MAX_STREAMS

    def stream_ended(self, order: int, stream_id: str, cause: str, at_ns: int) -> None:
        """A stream is over."""
        if self._streams.pop(stream_id, None) is not None:
            self.order = order
            self.note(StreamOver(order, stream_id, cause, at_ns))

    def stream_clock(self, stream_id: str, clock_error_s: float) -> None:
        """How wrong its times may be from now on."""
        running = self._streams.get(stream_id)
        if running is not None:
            running.stream = replace(running.stream, clock_error_s=clock_error_s)
            self.note(ClockSaid(stream_id, clock_error_s))

    def note(self, note: Note) -> None:
        """Anything else; it stands where it happened among the scans."""
        self._close_samples()
        self._done.append(block(Kind.NOTE, serialize(note)))

    def samples(self, order: int, batch: Batch, packed: bytes) -> None:
        """Scans, at their place. The path of every frame."""
        running = self._streams[batch.stream]
        payload = packed
        if batch.times_ns is not None or not running.stream.packing:
            payload = payload_of(running.stream, batch, packed)
        if len(payload) > _MAX_PAYLOAD:
            raise ValueError(f"a batch of {len(payload)} bytes is longer than {_MAX_PAYLOAD}")
        t0_ns, count = batch.t0_ns, batch.count
        running.next_seq = batch.seq + count
        if not self._parts:
            self._base, self._first_ns, self._last_ns, self._scans, self._size = order, t0_ns, t0_ns, 0, 0
        elif t0_ns > self._last_ns:
            self._last_ns = t0_ns
        elif t0_ns < self._first_ns:
            self._first_ns = t0_ns
        self.order = order
        self._scans += count
        self._size += len(payload)
        self._parts += (RECORD.pack(running.number, len(payload), order - self._base, t0_ns, batch.seq), payload)
        if self._size >= BLOCK_BYTES:
            self._close_samples()

    def passed_over(self, stream_id: str) -> None:
        """Scans of this stream were not told: nobody was to have them."""
        self._streams[stream_id].next_seq = None

    def take(self) -> bytes:
        """All blocks since the last time."""
        self._close_samples()
        made = b"".join(self._done)
        self._done.clear()
        return made

    def preamble(self, at_ns: int) -> bytes:
        """What a file begins with: who writes, the boards, and the streams that run. To be asked for after ``take``."""
        head = Head(FORMAT, VERSION, self._gateway, self._life, self.order, at_ns)
        streams = (StreamBegan(each.number, each.stream, each.next_seq) for each in self._streams.values())
        return as_blocks((head, *self._boards.values(), *streams))

    def _close_samples(self) -> None:
        if self._parts:
            head = SAMPLES_HEAD.pack(self._base, self._first_ns, self._last_ns, self._scans)
            self._done.append(block(Kind.SAMPLES, head + b"".join(self._parts)))
            self._parts.clear()


def as_blocks(notes: Iterable[Note]) -> bytes:
    """Notes as blocks."""
    return b"".join(block(Kind.NOTE, serialize(note)) for note in notes)
