"""How late many clients get a message, and what it costs when they want different ones.

Late: from the moment at which the board's frame (the floor: its one prebuilt message) goes, to that at which a client's
`recv` has it. Both clocks are the machine's. 1,000 clients get 30 messages a second, 100 get 60; the gateway and the
C loop of `send()` take turns. Different wishes: CPU a delivered message for 1,000 clients that chose among 50 sets of a
board's six channels, against 1,000 that want all six.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, combinations, islice
from pathlib import Path

from benchmarks.board import Layout
from benchmarks.measure import Result, Row, Tail, alternate, percentile
from benchmarks.peers import FLOOR, PEERS
from benchmarks.processes import Child, Gateway, Readers, StreamingBoard, times_in
from benchmarks.websocket import handshake, subscribe_frame

CROWDS = ((1_000, 30.0), (100, 60.0))
"""Clients, and messages a second to each."""
FRAMES = 60
CLIENTS, SETS = 1_000, 50
_PAYLOAD = 60
_HZ = 50.0


def measure() -> Iterator[Result]:
    """Lateness of each crowd, then the cost of different wishes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        for clients, hz in CROWDS:
            yield from _late(Path(place), clients, hz)
        yield from _choosy(Path(place))


class _Late:
    """Who sends to a crowd, and how late each message was."""

    def __init__(self, readers: Readers, send: Callable[[], Sequence[int]]) -> None:
        self._readers, self._send = readers, send
        self.late_ms: list[float] = []

    def measure(self) -> float:
        """The 99th percentile of one repetition, in ms."""
        self._readers.settle()
        self._readers.arrivals()
        went_ns = self._send()
        self._readers.wait_for(FRAMES)
        came = self._readers.arrivals()
        late_ms = [(at - sent) / 1e6 for times in came for sent, at in zip(went_ns, times, strict=True)]
        self.late_ms += late_ms
        return percentile(late_ms, 0.99)


def _late(folder: Path, clients: int, hz: float) -> Iterator[Result]:
    with ExitStack() as stack:
        board = stack.enter_context(StreamingBoard("socket", Layout(channels=1, scans=4, hz=hz)))
        gateway = stack.enter_context(Gateway("serve", "--port", board.port))
        own = stack.enter_context(_clients(folder, gateway, clients, subscribe_frame()))
        floor = stack.enter_context(Child(PEERS[FLOOR].command(folder)))
        port = int(floor.hear())
        bare = stack.enter_context(Readers(folder, port, clients, handshake(port)))
        cases = {
            "ardugate": _Late(own, lambda: board.stream(FRAMES)),
            FLOOR: _Late(bare, lambda: times_in(floor.ask(f"{FRAMES} {hz} {_PAYLOAD}"))),
        }
        p99_ms = alternate({name: case.measure for name, case in cases.items()})
        crowd = f"{clients:,} clients, {hz:.0f} Hz"
        for name, case in cases.items():
            yield Tail(f"{crowd}: {name}, late", "ms", case.late_ms)
        yield Row(f"{crowd}: p99 of a repetition", "ms", p99_ms["ardugate"], p99_ms[FLOOR], "the floor")


def _choosy(folder: Path) -> Iterator[Result]:
    names = [f"*/A{k}" for k in range(6)]
    wishes = list(islice(chain.from_iterable(combinations(names, size) for size in range(1, 7)), SETS))
    with ExitStack() as stack:
        cases: dict[str, Callable[[], float]] = {}
        for name, groups in (("one wish", [()]), (f"{SETS} wishes", wishes)):
            board = stack.enter_context(StreamingBoard("socket", Layout(channels=6, scans=32, hz=_HZ)))
            gateway = stack.enter_context(Gateway("serve", "--port", board.port))
            each = CLIENTS // len(groups)
            crowd = [stack.enter_context(_clients(folder, gateway, each, subscribe_frame(*wish))) for wish in groups]
            cases[name] = _Cost(board, gateway, crowd).measure
        seen = alternate(cases)
        yield Row(f"{CLIENTS:,} clients with one wish", "µs a message", seen["one wish"])
        yield Row(
            f"{CLIENTS:,} clients with {SETS} wishes",
            "µs a message",
            seen[f"{SETS} wishes"],
            seen["one wish"],
            "one wish",
        )


class _Cost:
    def __init__(self, board: StreamingBoard, gateway: Gateway, crowd: Sequence[Readers]) -> None:
        self._board, self._gateway, self._crowd = board, gateway, crowd

    def measure(self) -> float:
        """CPU microseconds a delivered message."""
        self._crowd[0].settle()
        before_ns = self._gateway.cpu_ns()
        self._board.stream(FRAMES)
        messages = sum(readers.wait_for(FRAMES).messages for readers in self._crowd)
        return (self._gateway.cpu_ns() - before_ns) / messages / 1e3


def _clients(folder: Path, gateway: Gateway, count: int, after: bytes) -> Readers:
    return Readers(folder, gateway.tcp_port, count, handshake(gateway.tcp_port, gateway.token, "ardugate.v1"), after)
