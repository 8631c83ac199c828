"""What reading a board at 1 MB/s costs the gateway: a share of one core.

A board in a process of its own writes 256-byte frames of samples to a pseudo-terminal; the gateway reads the other end.
"forwarded" has one client that takes every batch in the binary dialect. The comparison is the same port read by the
same library, with the bytes thrown away.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from ardugate.runtime.ports.serial_port import open_serial
from benchmarks.board import Layout
from benchmarks.measure import Result, Row, alternate
from benchmarks.processes import Child, Gateway, Readers, StreamingBoard
from benchmarks.websocket import handshake, subscribe_frame

FRAME_BYTES = 256
RATE_BYTES = 1_000_000
_LAYOUT = Layout(channels=6, scans=32, hz=RATE_BYTES / FRAME_BYTES)
# About half a second of it.
FRAMES = 2_000
_BAUD = 115_200  # a pseudo-terminal has none


def measure() -> Iterator[Result]:
    """The port alone, the gateway without a client, the gateway with one."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        cases: dict[str, Callable[[], float]] = {}
        for name in ("forwarded to one client", "no client"):
            board = stack.enter_context(StreamingBoard("pty", _LAYOUT))
            gateway = stack.enter_context(Gateway("serve", "--port", board.port))
            readers = None
            if name == "forwarded to one client":
                request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1")
                readers = stack.enter_context(Readers(folder, gateway.tcp_port, 1, request, subscribe_frame()))
            cases[name] = _Case(board, gateway, readers).measure
        bare = stack.enter_context(StreamingBoard("pty", _LAYOUT))
        reader = stack.enter_context(Child([sys.executable, "-m", "benchmarks.serial", bare.port]))
        assert reader.hear() == "open"
        cases["bytes thrown away"] = _Case(bare, reader, None).measure
        seen = alternate(cases)
        base = seen["bytes thrown away"]
        yield Row("serial_port alone, bytes thrown away", "% of a core", base)
        for name in ("no client", "forwarded to one client"):
            yield Row(f"the gateway, {name}", "% of a core", seen[name], base, "the port alone")


class _Case:
    def __init__(self, board: StreamingBoard, server: Child, readers: Readers | None) -> None:
        self._board, self._server, self._readers = board, server, readers

    def measure(self) -> float:
        """Percent of a core at 1 MB/s: CPU time over the time that so many bytes take at that rate."""
        if self._readers:
            self._readers.settle()
        before_ns = self._server.cpu_ns()
        self._board.stream(FRAMES)
        if self._readers:
            self._readers.wait_for(FRAMES)
        else:
            time.sleep(0.05)  # a pseudo-terminal holds 4 KiB
        used_s = (self._server.cpu_ns() - before_ns) / 1e9
        return 100 * used_s / (FRAMES * FRAME_BYTES / RATE_BYTES)


class _Sink(asyncio.Protocol):
    """Takes bytes."""


async def _throw_away(path: str) -> None:
    transport = await open_serial(path, _BAUD, _Sink())
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    transport.abort()


if __name__ == "__main__":
    asyncio.run(_throw_away(sys.argv[1]))
