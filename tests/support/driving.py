"""Clients that drive D9 of a board again and again, each time for 300 ms, and end as they are made to.

``python -m tests.support.driving`` reads a gateway's address, its token and a TCP port to go to from each line of
stdin, starts such a client in a process of its own, and says its process id. Each value differs from the one before, so
the pin's trace says when the last of them was carried out: whatever the machine's speed, the pin is to be safe 300 ms
after that.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.support.chip import CLOCK_HZ, Chip

PIN: Final = "D9"
HOLD_MS: Final = 300
LATE_MS: Final = 100  # what is promised beyond the hold
EVERY_S: Final = 0.04
_LEAST, _STEPS = 0.3, 50
_PATIENCE_S: Final = 60.0
_ROOT: Final = Path(__file__).parents[2]


class NotDriven(AssertionError):
    """Nothing reached the pin at all."""


def message(number: int) -> str:
    """What a client says: another value each time."""
    params = {"channel": PIN, "value": _LEAST + number % _STEPS / 100, "ttl_ms": HOLD_MS}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "set", "params": params})


def drive(url: str, token: str, port: int) -> None:
    """Be such a client until the end."""
    address = urlsplit(url)
    line = socket.create_connection((str(address.hostname), port), timeout=_PATIENCE_S)
    headers = {"Authorization": f"Bearer {token}"}
    protocols = [Subprotocol("ardugate.v1.json")]
    with connect(f"ws://{address.netloc}/ws", sock=line, subprotocols=protocols, additional_headers=headers) as client:
        for number in count():
            client.send(message(number))
            while json.loads(client.recv()).get("id") != number:
                pass
            time.sleep(EVERY_S)


def wait_driven(chip: Chip, since_cycle: int, times: int = 4) -> None:
    """Wait until the pin has been driven so often since then."""
    ends = time.monotonic() + _PATIENCE_S
    while sum(bool(edge.level) for edge in chip.edges(PIN, since_cycle)) < times:
        if time.monotonic() > ends:
            raise NotDriven
        chip.wait(EVERY_S)


def wait_safe(chip: Chip, since_cycle: int) -> tuple[float, int]:
    """Wait until the pin is safe and stays so; how many ms after the last value, and the cycle. ``since_cycle`` is when
    it was driven for certain."""
    ends = time.monotonic() + _PATIENCE_S
    while True:
        edges = [edge for edge in chip.edges(PIN, since_cycle) if edge.level is not None]
        driven = [edge.cycle for edge in edges if edge.level]
        off = next((edge.cycle for edge in edges if driven and edge.cycle > driven[-1]), None)
        # Off is off when nothing has come for longer than a hold.
        if off is not None and chip.cycles() - off > CLOCK_HZ * (HOLD_MS + LATE_MS) / 1_000:
            return (off - driven[-1]) * 1_000 / CLOCK_HZ, off
        assert time.monotonic() < ends, "the pin is still driven"
        chip.wait(EVERY_S)


class Drivers:
    """Starts clients, in a process that has loaded all that they need."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._alive = set[int]()

    def start(self, url: str, token: str, port: int | None = None) -> int:
        """One more client; its process id. ``port`` is where it goes to in place of the gateway's own."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(url, token, port or urlsplit(url).port, file=self._process.stdin, flush=True)
        pid = int(self._process.stdout.readline())
        self._alive.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """End it without a word."""
        self._alive.discard(pid)
        with suppress(ProcessLookupError):  # it may have ended with its gateway
            os.kill(pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """End all of them."""
        for pid in list(self._alive):
            self.kill(pid)


@contextmanager
def drivers(*inside: str) -> Generator[Drivers]:
    """Where clients are started; ``inside`` is the beginning of the command line (``ip netns exec NAME``)."""
    command: Sequence[str] = (*inside, sys.executable, "-m", "tests.support.driving")
    pipe = subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(_ROOT), os.environ.get("PYTHONPATH", "")))}
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        made = Drivers(process)
        try:
            yield made
        finally:
            made.kill_all()


def main() -> None:
    """Start a client for each line of stdin."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for words in map(str.split, sys.stdin):
        url, token, port = words
        if (pid := os.fork()) == 0:
            with suppress(Exception):  # its gateway may be killed
                drive(url, token, int(port))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
