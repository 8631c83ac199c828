"""What it costs the server to give one message to many clients: CPU a delivered message.

Every server is a process of its own, and so are its clients (one C program with a socket each). All send at the same
pace, messages of the same size; in each repetition every server gets its turn while the others rest. The gateway's
figure is its whole process: it also reads its board, checks and unpacks each frame, keeps it, encodes it once, and
looks at each client whether it is slow. What a second gateway takes that does all this with an equal board and for
nobody is a row of its own, as a share of each message: the others make their messages up.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.board import Layout
from benchmarks.measure import LeftOut, Result, Row, alternate
from benchmarks.peers import FLOOR, PEERS, MissingToolError
from benchmarks.processes import Child, Gateway, Readers, StreamingBoard, times_in
from benchmarks.websocket import handshake, subscribe_frame

# A board sends a frame every 20 ms, so that is a client's pace.
PACE_HZ = 50.0
FRAMES = 40
CLIENTS = (10, 100, 1_000)
# The smallest batch that is worth a message, and the largest that one frame of a board holds.
LAYOUTS = (Layout(channels=1, scans=4, hz=PACE_HZ), Layout(channels=6, scans=32, hz=PACE_HZ))
OURS = "ardugate"
ALONE = "of which ardugate would take without a client"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Server:
    """A server with its clients: ``start`` sends so many messages to each of them."""

    process: Child
    readers: Readers
    start: Callable[[int], object]

    def measure(self) -> float:
        """CPU microseconds a delivered message."""
        self.readers.settle()
        before_ns = self.process.cpu_ns()
        self.start(FRAMES)
        seen = self.readers.wait_for(FRAMES)
        return (self.process.cpu_ns() - before_ns) / seen.messages / 1e3

    def message_bytes(self) -> int:
        """The size of a message on the wire: the least of some, because other notifications may come along."""
        return min(self._one_message() for _ in range(_TRIES))

    def _one_message(self) -> int:
        self.readers.settle()
        self.start(1)
        seen = self.readers.wait_for(1)
        return round(seen.size / seen.messages)


def _alone(gateway: Gateway, board: StreamingBoard, clients: int) -> float:
    """CPU microseconds that nobody's messages take, spread over as many as ``clients`` would get."""
    before_ns = gateway.cpu_ns()
    board.stream(FRAMES)
    return (gateway.cpu_ns() - before_ns) / (FRAMES * clients) / 1e3


def measure() -> Iterator[Result]:
    """Each number of clients, each size."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        commands: dict[str, list[str]] = {}
        for name, peer in PEERS.items():
            try:
                commands[name] = peer.command(folder)
            except MissingToolError as missing:
                yield LeftOut(name, str(missing))
        for clients in CLIENTS:
            for layout in LAYOUTS:
                yield from _compare(folder, commands, clients, layout)


def _compare(folder: Path, commands: dict[str, list[str]], clients: int, layout: Layout) -> Iterator[Result]:
    with ExitStack() as stack:
        board = stack.enter_context(StreamingBoard("socket", layout))
        gateway = stack.enter_context(Gateway("serve", "--port", board.port))
        request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1")
        own = stack.enter_context(Readers(folder, gateway.tcp_port, clients, request, subscribe_frame()))
        servers = {OURS: _Server(gateway, own, board.stream)}
        size = servers[OURS].message_bytes()
        payload = size - (2 if size < 128 else 4)
        for name, command in commands.items():
            peer, process = PEERS[name], stack.enter_context(Child(command))
            port, *pid = map(int, process.hear().split())
            if pid:
                process.watch(pid[0])
            opening = handshake(port, subprotocol=peer.subprotocol, path=peer.path)
            readers = stack.enter_context(Readers(folder, port, clients, opening, peer.after))
            servers[name] = _Server(process, readers, partial(_run_peer, process, payload))
        other_board = stack.enter_context(StreamingBoard("socket", layout))
        lone = stack.enter_context(Gateway("serve", "--port", other_board.port))
        cases = {name: server.measure for name, server in servers.items()}
        seen = alternate(cases | {ALONE: partial(_alone, lone, other_board, clients)})
        for name, values in seen.items():
            what = f"{clients:,} clients, {size} B: {name}"
            if name == FLOOR:
                yield Row(what, "µs", values)
            else:
                yield Row(what, "µs", values, seen[FLOOR], "the floor")


def _run_peer(process: Child, payload: int, frames: int) -> None:
    times_in(process.ask(f"{frames} {PACE_HZ} {payload}"))
