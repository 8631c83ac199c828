"""What a frame from a board costs: checking it, unpacking it, the whole link's path to a batch.

One SAMPLES frame holds 192 ten-bit values in 256 bytes, the longest there is; an IRREGULAR frame holds one edge.
CPU time of this process; frames come four a call, as a serial port at 1 MB/s hands them over each millisecond.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from ardugate.link import BoardLink
from ardugate.link.events import BatchReceived
from ardugate.wire import limits
from ardugate.wire.framing import Decoder
from ardugate.wire.samples import Format, unpack_scans
from benchmarks.board import Layout, ScriptedBoard
from benchmarks.measure import Result, Row, alternate, each_us

FRAMES_A_CALL = 4
CALLS = 500
VALUES = 192
_SAMPLES = Layout(channels=6, scans=VALUES // 6, hz=4_000.0)


def measure() -> Iterator[Result]:
    """Frames of samples, then frames of edges."""
    board = ScriptedBoard(_SAMPLES)
    yield from _frames("samples", board.samples, _unpacking())
    yield from _frames("edge", board.edge, {})


def _unpacking() -> dict[str, Callable[[], float]]:
    packed = bytes(k * 37 % 256 for k in range(_SAMPLES.packed_bytes))
    return {
        f"unpack {VALUES} ten-bit values into {count}": each_us(
            lambda count=count: unpack_scans(Format.U10, packed, count),  # type: ignore[misc]
            CALLS * FRAMES_A_CALL,
        )
        for count in (1, 6)
    }


def _frames(name: str, frame: Callable[[int], bytes], more: dict[str, Callable[[], float]]) -> Iterator[Result]:
    size = len(frame(1))
    data = frame(2) * FRAMES_A_CALL
    decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
    path = _LinkPath(edges=name == "edge")
    cases = {"check": each_us(lambda: decoder.receive(data), CALLS), "link": path.measure}
    seen = alternate(cases | more)
    check = [us / FRAMES_A_CALL for us in seen["check"]]
    yield Row(f"{name}: split, COBS and CRC-32 of a {size}-byte frame", "µs", check)
    for what in more:
        yield Row(f"{name}: {what}", "µs", seen[what])
    yield Row(f"{name}: from bytes to a batch, the whole link", "µs", seen["link"], check, "checking alone")
    yield Row(f"{name}: what one core could follow", "MB/s", [size / us for us in seen["link"]])


class _LinkPath:
    """A live link, and frames that follow each other without end."""

    def __init__(self, *, edges: bool) -> None:
        ids = itertools.count()
        self._now_ns = 1_700_000_000 * 10**9
        self._link = BoardLink(board="b", random_boot_id=lambda: 77, new_stream_id=lambda: f"s{next(ids)}")
        self._board = ScriptedBoard(_SAMPLES)
        self._frame = self._board.edge if edges else self._board.samples
        self._link.connection_made(self._now_ns)
        for _ in range(200):
            self._talk()

    def measure(self) -> float:
        """CPU microseconds a frame. Frames are made before, and heartbeats answered."""
        self._talk()
        steps = [b"".join([self._frame(self._now_ns // 1_000 + k) for _ in range(FRAMES_A_CALL)]) for k in range(CALLS)]
        batches = 0
        began_ns = time.process_time_ns()
        for data in steps:
            self._now_ns += 1_000_000
            self._link.receive_data(self._now_ns, data)
            batches += sum(isinstance(event, BatchReceived) for event in self._link.events())
        us = (time.process_time_ns() - began_ns) / 1e3
        assert batches == CALLS * FRAMES_A_CALL, f"{batches} batches"
        return us / batches

    def _talk(self) -> None:
        """Let 5 ms pass, with both ends answering each other."""
        self._now_ns += 5_000_000
        self._link.tick(self._now_ns)
        self._link.receive_data(self._now_ns, self._board.receive(self._now_ns // 1_000, self._link.data_to_send()))
        self._link.events()
