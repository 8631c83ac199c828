"""Other ways to send one message to many clients, each a program of its own.

A peer says its TCP port in a line, and the id of the process that serves where that is not itself. For each line
``FRAMES HZ BYTES`` on stdin it sends so many binary messages of that payload to every client at that pace, and says
``done`` (the floor: and when each went). It ends with its stdin. A new peer is a line in ``PEERS``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import mosquitto
from benchmarks.websocket import BINARY, client_frame

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Peer:
    """How a peer is started (its command line; the folder is a temporary one), and what its clients say: the path and
    subprotocol that they ask for, and frames to send once they are accepted."""

    command: Callable[[Path], list[str]]
    path: str = "/ws"
    subprotocol: str = ""
    after: bytes = b""


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


def _node(script: str, package: str) -> Callable[[Path], list[str]]:
    """A script and the package that it is about, fetched by npm into a folder of its own."""

    def command(folder: Path) -> list[str]:
        if shutil.which("node") is None or shutil.which("npm") is None:
            raise MissingToolError("no node or npm")
        own = folder / package
        own.mkdir()
        fetch = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix", str(own), package]
        if subprocess.run(fetch, capture_output=True, check=False).returncode != 0:
            raise MissingToolError(f"npm cannot fetch {package}")
        shutil.copy(_HERE / script, own)
        return ["node", str(own / script)]

    return command


def _mosquitto(folder: Path) -> list[str]:
    if shutil.which("mosquitto") is None:
        raise MissingToolError("no mosquitto (sudo apt install mosquitto)")
    return [sys.executable, "-m", "benchmarks.peers.mosquitto", str(folder)]


def _starlette(_: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.peers.starlette_peer"]


FLOOR = "a C loop of send()"
# What each is called in the results.
PEERS: dict[str, Peer] = {
    FLOOR: Peer(_floor),
    "asyncio, transport.write of one prebuilt frame": Peer(_python("write")),
    "websockets.broadcast()": Peer(_python("broadcast")),
    "Node ws": Peer(_node("node_ws.mjs", "ws@8")),
    "mosquitto": Peer(
        _mosquitto,
        path="/mqtt",
        subprotocol="mqtt",
        after=client_frame(mosquitto.CONNECT + mosquitto.SUBSCRIBE, BINARY),
    ),
    "socket.io 4": Peer(
        _node("socketio.mjs", "socket.io@4"), "/socket.io/?EIO=4&transport=websocket", "", client_frame(b"40")
    ),
    "Starlette": Peer(_starlette),
}
