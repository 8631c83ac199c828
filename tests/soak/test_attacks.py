"""Attacks on a whole gateway: who never reads, storms of connections, heads that never end, garbage on the line.

``make soak`` runs them; each prints what it measured. What depends on the machine's speed is printed, not asserted.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import socket
import statistics
import subprocess
import sys
import time
import tty
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from benchmarks.board import Layout
from benchmarks.processes import StreamingBoard
from benchmarks.websocket import handshake, subscribe_frame
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ardugate.runtime.http.room import OPENINGS_PER_S
from tests.support.machine import Waited
from tests.support.running import open_files

pytestmark = pytest.mark.timeout(300)

MIB = 1_048_576
# An Uno at its converter's limit: 400 frames of 192 samples a second.
FULL = Layout(channels=1, scans=192, hz=400.0)
PATIENCE_S = 60.0


class Victim:
    """``ardugate serve`` as its user starts it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.log = folder / "log"
        environment = os.environ | {"XDG_STATE_HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        command = [sys.executable, "-m", "ardugate", "serve", *arguments, "--listen", "127.0.0.1:0"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--json", "--print-token"], env=environment, stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.ws, self.token = str(ready["ws"]), str(ready["token"])
        self.tcp_port = int(urlsplit(self.ws).port or 0)

    @property
    def resident(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) * 1_024 for line in status.splitlines() if line.startswith("VmRSS:"))

    @property
    def files(self) -> int:
        return open_files(self.process.pid)

    @property
    def log_lines(self) -> int:
        return len(self.log.read_text("utf-8").splitlines())

    def connect(self) -> ClientConnection:
        return connect(
            self.ws,
            subprotocols=[Subprotocol("ardugate.v1.json")],
            additional_headers={"Authorization": f"Bearer {self.token}"},
            max_size=None,
            compression=None,
        )

    def end(self) -> float:
        """Ask it to end; the seconds that it took."""
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_S) == 0
        return time.monotonic() - began_s


@contextlib.contextmanager
def victim(folder: Path, *arguments: str) -> Generator[Victim]:
    it = Victim(folder, *arguments)
    try:
        yield it
    finally:
        if it.process.poll() is None:
            it.process.kill()
            it.process.wait()
        if it.process.stdout is not None:
            it.process.stdout.close()


def call(client: ClientConnection, number: int, method: str, **params: object) -> float:
    """Ask, wait for the answer; the milliseconds that it took."""
    began_s = time.monotonic()
    client.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
    while json.loads(client.recv(timeout=PATIENCE_S)).get("id") != number:
        pass
    return (time.monotonic() - began_s) * 1e3


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def commands(client: ClientConnection, count: int) -> list[float]:
    return [call(client, number, "boards") for number in range(1, count + 1)]


def commands_for(client: ClientConnection, seconds: float) -> list[float]:
    """Commands one after another for so long."""
    end_s = time.monotonic() + seconds
    taken: list[float] = []
    while time.monotonic() < end_s:
        taken.append(call(client, len(taken) + 1, "boards"))
    return taken


def open_raw(gateway: Victim, request: bytes, receive_bytes: int | None = None) -> socket.socket:
    line = socket.socket()
    if receive_bytes is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    line.connect(("127.0.0.1", gateway.tcp_port))
    line.sendall(request)
    return line


def is_over(line: socket.socket) -> bool:
    """Whether the other side has ended it; what came before is read and thrown away."""
    line.setblocking(False)
    try:
        while True:
            if not line.recv(MIB):
                return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_two_hundred_who_never_read_cost_others_nothing_and_are_gone_after_thirty_seconds(tmp_path: Path) -> None:
    with StreamingBoard("socket", FULL) as board, victim(tmp_path, "--port", board.port) as gateway:
        request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1")
        with gateway.connect() as owner:
            board.say("2000")
            before = commands_for(owner, 4)
            board.hear()
            resident = gateway.resident
            stalled: list[socket.socket] = []
            for _ in range(200):
                line = open_raw(gateway, request, receive_bytes=4_096)
                line.recv(1)  # it is let in: what comes sooner is thrown away
                line.sendall(subscribe_frame())
                stalled.append(line)
                time.sleep(0.012)  # it opens a hundred a second
            board.say("18000")  # 45 s
            began_s, waited = time.monotonic(), Waited()
            filling, during = commands_for(owner, 1), commands_for(owner, 14)
            grown = gateway.resident - resident
            listed = 201
            while listed > 1 and time.monotonic() < began_s + 40:
                select.select([owner.socket], [], [], 0.5)
                owner.send('{"jsonrpc":"2.0","id":9999,"method":"clients"}')
                while (answer := json.loads(owner.recv(timeout=PATIENCE_S))).get("id") != 9_999:
                    pass
                listed = len(answer["result"]["clients"])
                grown = max(grown, gateway.resident - resident)
            gone_s = time.monotonic() - began_s
            board.hear()
        assert listed == 1
        took_s = gateway.end()
    for line in stalled:
        line.close()
    print(
        f"\n200 that never read: RSS + {grown / MIB:.1f} MiB; gone after {gone_s:.0f} s; end in {took_s:.1f} s; "
        f"others' p99 {p99(before):.1f} -> {p99(during):.1f} ms, {p99(filling):.1f} in the first second"
    )
    assert grown <= 64 * MIB
    assert gone_s <= 30 + waited.seconds
    assert took_s < 3.0


def test_a_storm_of_connections_is_answered_shortly(tmp_path: Path) -> None:
    with victim(tmp_path, "--port", "sim://") as gateway, gateway.connect() as owner:
        request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1.json")
        files, lines, took_ms, number = gateway.files, gateway.log_lines, list[float](), 0
        answers: dict[bytes, int] = {}
        until_s, began_s, offered = time.monotonic() + 10.0, time.monotonic(), 0
        kept: list[socket.socket] = []
        while (now_s := time.monotonic()) < until_s:
            while offered < (now_s - began_s) * 1_000:
                kept.append(open_raw(gateway, request))
                offered += 1
                if offered % 20 == 0:
                    number += 1
                    took_ms.append(call(owner, number, "boards"))
                if len(kept) > 300:
                    _answered(kept.pop(0), answers)
            time.sleep(0.001)
        for line in kept:
            _answered(line, answers)
        stormed_s = time.monotonic() - began_s
        until_s = time.monotonic() + 15.0
        while gateway.files > files and time.monotonic() < until_s:
            time.sleep(0.1)
        more = gateway.log_lines - lines
        print(
            f"\nstorm: {offered} in {stormed_s:.1f} s, answers {answers}; {more} log lines; "
            f"commands p99 {p99(took_ms):.0f} ms"
        )
        assert answers[b"101"] <= OPENINGS_PER_S * (1 + stormed_s)
        assert set(answers) <= {b"101", b"503"}
        assert gateway.files <= files
        assert more < 100


def _answered(line: socket.socket, answers: dict[bytes, int]) -> None:
    line.settimeout(PATIENCE_S)
    status = line.recv(16)[9:12]
    answers[status] = answers.get(status, 0) + 1
    line.close()


def test_five_hundred_heads_that_never_end_leave_the_service_up(tmp_path: Path) -> None:
    with victim(tmp_path, "--port", "sim://") as gateway, gateway.connect() as owner:
        files = gateway.files
        slow = [open_raw(gateway, b"GET / HTTP/1.1\r\nHost: 127") for _ in range(500)]
        took_ms: list[float] = []
        until_s, number = time.monotonic() + 20.0, 0
        while gateway.files > files and time.monotonic() < until_s:
            for line in slow:
                with contextlib.suppress(OSError):
                    line.send(b".")
            number += 1
            took_ms.append(call(owner, number, "boards"))
        for line in slow:
            line.close()
        print(f"\n500 slow heads: commands p99 {p99(took_ms):.0f} ms, files {files} -> {gateway.files}")
        assert gateway.files <= files


FLOODING = """
import selectors, socket, sys, time
port, lines, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
ask = b"GET /api/v1/boards HTTP/1.1\\r\\nHost: 127.0.0.1:%d\\r\\n\\r\\n" % port
selector, answers, until_s = selectors.DefaultSelector(), 0, time.monotonic() + seconds
for _ in range(lines):
    line = socket.create_connection(("127.0.0.1", port))
    line.setblocking(False)
    line.send(ask)
    selector.register(line, selectors.EVENT_READ)
while time.monotonic() < until_s:
    for key, _ in selector.select(0.1):
        if got := key.fileobj.recv(65536):
            answers += got.count(b"HTTP/1.1 401 ")
            key.fileobj.send(ask)
        else:
            selector.unregister(key.fileobj)
            key.fileobj.close()
print(answers)
"""


@pytest.mark.parametrize("lines", [20, 200, 800])
def test_strangers_who_ask_without_a_pause_leave_time_for_commands(tmp_path: Path, lines: int) -> None:
    with victim(tmp_path, "--port", "sim://") as gateway, gateway.connect() as owner:
        before_ms, took_ms = commands(owner, 300), list[float]()
        arguments = [sys.executable, "-c", FLOODING, str(gateway.tcp_port), str(lines), "8"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as flood:
            while flood.poll() is None:
                took_ms.append(call(owner, 1_000 + len(took_ms), "boards"))
            assert flood.stdout is not None
            answers = int(flood.stdout.read())
        print(
            f"\n{lines} strangers ask without a pause: {answers / 8:.0f} answers a second; commands p99 "
            f"{p99(before_ms):.0f} ms before, {p99(took_ms):.0f} ms meanwhile; {gateway.log_lines} log lines"
        )
        assert answers > 0
        assert gateway.log_lines < 100


HEAVY = {
    "ten minutes of everything": ("history", {"channels": ["*"], "points": 1_000}),
    "256 patterns to subscribe to": ("subscribe", {"channels": ["*a*b*c*d[a-z]*"] * 256}),
    "a thousand lines of the journal": ("journal", {"last": 1_000}),
}


@pytest.mark.parametrize(("method", "params"), HEAVY.values(), ids=HEAVY)
def test_who_asks_for_much_without_a_pause_leaves_time_for_commands(
    tmp_path: Path, method: str, params: dict[str, object]
) -> None:
    with victim(tmp_path, "--port", "sim://?name=demo") as gateway, gateway.connect() as owner, gateway.connect() as he:
        time.sleep(40.0)  # of every input at its rate, for the rings to hold something
        before_ms, took_ms, answers = commands(owner, 300), list[float](), 0
        until_s = time.monotonic() + 8.0
        for number in range(20):
            he.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        while time.monotonic() < until_s:
            took_ms.append(call(owner, 1_000 + len(took_ms), "boards"))
            with contextlib.suppress(TimeoutError):
                while True:
                    number = json.loads(he.recv(timeout=0)).get("id")
                    if number is not None:
                        answers += 1
                        he.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        print(
            f"\n{method} asked for 20 at a time: {answers / 8:.0f} answers a second; commands p99 "
            f"{p99(before_ms):.0f} ms before, {p99(took_ms):.0f} ms meanwhile, at most {max(took_ms):.0f}"
        )
        assert answers > 0


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(b"\x81\xff" + (1 << 62).to_bytes(8, "big") + bytes(4), id="a length of 2^62"),
        pytest.param(b"\x01\x80" + bytes(4) + (b"\x00\x8a" + bytes(14)) * 200_000, id="fragments without end"),
        pytest.param(b"\x81\xfe\xff\x00" + bytes(4) + b"[" * 0xFF00, id="JSON 65,280 deep"),
        pytest.param(b"\xc1\x85" + bytes(9), id="compression that nobody agreed on"),
    ],
)
def test_bombs_are_closed_or_refused_and_leave_nothing(tmp_path: Path, frames: bytes) -> None:
    with victim(tmp_path, "--port", "sim://") as gateway, gateway.connect() as owner:
        commands(owner, 20)
        resident, took_ms = gateway.resident, list[float]()
        request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1.json")
        for number in range(20):
            line = open_raw(gateway, request)
            with contextlib.suppress(OSError):
                line.sendall(frames)
            took_ms.append(call(owner, 100 + number, "boards"))
            line.close()
        grown = gateway.resident - resident
        print(f"\nRSS + {grown / MIB:.1f} MiB, commands at most {max(took_ms):.0f} ms")
        assert grown <= 16 * MIB


def test_garbage_on_the_line_costs_nothing_and_another_board_is_unharmed(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", "0")) or secrets.randbits(32)
    print(f"\nseed {seed}")
    import random

    chance = random.Random(seed)
    frames = [chance.randbytes(chance.randrange(4, 60)).replace(b"\0", b"\1") + b"\0" for _ in range(1_000)]
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    with victim(tmp_path, "--port", os.ttyname(theirs), "--port", "sim://?name=unharmed") as gateway:
        with gateway.connect() as owner:
            call(owner, 1, "subscribe", channels=["unharmed/A0"])
            time.sleep(2.0)
            resident, lines, written = gateway.resident, gateway.log_lines, 0
            began_s, batches, lost = time.monotonic(), 0, 0
            while (now_s := time.monotonic()) < began_s + 60.0:
                while written < (now_s - began_s) * 10_000:
                    os.write(ours, frames[written % len(frames)])
                    written += 1
                while True:
                    with contextlib.suppress(TimeoutError):
                        message = json.loads(owner.recv(timeout=0.001))
                        if message.get("method") == "samples":
                            batches, lost = batches + 1, lost + message["params"]["lost"]
                        continue
                    break
            grown, more = gateway.resident - resident, gateway.log_lines - lines
        print(
            f"{written} bad frames in 60 s: RSS + {grown / MIB:.1f} MiB, {more} log lines; {batches} batches beside it"
        )
        assert grown <= 5 * MIB
        assert more < 100
        assert batches > 60
    os.close(ours)
    os.close(theirs)
