"""Streams and batches as boards send them, for the tests of captures."""

from __future__ import annotations

from array import array
from dataclasses import replace

from ardugate.model import Batch, Stream
from ardugate.record.tape import Tape
from ardugate.wire.modes import RawForm
from ardugate.wire.records import pack_records
from ardugate.wire.samples import Format, pack_scans
from tests.unit.hub.build import T0, analog, board, irregular, regular

__all__ = ["MS", "T0", "analog", "board", "edges", "led", "numbers", "pot", "scans", "tape"]

MS = 1_000_000


def pot(stream_id: str = "b1", hz: float = 100) -> Stream:
    """Two analog channels, ten bits each."""
    return replace(regular(stream_id, hz=hz), packing="u10")


def led(stream_id: str = "e1") -> Stream:
    """The edges of a digital pin."""
    return replace(irregular(stream_id), packing="records")


def numbers(seq: int, count: int) -> list[array[int]]:
    """Two columns that tell which scan they are of."""
    return [array("H", ((seq + k) * step % 1_024 for k in range(count))) for step in (1, 7)]


def scans(stream: Stream, seq: int, count: int = 10, lost: int = 0) -> tuple[Batch, bytes]:
    """A batch of ``pot``, and the bytes that it came as."""
    assert stream.dt_s is not None
    columns = numbers(seq, count)
    t0_ns = T0 + round(seq * stream.dt_s * 1e9) + 137
    return Batch(stream.id, seq, t0_ns, columns, None, lost), pack_scans(Format.U10, columns)


def edges(stream: Stream, seq: int, values: list[int]) -> tuple[Batch, bytes]:
    """A batch of ``led``, and the bytes that it came as."""
    times_ns = array("q", (T0 + (seq + k) * 31 * MS + 5 for k in range(len(values))))
    packed = pack_records(RawForm.BOOL, range(len(values)), values)
    return Batch(stream.id, seq, times_ns[0], [array("B", values)], times_ns), packed


def tape() -> Tape:
    """A tape that knows a board and its two streams."""
    made = Tape("7f3a", "0.1.0")
    made.board(board(), T0)
    made.stream_started(pot())
    made.stream_started(led())
    return made
