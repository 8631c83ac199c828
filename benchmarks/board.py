"""A board that does nothing but stream, as fast as it is told: the far end of the gateway's measurements.

As a program (``python -m benchmarks.board socket|pty CHANNELS SCANS HZ``) it says its port in a line, and then, for
each line ``COUNT`` on stdin, sends so many frames at ``HZ`` a second and says ``done`` and when each went
(``time.monotonic_ns``).
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
import tty
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from ardugate.model import Mode
from ardugate.wire import limits, modes
from ardugate.wire import messages as m
from ardugate.wire.answers import ModeEntry, StreamEntry, serialize_modes, serialize_streams
from ardugate.wire.descriptor import Descriptor, PinRecord, serialize_descriptor
from ardugate.wire.framing import Damage, Decoder, encode
from ardugate.wire.modes import RawForm
from ardugate.wire.ops import Op
from ardugate.wire.records import pack_records
from ardugate.wire.samples import Format

STREAM = 1
EDGES = 2  # the channel of a digital input
_FIRST_ANALOG = 14
_TICK_HZ = 16_000_000
_U32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Layout:
    """What each frame of samples holds, and how many there are in a second."""

    channels: int
    scans: int
    hz: float

    @property
    def packed_bytes(self) -> int:
        """Ten-bit values in fours; CHANNELS × SCANS must be a multiple of four."""
        return self.channels * self.scans * 5 // 4


class ScriptedBoard:
    """The board's side of the wire; times are board microseconds."""

    def __init__(self, layout: Layout) -> None:
        self._decoder = Decoder(limits.MAX_LINE_TO_BOARD)
        self._boot_id = 0
        self._seq = 0
        self._edge_seq = 0
        self._packed = bytes(k * 37 % 256 for k in range(layout.packed_bytes))
        self._scans = layout.scans
        channels = tuple(range(_FIRST_ANALOG, _FIRST_ANALOG + layout.channels))
        analog, edges = modes.MODE_BY_NAME[Mode.ANALOG].number, modes.MODE_BY_NAME[Mode.INPUT].number
        pins = tuple(_pin(channel, f"A{k}", "analog") for k, channel in enumerate(channels))
        descriptor = Descriptor(_TICK_HZ, 3, 10, 5_000, 255, "bench", "none", pins=(_pin(EDGES, "D2", "edges"), *pins))
        self._descriptor = serialize_descriptor(descriptor)
        period_ticks = round(_TICK_HZ / (layout.hz * layout.scans))
        self._streams = serialize_streams([StreamEntry(STREAM, Format.U10, period_ticks, channels)])
        self._modes = [ModeEntry(EDGES, edges, modes.MODE_EVENTS), *(ModeEntry(k, analog, 0) for k in channels)]
        self._edge_mode = edges

    def samples(self, at_us: int) -> bytes:
        """The next frame of samples."""
        body = m.serialize(m.Samples(STREAM, self._seq & _U32, at_us & _U32, self._packed))
        self._seq += self._scans
        return encode(body)

    def edge(self, at_us: int) -> bytes:
        """The next frame with one edge."""
        records = pack_records(RawForm.BOOL, [at_us & _U32], [self._edge_seq & 1])
        body = m.serialize(m.Irregular(EDGES, self._edge_mode, self._edge_seq & _U32, records))
        self._edge_seq += 1
        return encode(body)

    def receive(self, now_us: int, data: bytes) -> bytes:
        """What the board answers."""
        said = b""
        for found in self._decoder.receive(data):
            message = None if isinstance(found, Damage) else m.parse_to_board(found.body)
            answer = None if message is None or isinstance(message, m.Fault) else self._answer(message, now_us & _U32)
            said += encode(m.serialize(answer)) if answer else b""
        return said

    def _answer(self, message: m.ToBoard, now_us: int) -> m.FromBoard:
        match message:
            case m.Hello(boot_id):
                before, self._boot_id = self._boot_id, boot_id
                crc = zlib.crc32(self._descriptor)
                return m.BoardHello(before, (1, 0, 0), 1, 0, 1, len(self._descriptor), crc)
            case m.Heartbeat(boot_id, stamp):
                return m.BoardHeartbeat(boot_id, stamp, now_us, now_us, 0, 0)
            case m.Query(what, arg):
                return m.Answer(what, arg, self._look_up(what, arg))
            case m.Command(boot_id, number, op, _):
                known = op == Op.IDENTITY
                status, data = (m.Status.OK, now_us.to_bytes(4, "little")) if known else (m.Status.UNKNOWN_COMMAND, b"")
                return m.Reply(boot_id, number, status, data)
            case m.Stop(number):
                return m.Reply(self._boot_id, number, m.Status.OK, now_us.to_bytes(4, "little"))

    def _look_up(self, what: int, arg: int) -> bytes:
        match what:
            case m.What.DESCRIPTOR:
                return self._descriptor[arg : arg + 120]
            case m.What.MODES:
                return serialize_modes(entry for entry in self._modes if entry.channel >= arg)
            case m.What.STREAMS:
                return self._streams
            case _:
                return m.serialize_counters(m.Counters())


def _pin(channel: int, name: str, *abilities: str) -> PinRecord:
    return PinRecord(channel, modes.bits_from_abilities(frozenset(("input", *abilities)), locked=False), 0, name)


# How often a paced sender wakes up at most: a read of a serial port at 1 MB/s brings about as much.
_WAKE_S = 0.001


def main() -> None:
    """Serve one gateway until stdin ends."""
    kind, channels, scans, hz = sys.argv[1:]
    layout = Layout(int(channels), int(scans), float(hz))
    board = ScriptedBoard(layout)
    fd = _open(kind)
    began_ns = time.monotonic_ns()
    _serve(board, fd, layout.hz, lambda: (time.monotonic_ns() - began_ns) // 1_000)


def _serve(board: ScriptedBoard, fd: int, hz: float, now_us: Callable[[], int]) -> None:
    left, sent, started_us = 0, 0, 0
    went_ns: list[int] = []
    while True:
        readable, _, _ = select.select([fd, sys.stdin], [], [], _WAKE_S if left else None)
        if fd in readable:
            data = os.read(fd, 4_096)
            if not data:
                return
            os.write(fd, board.receive(now_us(), data))
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if not line:
                return
            left, sent, started_us = int(line), 0, now_us()
        due = min(left, int((now_us() - started_us) * hz / 1e6) + 1 - sent) if left else 0
        if due > 0:
            went_ns += [time.monotonic_ns()] * due
            os.write(fd, b"".join([board.samples(now_us()) for _ in range(due)]))
            left, sent = left - due, sent + due
            if not left:
                print("done", *went_ns, flush=True)
                went_ns.clear()


def _open(kind: str) -> int:
    if kind == "pty":
        fd, slave = os.openpty()
        tty.setraw(slave)
        print(os.ttyname(slave), flush=True)
        return fd
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"socket://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        connection, _ = listening.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection.detach()


if __name__ == "__main__":
    main()
