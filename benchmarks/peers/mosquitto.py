"""mosquitto's WebSocket listener: ``python -m benchmarks.peers.mosquitto FOLDER``. Says the port and mosquitto's own
process id; publishes over plain MQTT what all its WebSocket clients have subscribed to."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

_TOPIC = b"b"
_CONFIG = """
listener {mqtt} 127.0.0.1
listener {websockets} 127.0.0.1
protocol websockets
allow_anonymous true
set_tcp_nodelay true
persistence false
log_type none
"""
# How long a broker may take to listen.
_PATIENCE_S = 10.0


def _packet(kind: int, body: bytes) -> bytes:
    size = len(body)
    length = bytes((size,)) if size < 128 else bytes((size & 127 | 128, size >> 7))
    return bytes((kind,)) + length + body


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


# MQTT 3.1.1: a clean session without a name, no keep-alive; one subscription at QoS 0.
CONNECT = _packet(0x10, _text(b"MQTT") + b"\x04\x02\x00\x00" + _text(b""))
SUBSCRIBE = _packet(0x82, b"\x00\x01" + _text(_TOPIC) + b"\x00")


def publish(websocket_payload: int) -> bytes:
    """A PUBLISH that is so many bytes long as a whole, which is what a WebSocket client gets."""
    header = 2 + len(_text(_TOPIC)) + (websocket_payload >= 130)
    return _packet(0x30, _text(_TOPIC) + bytes(websocket_payload - header))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _connect(port: int) -> socket.socket:
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)


def main() -> None:
    """Serve until stdin ends."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ports = {"mqtt": _free_port(), "websockets": _free_port()}
    config = Path(sys.argv[1]) / "mosquitto.conf"
    config.write_text(_CONFIG.format(**ports), encoding="ascii")
    broker = subprocess.Popen(["mosquitto", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        publisher = _connect(ports["mqtt"])
        publisher.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        publisher.sendall(CONNECT)
        publisher.recv(4)
        print(ports["websockets"], broker.pid, flush=True)
        for line in sys.stdin:
            frames, hz, size = line.split()
            _run(publisher, int(frames), float(hz), publish(int(size)))
            print("done", flush=True)
    finally:
        broker.terminate()
        broker.wait()


def _run(publisher: socket.socket, frames: int, hz: float, packet: bytes) -> None:
    began_s = time.monotonic()
    for sent in range(frames):
        publisher.sendall(packet)
        time.sleep(max(0.0, began_s + (sent + 1) / hz - time.monotonic()))


if __name__ == "__main__":
    main()
