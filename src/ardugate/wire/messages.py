"""Messages: one frozen dataclass each, and their bytes (docs/reference/wire.md, 2).

``serialize(message)`` gives a body for :func:`ardugate.wire.framing.encode`; the two ``parse_`` functions give a
message or a :class:`Fault`, and never raise, whatever the bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ardugate.wire.limits import WIRE_VERSION


class Code(IntEnum):
    """The first byte of a body. Codes from a board have bit 6 set."""

    HELLO = 0x01
    HEARTBEAT = 0x02
    QUERY = 0x03
    COMMAND = 0x04
    STOP = 0x05
    BOARD_HELLO = 0x41
    BOARD_HEARTBEAT = 0x42
    ANSWER = 0x43
    REPLY = 0x44
    SAMPLES = 0x45
    IRREGULAR = 0x46
    LOG = 0x47
    COUNTERS = 0x48


class What(IntEnum):
    """What a QUERY asks for."""

    DESCRIPTOR = 0
    MODES = 1
    STREAMS = 2
    COUNTERS = 3
    STREAM = 4


class Status(IntEnum):
    """A REPLY's status (3.4)."""

    OK = 0
    PENDING = 1
    BAD_REQUEST = 2
    UNKNOWN_CHANNEL = 3
    UNKNOWN_COMMAND = 4
    WRONG_MODE = 5
    OUT_OF_RANGE = 6
    RATE_TOO_HIGH = 7
    TOO_MANY = 8
    TIMER_IN_USE = 9
    STOPPED = 10
    REFUSED = 11
    WRONG_BOOT = 12
    STALE = 13
    READ_ONLY = 14
    INTERNAL = 15


FLAG_STOPPED: Final = 1
FLAG_WATCHDOG: Final = 2
FLAG_UNASKED: Final = 4
FLAG_HUNG: Final = 8

# Reset causes by number (2).
RESET_CAUSES: Final = ("unknown", "power-on", "external", "brown-out", "watchdog", "asked for")


@dataclass(frozen=True, slots=True)
class Fault:
    """A frame that passed its checks and says nothing that this page allows. ``kind`` is ``unknown_code`` or
    ``bad_payload``."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Hello:
    """HELLO to a board: the boot id that it gets if it has none or another."""

    boot_id: int
    wire: int = WIRE_VERSION


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """HEARTBEAT to a board; ``stamp`` comes back as it is (u32)."""

    boot_id: int
    stamp: int


@dataclass(frozen=True, slots=True)
class Query:
    """QUERY: a question that changes nothing."""

    what: int
    arg: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """COMMAND: run at most once by a board whose boot id this is. ``arguments`` as in :mod:`ardugate.wire.ops`."""

    boot_id: int
    id: int
    op: int
    arguments: bytes


@dataclass(frozen=True, slots=True)
class Stop:
    """STOP: every output to its safe value, latched, in any boot."""

    id: int


@dataclass(frozen=True, slots=True)
class BoardHello:
    """HELLO from a board. ``boot_id`` is the one that it had before (0 after a reset)."""

    boot_id: int
    firmware: tuple[int, int, int]
    reset_cause: int
    flags: int
    identity: int
    descriptor_bytes: int
    descriptor_crc: int
    wire: int = WIRE_VERSION


@dataclass(frozen=True, slots=True)
class BoardHeartbeat:
    """HEARTBEAT from a board: the four stamps of 3.2, all u32 µs but ``uncertainty_us`` (u16)."""

    boot_id: int
    stamp: int
    received_us: int
    sent_us: int
    uncertainty_us: int
    flags: int


@dataclass(frozen=True, slots=True)
class Answer:
    """ANSWER to the QUERY with the same ``what`` and ``arg``. ``data`` as in :mod:`ardugate.wire.answers`."""

    what: int
    arg: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """REPLY to the COMMAND or STOP with this id. ``data`` as in :mod:`ardugate.wire.ops`."""

    boot_id: int
    id: int
    status: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Samples:
    """SAMPLES: scans of one regular stream, packed (:mod:`ardugate.wire.samples`)."""

    stream: int
    seq: int
    t_us: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class Irregular:
    """IRREGULAR: records of one channel, packed (:mod:`ardugate.wire.records`)."""

    channel: int
    mode: int
    seq: int
    records: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """LOG: a piece of text that the sketch printed, UTF-8, may be cut inside a character."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Counters:
    """COUNTERS: totals since the board's reset (3.7)."""

    bad_frames: int = 0
    rx_overruns: int = 0
    tx_dropped: int = 0
    sample_overruns: int = 0
    edges_lost: int = 0
    starved_loops: int = 0


ToBoard = Hello | Heartbeat | Query | Command | Stop
FromBoard = BoardHello | BoardHeartbeat | Answer | Reply | Samples | Irregular | Log | Counters

_HELLO: Final = struct.Struct("<BBI")
_HEARTBEAT: Final = struct.Struct("<BII")
_QUERY: Final = struct.Struct("<BBH")
_COMMAND: Final = struct.Struct("<BIHB")
_STOP: Final = struct.Struct("<BH")
_BOARD_HELLO: Final = struct.Struct("<BBI3BBBQHI")
_BOARD_HEARTBEAT: Final = struct.Struct("<BIIIIHB")
_ANSWER: Final = struct.Struct("<BBH")
_REPLY: Final = struct.Struct("<BIHB")
_SAMPLES: Final = struct.Struct("<BBII")
_IRREGULAR: Final = struct.Struct("<BBBI")
_COUNTERS: Final = struct.Struct("<6I")


def serialize(message: ToBoard | FromBoard) -> bytes:
    """The body of a message. A field that does not fit its width raises struct.error."""
    match message:
        case Hello():
            return _HELLO.pack(Code.HELLO, message.wire, message.boot_id)
        case Heartbeat():
            return _HEARTBEAT.pack(Code.HEARTBEAT, message.boot_id, message.stamp)
        case Query():
            return _QUERY.pack(Code.QUERY, message.what, message.arg)
        case Command():
            return _COMMAND.pack(Code.COMMAND, message.boot_id, message.id, message.op) + message.arguments
        case Stop():
            return _STOP.pack(Code.STOP, message.id)
        case Samples():
            return _SAMPLES.pack(Code.SAMPLES, message.stream, message.seq, message.t_us) + message.packed
        case Irregular():
            return _IRREGULAR.pack(Code.IRREGULAR, message.channel, message.mode, message.seq) + message.records
        case Reply():
            return _REPLY.pack(Code.REPLY, message.boot_id, message.id, message.status) + message.data
        case Answer():
            return _ANSWER.pack(Code.ANSWER, message.what, message.arg) + message.data
        case Log():
            return bytes((Code.LOG,)) + message.text
        case Counters():
            return bytes((Code.COUNTERS,)) + serialize_counters(message)
        case BoardHeartbeat():
            return _BOARD_HEARTBEAT.pack(
                Code.BOARD_HEARTBEAT,
                message.boot_id,
                message.stamp,
                message.received_us,
                message.sent_us,
                message.uncertainty_us,
                message.flags,
            )
        case BoardHello():
            return _BOARD_HELLO.pack(
                Code.BOARD_HELLO,
                message.wire,
                message.boot_id,
                *message.firmware,
                message.reset_cause,
                message.flags,
                message.identity,
                message.descriptor_bytes,
                message.descriptor_crc,
            )


def serialize_counters(counters: Counters) -> bytes:
    """COUNTERS' payload, which is also the data of the ANSWER about counters."""
    return _COUNTERS.pack(
        counters.bad_frames,
        counters.rx_overruns,
        counters.tx_dropped,
        counters.sample_overruns,
        counters.edges_lost,
        counters.starved_loops,
    )


def parse_counters(payload: bytes) -> Counters | None:
    """COUNTERS' payload; None when it is too short."""
    return Counters(*_COUNTERS.unpack_from(payload)) if len(payload) >= _COUNTERS.size else None


def parse_from_board(body: bytes) -> FromBoard | Fault:
    """What a board said. Bytes beyond the known fields are ignored, unless the last field is a list or text."""
    try:
        return _parse_from_board(body)
    except struct.error:
        return _short(body)


def parse_to_board(body: bytes) -> ToBoard | Fault:
    """What the gateway said, for boards made of Python."""
    try:
        return _parse_to_board(body)
    except struct.error:
        return _short(body)


def _parse_from_board(body: bytes) -> FromBoard | Fault:
    match body[0]:
        case Code.SAMPLES:
            _, stream, seq, t_us = _SAMPLES.unpack_from(body)
            return Samples(stream, seq, t_us, body[_SAMPLES.size :])
        case Code.IRREGULAR:
            _, channel, mode, seq = _IRREGULAR.unpack_from(body)
            return Irregular(channel, mode, seq, body[_IRREGULAR.size :])
        case Code.REPLY:
            _, boot_id, command_id, status = _REPLY.unpack_from(body)
            return Reply(boot_id, command_id, status, body[_REPLY.size :])
        case Code.BOARD_HEARTBEAT:
            _, *fields = _BOARD_HEARTBEAT.unpack_from(body)
            return BoardHeartbeat(*fields)
        case Code.BOARD_HELLO:
            _, wire, boot_id, major, minor, patch, cause, flags, identity, size, crc = _BOARD_HELLO.unpack_from(body)
            return BoardHello(boot_id, (major, minor, patch), cause, flags, identity, size, crc, wire)
        case Code.ANSWER:
            _, what, arg = _ANSWER.unpack_from(body)
            return Answer(what, arg, body[_ANSWER.size :])
        case Code.LOG:
            return Log(body[1:])
        case Code.COUNTERS:
            return Counters(*_COUNTERS.unpack_from(body, 1))
        case code:
            return Fault("unknown_code", f"code 0x{code:02x}")


def _parse_to_board(body: bytes) -> ToBoard | Fault:
    match body[0]:
        case Code.HELLO:
            _, wire, boot_id = _HELLO.unpack_from(body)
            return Hello(boot_id, wire)
        case Code.HEARTBEAT:
            _, boot_id, stamp = _HEARTBEAT.unpack_from(body)
            return Heartbeat(boot_id, stamp)
        case Code.QUERY:
            _, what, arg = _QUERY.unpack_from(body)
            return Query(what, arg)
        case Code.COMMAND:
            _, boot_id, command_id, op = _COMMAND.unpack_from(body)
            return Command(boot_id, command_id, op, body[_COMMAND.size :])
        case Code.STOP:
            _, command_id = _STOP.unpack_from(body)
            return Stop(command_id)
        case code:
            return Fault("unknown_code", f"code 0x{code:02x}")


def _short(body: bytes) -> Fault:
    return Fault("bad_payload", f"code 0x{body[0]:02x} with only {len(body) - 1} bytes of payload")
