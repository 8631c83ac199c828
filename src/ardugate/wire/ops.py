"""Arguments of COMMAND and data of REPLY, by ``op`` (docs/reference/wire.md, 3.4).

Where a channel's raw value is ``f32``, the four bytes of a field ``raw`` are that float; here ``raw`` is always the
i32 with the same bits, and :func:`float_bits` and :func:`bits_float` go between them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ardugate.wire.messages import Fault


class Op(IntEnum):
    """What a COMMAND asks for."""

    SET = 1
    MODE = 2
    STREAM = 3
    RENEW = 4
    CLEAR_STOP = 5
    IDENTITY = 6
    READ = 7
    CALL = 8


@dataclass(frozen=True, slots=True)
class Set:
    """Write an output. ``ttl_ms`` 0: the output's own ``hold_ms``."""

    channel: int
    ttl_ms: int
    raw: int


@dataclass(frozen=True, slots=True)
class SetMode:
    """Claim a pin for a mode."""

    channel: int
    mode: int
    option: int = 0


@dataclass(frozen=True, slots=True)
class SetStream:
    """Start a sampled stream after ending ``replaces`` (0: none); without channels only the end."""

    stream: int
    replaces: int
    period_ticks: int
    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Renew:
    """Move the deadline of ``client`` outputs without writing them."""

    ttl_ms: int
    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClearStop:
    """Unlatch the stop."""


@dataclass(frozen=True, slots=True)
class SetIdentity:
    """Give the board its 64 bits of identity."""

    identity: int


@dataclass(frozen=True, slots=True)
class Read:
    """Read one channel."""

    channel: int


@dataclass(frozen=True, slots=True)
class Call:
    """Run a command of the sketch. ``arguments`` are packed as :mod:`ardugate.wire.calls` says."""

    command: int
    arguments: bytes


Arguments = Set | SetMode | SetStream | Renew | ClearStop | SetIdentity | Read | Call


@dataclass(frozen=True, slots=True)
class SetDone:
    """Data of ``ok`` to set: what the board really does, for how long (``until_ms`` 0: as the hold says)."""

    raw: int
    executed_us: int
    hold: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class ModeDone:
    """Data of ``ok`` to mode."""

    mode: int
    executed_us: int


@dataclass(frozen=True, slots=True)
class StreamDone:
    """Data of ``ok`` to stream: the packing and the period that the board keeps."""

    format: int
    period_ticks: int
    started_us: int


@dataclass(frozen=True, slots=True)
class Done:
    """Data of ``ok`` to renew, clear_stop, identity, call (when it ended) and STOP."""

    executed_us: int


@dataclass(frozen=True, slots=True)
class ReadDone:
    """Data of ``ok`` to read."""

    raw: int
    executed_us: int


DoneData = SetDone | ModeDone | StreamDone | Done | ReadDone

_SET: Final = struct.Struct("<BHi")
_MODE: Final = struct.Struct("<BBI")
_STREAM: Final = struct.Struct("<BBI")
_RENEW: Final = struct.Struct("<H")
_IDENTITY: Final = struct.Struct("<Q")
_READ: Final = struct.Struct("<B")
_CALL: Final = struct.Struct("<B")
_SET_DONE: Final = struct.Struct("<iIBH")
_MODE_DONE: Final = struct.Struct("<BI")
_STREAM_DONE: Final = struct.Struct("<BII")
_DONE: Final = struct.Struct("<I")
_READ_DONE: Final = struct.Struct("<iI")
_FLOAT: Final = struct.Struct("<f")
_INT: Final = struct.Struct("<i")


def float_bits(value: float) -> int:
    """The i32 with the bits of this f32. Raises OverflowError when it is too large for one."""
    bits: int = _INT.unpack(_FLOAT.pack(value))[0]
    return bits


def bits_float(raw: int) -> float:
    """The f32 with the bits of this i32."""
    value: float = _FLOAT.unpack(_INT.pack(raw))[0]
    return value


def op_of(arguments: Arguments) -> Op:
    """The op that these arguments belong to."""
    match arguments:
        case Set():
            return Op.SET
        case SetMode():
            return Op.MODE
        case SetStream():
            return Op.STREAM
        case Renew():
            return Op.RENEW
        case ClearStop():
            return Op.CLEAR_STOP
        case SetIdentity():
            return Op.IDENTITY
        case Read():
            return Op.READ
        case Call():
            return Op.CALL


def serialize_arguments(arguments: Arguments) -> bytes:
    """COMMAND's last field. A value that does not fit its width raises struct.error."""
    match arguments:
        case Set(channel, ttl_ms, raw):
            return _SET.pack(channel, ttl_ms, raw)
        case SetMode(channel, mode, option):
            return _MODE.pack(channel, mode, option)
        case SetStream(stream, replaces, period_ticks, channels):
            return _STREAM.pack(stream, replaces, period_ticks) + bytes(channels)
        case Renew(ttl_ms, channels):
            return _RENEW.pack(ttl_ms) + bytes(channels)
        case ClearStop():
            return b""
        case SetIdentity(identity):
            return _IDENTITY.pack(identity)
        case Read(channel):
            return _READ.pack(channel)
        case Call(command, packed):
            return _CALL.pack(command) + packed


def parse_arguments(op: int, data: bytes) -> Arguments | Fault:
    """What a COMMAND asks for. A Fault's kind is ``unknown_op`` or ``bad_payload``."""
    try:
        match op:
            case Op.SET:
                return Set(*_SET.unpack_from(data))
            case Op.MODE:
                return SetMode(*_MODE.unpack_from(data))
            case Op.STREAM:
                stream, replaces, period_ticks = _STREAM.unpack_from(data)
                return SetStream(stream, replaces, period_ticks, tuple(data[_STREAM.size :]))
            case Op.RENEW:
                (ttl_ms,) = _RENEW.unpack_from(data)
                return Renew(ttl_ms, tuple(data[_RENEW.size :]))
            case Op.CLEAR_STOP:
                return ClearStop()
            case Op.IDENTITY:
                return SetIdentity(*_IDENTITY.unpack_from(data))
            case Op.READ:
                return Read(*_READ.unpack_from(data))
            case Op.CALL:
                return Call(_CALL.unpack_from(data)[0], data[_CALL.size :])
            case _:
                return Fault("unknown_op", f"op {op}")
    except struct.error:
        return Fault("bad_payload", f"op {op} with only {len(data)} bytes of arguments")


def serialize_done(done: DoneData) -> bytes:
    """REPLY's data for ``ok``, at most 12 bytes."""
    match done:
        case SetDone(raw, executed_us, hold, until_ms):
            return _SET_DONE.pack(raw, executed_us, hold, until_ms)
        case ModeDone(mode, executed_us):
            return _MODE_DONE.pack(mode, executed_us)
        case StreamDone(packing, period_ticks, started_us):
            return _STREAM_DONE.pack(packing, period_ticks, started_us)
        case Done(executed_us):
            return _DONE.pack(executed_us)
        case ReadDone(raw, executed_us):
            return _READ_DONE.pack(raw, executed_us)


def parse_done(op: Op | None, data: bytes) -> DoneData | Fault:
    """REPLY's data for ``ok``; ``op`` None is STOP's."""
    try:
        match op:
            case Op.SET:
                return SetDone(*_SET_DONE.unpack_from(data))
            case Op.MODE:
                return ModeDone(*_MODE_DONE.unpack_from(data))
            case Op.STREAM:
                return StreamDone(*_STREAM_DONE.unpack_from(data))
            case Op.READ:
                return ReadDone(*_READ_DONE.unpack_from(data))
            case Op.RENEW | Op.CLEAR_STOP | Op.IDENTITY | Op.CALL | None:
                return Done(*_DONE.unpack_from(data))
    except struct.error:
        return Fault("bad_payload", f"a reply with only {len(data)} bytes of data")
