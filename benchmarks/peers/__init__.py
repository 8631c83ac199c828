"""Other ways to send one message to many clients, each a program of its own.

A peer says its TCP port in a line. For each line ``FRAMES HZ BYTES`` on stdin it sends so many binary messages of that
payload to every client at that pace, and says ``done``. It ends with its stdin. A new peer is a line in ``PEERS``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_HERE = Path(__file__).parent


class MissingToolError(Exception):
    """A peer cannot run here; the message says why."""


def compile_c(source: Path, folder: Path) -> Path:
    """A C program of this package, compiled into ``folder``."""
    if shutil.which("gcc") is None:
        raise MissingToolError("no gcc")
    program = folder / source.stem
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source], check=True)
    return program


def _floor(folder: Path) -> list[str]:
    return [str(compile_c(_HERE / "floor.c", folder))]


def _python(kind: str) -> Callable[[Path], list[str]]:
    return lambda _: [sys.executable, "-m", "benchmarks.peers.python_peer", kind]


def _node_ws(folder: Path) -> list[str]:
    """Node's ``ws``, fetched by npm into the run's own folder."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise MissingToolError("no node or npm")
    fetch = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix", str(folder), "ws@8"]
    done = subprocess.run(fetch, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MissingToolError("npm cannot fetch ws")
    program = folder / "node_ws.mjs"
    shutil.copy(_HERE / "node_ws.mjs", program)
    return ["node", str(program)]


FLOOR = "a C loop of send()"
# What each is called in the results, and its command line; ``folder`` is a temporary one.
PEERS: dict[str, Callable[[Path], list[str]]] = {
    FLOOR: _floor,
    "asyncio, transport.write of one prebuilt frame": _python("write"),
    "websockets.broadcast()": _python("broadcast"),
    "Node ws": _node_ws,
}
