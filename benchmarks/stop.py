"""How long a `stop_all` takes from a client's socket to the first byte at its board's port, with every queue full.

`ardugate serve` with two boards: one streams 76,800 values a second to clients of which some never read; the other one,
on a pseudo-terminal, answers no command, so that the link's 48 bytes are on their way and all that is asked waits.
Before each stop one client asks for 300 things at once, more than may wait for their answers. The control is a
WebSocket ping in the stop's place, to the same gateway at the same moment of its work: what the loop and the machine
take. This process is client and board, so one clock says both times.
"""

from __future__ import annotations

import json
import os
import select
import socket
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from ardugate.wire import messages as m
from ardugate.wire.framing import Decoder, Frame, encode
from ardugate.wire.limits import MAX_LINE_TO_BOARD
from benchmarks.board import Layout, ScriptedBoard
from benchmarks.measure import REPETITIONS, Result, Row, Tail
from benchmarks.processes import Gateway, Readers, StreamingBoard
from benchmarks.websocket import client_frame, handshake, subscribe_frame

STOPS = 5  # of each kind in a repetition
ASKED = 300
READERS, STALLED = 50, 20
_FULL = Layout(channels=1, scans=192, hz=400.0)
_QUIET = Layout(channels=1, scans=4, hz=1.0)
_PING, _PONG = 0x89, b"\x8a\x00"
_ALIVE = client_frame(b"", 0x8A)  # an answer to the gateway's pings, whether there was one or not
_PATIENCE_S = 10.0


def measure() -> Iterator[Result]:
    """Stops and pings in turn, by the client that asks too much and by another one."""
    with ExitStack() as stack:
        board = stack.enter_context(StreamingBoard("pty", _FULL))
        port = stack.enter_context(_Port())
        gateway = stack.enter_context(Gateway("serve", "--port", board.port, "--port", port.path))
        request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1")
        port.live()
        port.id = _id_of(gateway, port.path)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        stack.enter_context(Readers(folder, gateway.tcp_port, READERS, request, subscribe_frame()))
        for _ in range(STALLED):
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.tcp_port)))
            stalled.sendall(request)
            stalled.recv(1)  # it is let in: what comes sooner is thrown away
            stalled.sendall(subscribe_frame())
        clients = [stack.enter_context(_open(gateway.tcp_port, request)) for _ in range(2)]
        port.drain(clients, 1.0)
        board.say(str(int(_FULL.hz * 600)))
        for what, stopper in (("from a client whose 300 requests stand before it", 0), ("from another client", 1)):
            stops: list[list[float]] = []
            pings: list[list[float]] = []
            for _ in range(REPETITIONS):
                stops.append([])
                pings.append([])
                for _ in range(STOPS):
                    stops[-1].append(port.until_stopped(clients, stopper))
                    pings[-1].append(port.until_answered(clients, stopper))
            yield Tail(f"stop_all {what}: to the port", "ms", list(chain(*stops)))
            yield Tail(f"a ping {what}", "ms", list(chain(*pings)))
            name = f"the slowest stop of {STOPS} {what}"
            yield Row(name, "ms", [max(each) for each in stops], [max(each) for each in pings], "the slowest ping")


class _Port:
    """A board on a pseudo-terminal that is asked and answers no command."""

    def __init__(self) -> None:
        self._fd, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave
        self._board = ScriptedBoard(_QUIET)
        self._decoder = Decoder(MAX_LINE_TO_BOARD)
        self._beats = self._stops = self._heard_ns = 0
        self.id = ""  # the gateway's name for the board

    def __enter__(self) -> _Port:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
        os.close(self._slave)

    def live(self) -> None:
        """Wait until the gateway has found the board out."""
        until_s = time.monotonic() + _PATIENCE_S
        while self._beats < 3:
            self._serve([], until_s)

    def drain(self, clients: list[socket.socket], quiet_s: float) -> None:
        """Serve the board and throw away what clients are told, until they were told nothing for so long."""
        for client in clients:
            client.sendall(_ALIVE)
        until_s = time.monotonic() + quiet_s
        while time.monotonic() < until_s:
            if self._serve(clients, until_s, patient=True):
                until_s = time.monotonic() + quiet_s

    def until_stopped(self, clients: list[socket.socket], stopper: int) -> float:
        """Milliseconds from a stop's sending to its first byte here."""
        before, began_ns = self._stops, self._say(clients, stopper, self._request("stop_all"))
        while self._stops == before:
            self._serve(clients, time.monotonic() + _PATIENCE_S)
        took_ms = (self._heard_ns - began_ns) / 1e6
        self.drain(clients, 0.05)
        return took_ms

    def until_answered(self, clients: list[socket.socket], stopper: int) -> float:
        """Milliseconds from a ping's sending to its answer."""
        began_ns, told = self._say(clients, stopper, client_frame(b"", _PING)), b""
        while _PONG not in told:
            told = told[-1:] + self._serve(clients, time.monotonic() + _PATIENCE_S).get(clients[stopper], b"")
        took_ms = (self._heard_ns - began_ns) / 1e6
        self.drain(clients, 0.05)
        return took_ms

    def _say(self, clients: list[socket.socket], sayer: int, last: bytes) -> int:
        """Let the first client ask too much, and then one say this; when it was sent."""
        flood = b"".join(self._request("identify", number) for number in range(ASKED))
        if sayer == 0:
            clients[0].sendall(flood + last)
            return time.monotonic_ns()
        clients[0].sendall(flood)
        clients[sayer].sendall(last)
        return time.monotonic_ns()

    def _request(self, method: str, number: int = 0) -> bytes:
        asked = {"jsonrpc": "2.0", "id": number, "method": method, "params": {"board": self.id}}
        return client_frame(json.dumps(asked).encode())

    def _serve(
        self, clients: list[socket.socket], until_s: float, *, patient: bool = False
    ) -> dict[socket.socket, bytes]:
        """Wait for something to read, read it, answer for the board; what clients were told."""
        watched: list[int | socket.socket] = [self._fd, *clients]
        readable = select.select(watched, [], [], max(0.0, until_s - time.monotonic()))[0]
        if not readable and not patient:
            raise RuntimeError("nothing came from the gateway")
        self._heard_ns = time.monotonic_ns()
        if self._fd in readable:
            self._receive(os.read(self._fd, 4_096))
        return {client: client.recv(1 << 20) for client in clients if client in readable}

    def _receive(self, data: bytes) -> None:
        for found in self._decoder.receive(data):
            if not isinstance(found, Frame) or found.body[0] == m.Code.COMMAND:
                continue
            self._beats += found.body[0] == m.Code.HEARTBEAT
            self._stops += found.body[0] == m.Code.STOP
            os.write(self._fd, self._board.receive(time.monotonic_ns() // 1_000, encode(found.body)))


def _open(tcp_port: int, request: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", tcp_port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(request)
    return client


def _id_of(gateway: Gateway, path: str) -> str:
    """Both boards have one name; who came first got it as its id."""
    boards: list[dict[str, str]] = gateway.call("boards")["boards"]
    return next(board["id"] for board in boards if board["port"] == path)
