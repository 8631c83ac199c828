"""How old a sample is when a client has it, and how long a `set` takes to its receipt.

`ardugate demo` and one client in a process of its own, over a real WebSocket, both on this machine. The demo's board is
simulated and has no line: it adds what the wire allows it, up to 20 ms for a frame of samples to fill, and nothing for
an edge. A sample's time is the board's own, mapped to gateway time; the client's clock is the same machine's. What the
machine and the client's own library take is told by an echo server, asked in turn with the gateway.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from websockets.sync.client import ClientConnection, connect

from benchmarks.measure import Result, Tail
from benchmarks.processes import Child, Gateway

SETS = 300
LISTEN_S = 12.0
# The first moments hold snapshots, and a clock estimate that is still rough.
_WARM_UP_S = 3.0


def measure() -> Iterator[Result]:
    """Listen, then set."""
    with ExitStack() as stack:
        gateway = stack.enter_context(Gateway("demo"))
        headers = {"Authorization": f"Bearer {gateway.token}"}
        protocol: Any = ["ardugate.v1.json"]  # websockets' own type is a NewType of str
        client = stack.enter_context(connect(gateway.ws, additional_headers=headers, subprotocols=protocol))
        sampled, edges = _listen(client)
        yield Tail("sampled at 100 Hz: age of a batch's newest sample on arrival", "ms", sampled)
        yield Tail("irregular: age of a change on arrival", "ms", edges)
        quiet = stack.enter_context(connect(gateway.ws, additional_headers=headers, subprotocols=protocol))
        peer = stack.enter_context(Child([sys.executable, "-m", "benchmarks.peers.python_peer", "echo"]))
        echo = stack.enter_context(connect(f"ws://127.0.0.1:{peer.hear()}/"))
        names = ("set → receipt, a subscribed client", "set → receipt", "the same message to an echo server and back")
        for name, took_ms in zip(names, _set((client, quiet, echo)), strict=True):
            yield Tail(name, "ms", took_ms)


def _listen(client: ClientConnection) -> tuple[list[float], list[float]]:
    _send(client, "subscribe", {"channels": ["demo/A*", "demo/D2", "demo/pot"]})
    sampled: list[float] = []
    irregular: list[float] = []
    began_s = time.monotonic()
    while time.monotonic() < began_s + _WARM_UP_S + LISTEN_S:
        message: dict[str, Any] = json.loads(client.recv())
        arrived_s = time.time()
        if message.get("method") != "samples" or time.monotonic() < began_s + _WARM_UP_S:
            continue
        params = message["params"]
        if "t_s" in params:
            irregular.append(1e3 * (arrived_s - params["t_s"][-1]))
        else:
            scans = len(next(iter(params["columns"].values())))
            sampled.append(1e3 * (arrived_s - params["t0_s"] - (scans - 1) * params["dt_s"]))
    return sampled, irregular


def _set(clients: Sequence[ClientConnection]) -> list[list[float]]:
    took_ms: list[list[float]] = [[] for _ in clients]
    for number in range(SETS):
        for client, taken in zip(clients, took_ms, strict=True):
            began_ns = time.perf_counter_ns()
            _send(client, "set", {"channel": "demo/led", "value": number % 2 == 0}, number)
            while (answer := json.loads(client.recv())).get("id") != number:
                pass
            taken.append((time.perf_counter_ns() - began_ns) / 1e6)
            assert "error" not in answer, answer
            time.sleep(0.01 * (number % 7) / 7)  # not in step with the gateway's ticks
    return took_ms


def _send(client: ClientConnection, method: str, params: dict[str, Any], number: int = -1) -> None:
    client.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
