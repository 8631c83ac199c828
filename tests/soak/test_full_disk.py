"""A disk that really is full, a small one of its own: the gateway goes on, says so within a second, and the day's file
stays whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ardugate.record.blocks import Damaged
from ardugate.record.files import blocks
from ardugate.record.notes import Pause
from ardugate.record.reader import Reader, Scans
from tests.support.running import RunningGateway, running_gateway

DISK_MB = 8
TIMES = 10
ALARM_S = 1.0
HARD_S = 60.0


@contextmanager
def small_disk(folder: Path) -> Generator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


class Ear:
    """A client that hears what a gateway tells, and how long after a moment."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.missing = self.scans = 0
        self._next: dict[str, int] = {}
        self._ids = 0
        self.ask("subscribe", channels=["demo/A0"])

    def ask(self, method: str, **params: object) -> float:
        """How long the answer takes, in seconds."""
        self._ids += 1
        began_s = time.monotonic()
        self._socket.send(json.dumps({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params}))
        while True:
            message = self._hear()
            if message.get("id") == self._ids:
                assert "result" in message, message
                return time.monotonic() - began_s

    def told(self, began_s: float, *wanted: tuple[str, bool]) -> dict[str, float]:
        """Seconds since then until each of these events: its kind, and whether it is the bad one."""
        left, seen = set(wanted), dict[str, float]()
        while left:
            message = self._hear()
            if message.get("method") != "event":
                continue
            event = message["params"]
            raised = event["alarm"]["raised"] if "alarm" in event else "is not written" in event["text"]
            if (event["kind"], raised) in left:
                left.remove((event["kind"], raised))
                seen[event["kind"]] = time.monotonic() - began_s
        return seen

    def _hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(HARD_S))
        if message.get("method") == "samples":
            params = message["params"]
            (column,) = params["columns"].values()
            self.missing += params["seq"] - self._next.get(params["stream"], params["seq"])
            self._next[params["stream"]] = params["seq"] + len(column)
            self.scans += len(column)
        return message


@contextmanager
def listening(gateway: RunningGateway) -> Generator[Ear]:
    headers = {"Authorization": f"Bearer {gateway.token}"}
    address = gateway.url.replace("http", "ws", 1) + "ws"
    with connect(address, subprotocols=[Subprotocol("ardugate.v1.json")], additional_headers=headers) as socket:
        yield Ear(socket)


@pytest.mark.timeout(1_800)
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux mounts a small disk")
def test_a_full_disk_stops_the_recording_and_nothing_else_again_and_again(tmp_path: Path) -> None:
    config = tmp_path / "ardugate.toml"
    with small_disk(tmp_path / "disk") as folder:
        config.write_text(
            f'[record]\nalways = true\nfolder = "{folder}"\nkeep_free_mb = 0\n'
            '[[alarm]]\nname = "no room"\nwhen = "disk below 1 MB"\n'
        )
        slowest = {"disk": 0.0, "alarm": 0.0, "set": 0.0}
        serve = running_gateway(tmp_path, "serve", "--port", "sim://", "--config", str(config))
        with serve as gateway, listening(gateway) as ear:
            # What is left of the file's last block still takes something: at this rate half a second's worth.
            ear.ask("rate", channels=["demo/A*"], hz=1_000)
            for turn in range(TIMES):
                fill(folder / "filler")
                seen = ear.told(time.monotonic(), ("disk", True), ("alarm", True))
                seen["set"] = max(ear.ask("set", channel="demo/led", value=bool(k % 2)) for k in range(20))
                print(f"{turn + 1}: " + ", ".join(f"{name} {each * 1e3:.0f} ms" for name, each in seen.items()))
                slowest = {name: max(each, seen[name]) for name, each in slowest.items()}
                (folder / "filler").unlink()
                ear.told(time.monotonic(), ("disk", False), ("alarm", False))
        (path,) = folder.glob("*.ardcap")
        events = list(Reader().events(blocks(path)))
    pauses = [each for each in events if isinstance(each, Pause)]
    print(f"at most: {slowest}; {ear.scans} scans came, {ear.missing} were missing; {len(pauses)} pauses in the file")
    assert not any(isinstance(each, Damaged) for each in events)
    assert isinstance(events[-1], Scans) or any(isinstance(each, Scans) for each in events[events.index(pauses[-1]) :])
    assert len(pauses) == TIMES
    assert ear.missing == 0
    assert max(slowest["disk"], slowest["alarm"]) <= ALARM_S


def fill(file: Path) -> None:
    """Until nothing fits any more."""
    with file.open("wb", buffering=0) as out:
        for size in (65_536, 4_096, 1):
            try:
                while out.write(bytes(size)):
                    continue
            except OSError:
                continue
