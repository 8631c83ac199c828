"""How soon a port that appears is open again.

A simulated board on a pseudo-terminal, with a link to it that comes and goes as a device node does; `ardugate serve` in
a process of its own. Taken: from the link's appearance to the gateway's first byte at the other end.
"""

from __future__ import annotations

import json
import os
import pty
import select
import tempfile
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from ardugate.sim import SimBoard, SimOptions, SketchName
from benchmarks.measure import Result, Tail
from benchmarks.processes import Gateway

PLUGS = 100
# Only a hang should reach this.
_PATIENCE_S = 30.0


class Plug:
    """The board, and the link by which its port is known. Everything that comes is noted with its time."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.board = SimBoard(SimOptions(name="uno", sketch=SketchName.PLAIN))
        self.first_ns = 0  # when the first byte came since it was plugged in
        self._master = -1
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def plug(self) -> int:
        """Plug it in; gives the time at which the link was there."""
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self.first_ns = 0
        self._ended.clear()
        self._thread = threading.Thread(target=self._live, args=(slave,), daemon=True)
        self._thread.start()
        self.place.symlink_to(os.ttyname(slave))
        return time.perf_counter_ns()

    def unplug(self) -> None:
        """Pull the cable."""
        self.place.unlink()
        self._ended.set()
        assert self._thread is not None
        self._thread.join()

    def _live(self, slave: int) -> None:
        while not self._ended.is_set():
            if select.select([self._master], [], [], 0.001)[0]:
                data = os.read(self._master, 4_096)
                self.first_ns = self.first_ns or time.perf_counter_ns()
                self.board.receive_data(time.time_ns(), data)
            self.board.tick(time.time_ns())
            if out := self.board.data_to_send(time.time_ns()):
                os.write(self._master, out)
        os.close(slave)
        os.close(self._master)


def measure() -> Iterator[Result]:
    """Plug in and out."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        plug = Plug(folder / "board")
        plug.plug()
        gateway = stack.enter_context(Gateway("serve", "--port", str(plug.place)))
        stack.callback(plug.unplug)
        _until(stack.enter_context(_client(gateway)), "boards", lambda told: told["boards"][0]["state"] == "live")
        yield Tail("a port that appears → the gateway's first byte on it", "ms", _plug(plug))


def _client(gateway: Gateway) -> ClientConnection:
    headers = {"Authorization": f"Bearer {gateway.token}"}
    protocol: Any = ["ardugate.v1.json"]  # websockets' own type is a NewType of str
    return connect(gateway.ws, additional_headers=headers, subprotocols=protocol, max_queue=None)


def _plug(plug: Plug) -> list[float]:
    took_ms: list[float] = []
    for number in range(PLUGS):
        plug.unplug()
        time.sleep(0.05 + 0.15 * (number % 7) / 7)  # not in step with any turn
        began_ns = plug.plug()
        while not plug.first_ns:
            time.sleep(0.0005)
        took_ms.append((plug.first_ns - began_ns) / 1e6)
        time.sleep(0.1)
    return took_ms


def _until(client: ClientConnection, method: str, good: Callable[[dict[str, Any]], bool]) -> None:
    while True:
        _send(client, method, {}, 2_000)
        if good(_answer(client, 2_000).get("result", {})):
            return
        time.sleep(0.05)


def _send(client: ClientConnection, method: str, params: dict[str, Any], number: int) -> None:
    client.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))


def _answer(client: ClientConnection, number: int) -> dict[str, Any]:
    """The answer with this id; nothing else is waited for."""
    while True:
        message: dict[str, Any] = json.loads(client.recv(_PATIENCE_S))
        if message.get("id") == number:
            return message
