"""The fastest streams, from the pin to a WebSocket client: the shipped sketch in the chip, a pty, the gateway, frames
of the binary dialect. Every conversion arrives, with the value of its own channel.

Rates are the board's: its periods are whole ticks of its clock, no scan is missing, and the chip's cycles say that time
passed as the scans' numbers do. The chip's clock stands while this machine has no time to fetch what the chip says.

The lines beyond 115,200 baud are in ``tests/soak/test_speed_soak.py``: where the chip runs slower than the wall clock,
it gets more heartbeats in its own second, and a line's change has to be answered in time of the wall. What the board
itself keeps there is held in the chip's own time by ``tests/firmware/test_speed.py`` and ``test_line_rate.py``.
"""

from __future__ import annotations

import json
import struct
import time
from array import array
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.chip import CLOCK_HZ, Chip
from tests.support.running import RunningGateway, running_gateway

pytestmark = pytest.mark.chip

# A machine that runs the chip at a twentieth of its speed is still in time; only a hang should reach this.
PATIENCE_S = 60.0
SECONDS = 2.0
# Distinct voltages, each in the middle of a count and no one near its neighbour's.
VOLTS = {f"A{k}": (100.5 + 150 * k) / 1024 * 5 for k in range(6)}
# At an ADC clock of 1 MHz the datasheet's typical error is 4.5 counts; the simulated ADC has none.
NEAR = 1
# What a sample may cost on the line, all of its frame counted. And what else there is in two seconds: a slow machine's
# gateway sends more heartbeats in the chip's time, each answered with some 65 bytes.
BYTES_A_SAMPLE = 1.4
ELSE_BYTES = 2_000
_HEAD = struct.Struct("<BBHIQdIIBxHxxxx")
_U16 = 2


@dataclass
class Heard:
    """What a client got of one stream, and of what follows it where a machine that runs the chip too slowly makes the
    gateway set its clock anew. ``made``: scans since the first that came; ``next``: the scan that is due, by the
    stream's number, for a successor is announced before the last samples of the stream that it follows."""

    stream: dict[str, Any]
    next: dict[int, int] = field(default_factory=dict[int, int])
    made: int = 0
    lost: int = 0
    low: list[int] = field(default_factory=list[int])
    high: list[int] = field(default_factory=list[int])

    def take(self, frame: bytes) -> None:
        """One binary frame of samples (docs/reference/gateway.md, 6)."""
        _, dtype, columns, number, seq, _, scans, lost, flags, _ = _HEAD.unpack_from(frame)
        assert (dtype, flags & 1) == (_U16, 0)
        if number not in self.next:
            self.next[number], lost = seq, 0
        due = self.next[number]
        if not self.low:
            self.low, self.high = [1 << 16] * columns, [0] * columns
        assert seq == due + lost, f"scan {due} is neither here nor lost"
        self.lost += lost
        self.made += lost + scans
        self.next[number] = seq + scans
        at = _HEAD.size
        for k in range(columns):
            values = array("H", frame[at : at + 2 * scans])
            at += 2 * scans + -2 * scans % 8
            self.low[k] = min(self.low[k], min(values))
            self.high[k] = max(self.high[k], max(values))


class Client:
    """A WebSocket client of the binary dialect."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._id = 0
        self.boards: dict[str, dict[str, Any]] = {}
        self.streams: dict[int, Heard] = {}
        self.losses: list[dict[str, Any]] = []
        self.ended: list[str] = []

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """A request; its result."""
        self._id += 1
        number = self._id
        self._socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        while True:
            message = self.hear()
            if message is not None and message.get("id") == number:
                assert "result" in message, message
                result: dict[str, Any] = message["result"]
                return result

    def hear(self) -> dict[str, Any] | None:
        """The next message; samples are taken, None then."""
        frame = self._socket.recv(timeout=PATIENCE_S)
        if isinstance(frame, bytes):
            number = int.from_bytes(frame[4:8], "little")
            if number in self.streams:
                self.streams[number].take(frame)
            return None
        message: dict[str, Any] = json.loads(frame)
        params = message.get("params", {})
        match message.get("method"):
            case "welcome":
                self.boards = {board["id"]: board for board in params["boards"]}
            case "board" if "board" in params:
                self.boards[params["board"]["id"]] = params["board"]
            case "streams":
                for stream in params["streams"]:
                    self._opened(stream)
                self.ended += [ended["cause"] for ended in params["ended"]]
            case "loss":
                self.losses.append(params)
            case _:
                pass
        return message

    def live(self) -> str:
        """Wait for the board; its id."""
        while True:
            for board in self.boards.values():
                if board["state"] == "live" and board["descriptor"]:
                    return str(board["id"])
            self.hear()

    def until(self, heard: Heard, scan: int) -> None:
        """Hear until a stream has come to this scan; fails when it ends before."""
        ends = time.monotonic() + PATIENCE_S
        while heard.made < scan:
            assert set(self.ended) <= {"clock"}, f"ended at scan {heard.made}: {self.ended}, {self.losses[-3:]}"
            assert time.monotonic() < ends, f"scan {heard.made} of {scan} after {PATIENCE_S} s"
            self.hear()

    def follow(self, channels: list[str]) -> Heard:
        """Subscribe, and follow the one regular stream that carries these channels."""
        subscribed = self.call("subscribe", channels=channels)
        for stream in subscribed["streams"]:
            self._opened(stream, joined=True)
        (heard,) = {id(each): each for each in self.streams.values()}.values()
        return heard

    def _opened(self, stream: dict[str, Any], *, joined: bool = False) -> None:
        """``joined``: it went on already when it was subscribed to, so its first scan may have any number."""
        if stream["dt_s"] is None or stream["number"] in self.streams:
            return
        for heard in list(self.streams.values()):
            if stream["predecessor"] == heard.stream["stream"]:
                heard.stream = stream
                if not joined:
                    heard.next[stream["number"]] = 0
                self.streams[stream["number"]] = heard
                return
        self.streams[stream["number"]] = Heard(stream)


@contextmanager
def speaking(gateway: RunningGateway) -> Generator[Client]:
    url = gateway.url.replace("http", "ws", 1) + "ws"
    header = {"Authorization": f"Bearer {gateway.token}"}
    with connect(
        url, subprotocols=[Subprotocol("ardugate.v1")], additional_headers=header, max_size=None, compression=None
    ) as socket:
        yield Client(socket)


@contextmanager
def a_client_of_a_chip(sketch_elf: Path, home: Path, baud: int | None) -> Generator[tuple[Chip, Client]]:
    """The whole way; ``baud`` is the setting of that name, None for none."""
    with Chip(sketch_elf, patient=True) as chip:
        for pin, volts in VOLTS.items():
            chip.set_voltage(pin, volts)
        config = f'[[board]]\nport = "{chip.port}"\nid = "uno"\n' + (f"baud = {baud}\n" if baud else "")
        (home / "ardugate.toml").write_text(config)
        with running_gateway(home, "serve") as gateway, speaking(gateway) as client:
            client.live()
            yield chip, client


def test_six_channels_at_115_200_baud_arrive_each_in_its_own(sketch_elf: Path, tmp_path: Path) -> None:
    every_conversion_arrives(sketch_elf, tmp_path, 115_200, 6, 1_300, 1_300, 115_200)


def every_conversion_arrives(
    sketch_elf: Path,
    tmp_path: Path,
    baud: int | None,
    channels: int,
    hz: float | str,
    least_hz: float,
    line_baud: int,
) -> None:
    """Ask for a rate (``hz``) on a line that may go to ``baud`` (None: as far as it must), and follow it for two of its
    seconds: all of it is there, in time, at ``least_hz`` or more."""
    with a_client_of_a_chip(sketch_elf, tmp_path, baud) as (chip, client):
        names = [f"A{k}" for k in range(channels)]
        others = [f"A{k}" for k in range(channels, 6)]
        if others:
            client.call("rate", channels=others, hz=0)
        kept = client.call("rate", channels=names, hz=hz)
        heard = client.follow(names)
        dt_s: float = heard.stream["dt_s"]
        assert 1 / dt_s >= least_hz * 0.999, kept
        client.until(heard, 1)
        told_before = client.call("ledger")["losses"]
        scans_before, line_before, began = heard.made, chip.line(), chip.cycles()
        client.until(heard, scans_before + round(SECONDS / dt_s))
        scans, line, ended = heard.made - scans_before, chip.line(), chip.cycles()

        assert client.losses == []
        assert heard.lost == 0
        assert client.call("ledger")["losses"] == told_before
        # At 2 Mbaud beside 76.9 kHz the receiver overruns now and then: what was said to the board is said again.
        assert line.overruns == 0 or line_baud == 2_000_000
        assert (line.dropped, line.garbled) == (line_before.dropped, line_before.garbled)
        # What the chip's own clock says, up to what was on its way at either look.
        assert scans * dt_s == pytest.approx((ended - began) / CLOCK_HZ, abs=0.3)
        for k, (name, low, high) in enumerate(zip(names, heard.low, heard.high, strict=True)):
            count = int(VOLTS[name] / 5 * 1024)
            assert (abs(low - count) <= NEAR, abs(high - count) <= NEAR) == (True, True), (k, low, high, count)
        assert line.from_chip - line_before.from_chip <= scans * channels * BYTES_A_SAMPLE + ELSE_BYTES
        assert CLOCK_HZ * 10 / line.byte_cycles == pytest.approx(line_baud, rel=0.03)
