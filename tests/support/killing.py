"""A gateway that records always, and is killed meanwhile: its file is compared with what a client got."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ardugate.record.blocks import Damaged
from ardugate.record.files import blocks
from ardugate.record.reader import Reader, Scans
from tests.support.running import RunningGateway

# A scan: its stream's begin on the board (told and recorded alike), its number, its value.
Scan = tuple[float, int, int]
CHANNEL = "A0"


def listen(gateway: RunningGateway, for_s: float) -> dict[Scan, float]:
    """Live for a while: each scan of a channel, and when it came (our own time)."""
    got: dict[Scan, float] = {}
    began: dict[str, float] = {}
    headers = {"Authorization": f"Bearer {gateway.token}"}
    address = gateway.url.replace("http", "ws", 1) + "ws"
    with connect(address, subprotocols=[Subprotocol("ardugate.v1.json")], additional_headers=headers) as socket:
        socket.send(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"channels": [f"*/{CHANNEL}"]}})
        )
        until_s: float | None = None
        while until_s is None or time.monotonic() < until_s:
            message = json.loads(socket.recv(60))
            params = message.get("params", {})
            if message.get("method") == "streams":
                began |= {each["stream"]: each["started_t_s"] for each in params["streams"]}
            elif message.get("method") == "samples":
                until_s = until_s or time.monotonic() + for_s
                (column,) = params["columns"].values()
                for row, value in enumerate(column):
                    got[began[params["stream"]], params["seq"] + row, value] = time.monotonic()
    return got


def recorded(path: Path) -> tuple[set[Scan], bool]:
    """The scans of the channel in a capture, and whether its tail is torn. Nothing before the tail may be damaged."""
    scans: set[Scan] = set()
    torn = False
    for event in Reader().events(blocks(path)):
        if isinstance(event, Damaged):
            assert event.tail, f"{path} is damaged at {event.offset}"
            torn = True
        elif isinstance(event, Scans) and event.stream.dt_ticks is not None:
            scans |= set(_scans(event))
    return scans, torn


def _scans(event: Scans) -> Iterator[Scan]:
    names = [channel.name for channel in event.stream.channels]
    if CHANNEL in names:
        for row, value in enumerate(event.batch.columns[names.index(CHANNEL)]):
            yield event.stream.started_ns / 1e9, event.batch.seq + row, int(str(value))


def kill_while_it_records(gateway: RunningGateway, folder: Path, for_s: float) -> float:
    """Kill it after a while; everything that a client got is in the file, but for the last second. Gives how much of
    the tail is missing, in seconds."""
    got = listen(gateway, for_s)
    gateway.kill()
    killed_s = time.monotonic()
    (path,) = folder.glob("*.ardcap")
    kept, _ = recorded(path)
    numbers = {(begin, seq) for begin, seq, _ in got}
    assert {scan for scan in kept if scan[:2] in numbers} <= got.keys(), "a value is not what the client got"
    missing = got.keys() - kept
    return max((killed_s - got[scan] for scan in missing), default=0.0)
