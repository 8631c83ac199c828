"""What a gateway takes that has little to do: CPU and memory of `ardugate demo`, and memory a client.

The demo's board is part of the same process and sends some dozens of frames a second.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import REPETITIONS, Fact, Result, Row
from benchmarks.processes import Gateway, Readers
from benchmarks.websocket import handshake, subscribe_frame

CLIENTS = 200
_WINDOW_S = 1.0


def measure() -> Iterator[Result]:
    """Alone, then with clients that subscribe to everything analog."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        gateway = stack.enter_context(Gateway("demo"))
        request = handshake(gateway.tcp_port, gateway.token, "ardugate.v1")
        time.sleep(2.0)  # the start is over
        yield Row("`ardugate demo`: without a client", "% of a core", [_share(gateway) for _ in range(REPETITIONS)])
        alone_kib = gateway.resident_kib()
        yield Fact("`ardugate demo`: memory", "MiB", round(alone_kib / 1024, 1))
        stack.enter_context(Readers(folder, gateway.tcp_port, 1, request, subscribe_frame()))
        yield Row("`ardugate demo`: with one client", "% of a core", [_share(gateway) for _ in range(REPETITIONS)])
        stack.enter_context(Readers(folder, gateway.tcp_port, CLIENTS, request, subscribe_frame()))
        each_kib = (gateway.resident_kib() - alone_kib) / (CLIENTS + 1)
        yield Fact(f"`ardugate demo`: memory a client, of {CLIENTS}", "KiB", round(each_kib, 1))


def _share(gateway: Gateway) -> float:
    before_ns, began_ns = gateway.cpu_ns(), time.monotonic_ns()
    time.sleep(_WINDOW_S)
    return 100 * (gateway.cpu_ns() - before_ns) / (time.monotonic_ns() - began_ns)
