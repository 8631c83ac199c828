"""What it costs the server to give one message to many clients: CPU a delivered message.

Every server is a process of its own, and so are its clients (one C program with a socket each). All send at the same
pace, messages of the same size; in each repetition every server gets its turn while the others rest. The gateway's
figure is its whole process: it also reads its board, checks and unpacks each frame, encodes it once, and looks at each
client whether it is slow.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.board import Layout
from benchmarks.measure import LeftOut, Result, Row, alternate
from benchmarks.peers import FLOOR, PEERS, MissingToolError, compile_c
from benchmarks.processes import Child, Gateway, StreamingBoard, client_frame, handshake

# A board sends a frame every 20 ms, so that is a client's pace.
PACE_HZ = 50.0
FRAMES = 40
CLIENTS = (10,)
# The smallest batch that is worth a message, and the largest that one frame of a board holds.
LAYOUTS = (Layout(channels=1, scans=4, hz=PACE_HZ), Layout(channels=6, scans=32, hz=PACE_HZ))
OURS = "ardugate"
# Longer than any queue of a server that keeps up.
_PATIENCE_S = 5.0
_SUBSCRIBE = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"channels": ["*/A*"]}}


@dataclass(slots=True)
class _Server:
    """A server with its clients: ``start`` sends so many messages to each of them."""

    process: Child
    readers: Child
    clients: int
    start: Callable[[int], object]

    def measure(self) -> float:
        """CPU microseconds a delivered message."""
        self.readers.ask("")
        before_ns = self.process.cpu_ns()
        self.start(FRAMES)
        counts = _Counts.of(self.readers)
        until_s = time.monotonic() + _PATIENCE_S
        while counts.total < FRAMES * self.clients and time.monotonic() < until_s:
            time.sleep(0.005)
            counts += _Counts.of(self.readers)
        used_ns = self.process.cpu_ns() - before_ns
        assert counts.total == FRAMES * self.clients, f"{counts.total} of {FRAMES * self.clients} messages came"
        return used_ns / counts.total / 1e3

    def message_bytes(self) -> int:
        """The size of a message on the wire."""
        self.readers.ask("")
        self.start(1)
        time.sleep(0.2)
        counts = _Counts.of(self.readers)
        return round(counts.size / counts.total)


@dataclass(frozen=True, slots=True)
class _Counts:
    total: int
    size: int

    @classmethod
    def of(cls, readers: Child) -> _Counts:
        total, _, _, size = map(int, readers.ask("").split())
        return cls(total, size)

    def __add__(self, other: _Counts) -> _Counts:
        return _Counts(self.total + other.total, self.size + other.size)


def measure() -> Iterator[Result]:
    """Each number of clients, each size."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        try:
            readers = compile_c(Path(__file__).with_name("readers.c"), folder)
        except MissingToolError as missing:
            yield LeftOut("fan-out", str(missing))
            return
        commands: dict[str, list[str]] = {}
        for peer, command in PEERS.items():
            try:
                commands[peer] = command(folder)
            except MissingToolError as missing:
                yield LeftOut(peer, str(missing))
        for clients in CLIENTS:
            for layout in LAYOUTS:
                yield from _compare(folder, readers, commands, clients, layout)


def _compare(
    folder: Path, readers: Path, commands: dict[str, list[str]], clients: int, layout: Layout
) -> Iterator[Result]:
    with ExitStack() as stack:
        board = stack.enter_context(StreamingBoard("socket", layout))
        gateway = stack.enter_context(Gateway("serve", "--port", board.port))
        request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1")
        own = _readers(stack, folder, readers, gateway.tcp_port, clients, request, client_frame(json.dumps(_SUBSCRIBE)))
        servers = {OURS: _Server(gateway, own, clients, board.stream)}
        size = servers[OURS].message_bytes()
        payload = size - (2 if size < 128 else 4)
        for peer, command in commands.items():
            process = stack.enter_context(Child(command))
            port = int(process.hear())
            reading = _readers(stack, folder, readers, port, clients, handshake(port), b"")
            servers[peer] = _Server(process, reading, clients, partial(_run_peer, process, payload))
        seen = alternate({name: server.measure for name, server in servers.items()})
        for name, values in seen.items():
            what = f"{clients:,} clients, {size} B: {name}"
            yield (
                Row(what, "µs", values, seen[FLOOR], "")
                if name == FLOOR
                else Row(what, "µs", values, seen[FLOOR], "the floor")
            )


def _run_peer(process: Child, payload: int, frames: int) -> None:
    answer = process.ask(f"{frames} {PACE_HZ} {payload}")
    assert answer == "done", answer


def _readers(
    stack: ExitStack, folder: Path, program: Path, port: int, clients: int, request: bytes, after: bytes
) -> Child:
    """So many clients of one server."""
    head, tail = folder / f"{port}.head", folder / f"{port}.tail"
    head.write_bytes(request)
    tail.write_bytes(after)
    readers = stack.enter_context(Child([program, str(port), str(clients), head, tail]))
    answer = readers.hear()
    assert answer == "ready", answer
    time.sleep(0.5)  # what a server says to new clients is over by then, for each of them was answered before
    return readers
