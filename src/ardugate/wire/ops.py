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
    LINE = 9
    IDENTIFY = 10
    NAME = 11


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


@dataclass(frozen=True, slots=True)
class SetLine:
    """Go to another line rate (3.8)."""

    baud: int


@dataclass(frozen=True, slots=True)
class Identify:
    """Show the board to eyes for so long; 0 ends that."""

    ms: int


@dataclass(frozen=True, slots=True)
class SetName:
    """The board's name from its next boot on; empty: the sketch's own again. At most ``limits.MAX_NAME_BYTES`` of
    UTF-8."""

    name: str


Arguments = Set | SetMode | SetStream | Renew | ClearStop | SetIdentity | Read | Call | SetLine | Identify | SetName


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
    """Data of ``ok`` to stream: the packing and the period that the board keeps. ``step_ticks`` is the time from one
    channel of a scan to the next; None: not said, the descriptor's holds. ``effective_bits`` 0: not known."""

    format: int
    period_ticks: int
    started_us: int
    step_ticks: int | None = None
    effective_bits: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """Data of ``ok`` to renew, clear_stop, identity, identify, name and STOP."""

    executed_us: int


@dataclass(frozen=True, slots=True)
class ReadDone:
    """Data of ``ok`` to read."""

    raw: int
    executed_us: int


@dataclass(frozen=True, slots=True)
class CallDone:
    """Data of ``ok`` to call: when it ended, and its result, packed as an argument of the command's ``result`` type
    (:mod:`ardugate.wire.calls`)."""

    executed_us: int
    result: bytes = b""


@dataclass(frozen=True, slots=True)
class LineDone:
    """Data of ``ok`` to line: the rate that the board goes to."""

    baud: int
    executed_us: int


DoneData = SetDone | ModeDone | StreamDone | Done | ReadDone | CallDone | LineDone


@dataclass(frozen=True, slots=True)
class RateOffer:
    """Data of ``rate_too_high``: the shortest period that can be kept at the present line rate, and at the board's
    highest."""

    best_ticks: int
    offered_ticks: int


_SET: Final = struct.Struct("<BHi")
_MODE: Final = struct.Struct("<BBI")
_STREAM: Final = struct.Struct("<BBI")
_RENEW: Final = struct.Struct("<H")
_IDENTITY: Final = struct.Struct("<Q")
_READ: Final = struct.Struct("<B")
_CALL: Final = struct.Struct("<B")
_LINE: Final = struct.Struct("<I")
_IDENTIFY: Final = struct.Struct("<H")
_SET_DONE: Final = struct.Struct("<iIBH")
_MODE_DONE: Final = struct.Struct("<BI")
_STREAM_DONE: Final = struct.Struct("<BII")
_STREAM_STEP: Final = struct.Struct("<HB")
_DONE: Final = struct.Struct("<I")
_READ_DONE: Final = struct.Struct("<iI")
_LINE_DONE: Final = struct.Struct("<II")
_TICKS: Final = struct.Struct("<I")
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
        case SetLine():
            return Op.LINE
        case Identify():
            return Op.IDENTIFY
        case SetName():
            return Op.NAME


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
        case SetLine(baud):
            return _LINE.pack(baud)
        case Identify(ms):
            return _IDENTIFY.pack(ms)
        case SetName(name):
            return name.encode()


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
            case Op.LINE:
                return SetLine(*_LINE.unpack_from(data))
            case Op.IDENTIFY:
                return Identify(*_IDENTIFY.unpack_from(data))
            case Op.NAME:
                return SetName(data.decode())
            case _:
                return Fault("unknown_op", f"op {op}")
    except struct.error:
        return Fault("bad_payload", f"op {op} with only {len(data)} bytes of arguments")
    except UnicodeDecodeError:
        return Fault("bad_payload", f"op {op} with {len(data)} bytes that are no UTF-8")


def serialize_done(done: DoneData) -> bytes:
    """REPLY's data for ``ok``: at most 12 bytes, but for a call's."""
    match done:
        case SetDone(raw, executed_us, hold, until_ms):
            return _SET_DONE.pack(raw, executed_us, hold, until_ms)
        case ModeDone(mode, executed_us):
            return _MODE_DONE.pack(mode, executed_us)
        case StreamDone(packing, period_ticks, started_us, step_ticks, effective_bits):
            step = b"" if step_ticks is None else _STREAM_STEP.pack(step_ticks, effective_bits)
            return _STREAM_DONE.pack(packing, period_ticks, started_us) + step
        case Done(executed_us):
            return _DONE.pack(executed_us)
        case ReadDone(raw, executed_us):
            return _READ_DONE.pack(raw, executed_us)
        case CallDone(executed_us, result):
            return _DONE.pack(executed_us) + result
        case LineDone(baud, executed_us):
            return _LINE_DONE.pack(baud, executed_us)


def parse_done(op: Op | None, data: bytes) -> DoneData | Fault:
    """REPLY's data for ``ok``; ``op`` None is STOP's."""
    try:
        match op:
            case Op.SET:
                return SetDone(*_SET_DONE.unpack_from(data))
            case Op.MODE:
                return ModeDone(*_MODE_DONE.unpack_from(data))
            case Op.STREAM:
                known = _STREAM_DONE.unpack_from(data)
                more = len(data) >= _STREAM_DONE.size + _STREAM_STEP.size
                return StreamDone(*known, *(_STREAM_STEP.unpack_from(data, _STREAM_DONE.size) if more else ()))
            case Op.READ:
                return ReadDone(*_READ_DONE.unpack_from(data))
            case Op.CALL:
                return CallDone(_DONE.unpack_from(data)[0], data[_DONE.size :])
            case Op.LINE:
                return LineDone(*_LINE_DONE.unpack_from(data))
            case Op.RENEW | Op.CLEAR_STOP | Op.IDENTITY | Op.IDENTIFY | Op.NAME | None:
                return Done(*_DONE.unpack_from(data))
    except struct.error:
        return Fault("bad_payload", f"a reply with only {len(data)} bytes of data")


def serialize_offer(offer: RateOffer) -> bytes:
    """REPLY's data for ``rate_too_high``."""
    return _TICKS.pack(offer.best_ticks) + _TICKS.pack(offer.offered_ticks)


def parse_offer(data: bytes) -> RateOffer | None:
    """REPLY's data for ``rate_too_high``, None when it is too short. A board that says one period offers no other."""
    if len(data) < _TICKS.size:
        return None
    best: int = _TICKS.unpack_from(data)[0]
    two = len(data) >= 2 * _TICKS.size
    return RateOffer(best, _TICKS.unpack_from(data, _TICKS.size)[0] if two else best)
