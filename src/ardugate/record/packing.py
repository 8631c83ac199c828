"""The scans of a batch as bytes, as the board sent them where it did; and back (docs/reference/capture.md, 4)."""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Sequence
from typing import Final, TypeAlias, cast

from ardugate.model import Batch, Stream
from ardugate.wire.modes import RawForm
from ardugate.wire.records import unpack_records
from ardugate.wire.samples import Format, unpack_scans

Columns: TypeAlias = "Sequence[array[int] | array[float] | list[str]]"

RECORDS: Final = "records"
_FORM: Final = {"u8": RawForm.BOOL, "i32": RawForm.I32, "f32": RawForm.F32, "text": RawForm.TEXT}
_TYPECODE: Final = {"u8": "B", "u16": "H", "i16": "h", "i32": "i", "f32": "f"}
_COUNT: Final = struct.Struct("<H")
_BIG_ENDIAN: Final = sys.byteorder == "big"


def payload_of(stream: Stream, batch: Batch, packed: bytes) -> bytes:
    """What a capture keeps of a batch: ``packed`` as the board sent it, times before it where each scan has one."""
    body = packed if stream.packing else _columns(stream, batch)
    if batch.times_ns is None:
        return body
    return b"".join((_COUNT.pack(len(batch.times_ns)), _little("q", batch.times_ns), body))


def batch_of(stream: Stream, seq: int, t0_ns: int, lost: int, payload: bytes) -> Batch:
    """The batch again, and nothing of it different. Raises ValueError for a payload that is none of this stream."""
    times_ns: array[int] | None = None
    if stream.dt_ticks is None:
        if len(payload) < _COUNT.size:
            raise ValueError("a payload without times")
        (count,) = _COUNT.unpack_from(payload)
        end = _COUNT.size + 8 * count
        times_ns = cast("array[int]", _array("q", payload[_COUNT.size : end]))
        payload = payload[end:]
    columns = _unpacked(stream, payload)
    if times_ns is not None and (not columns or len(columns[0]) != len(times_ns)):
        raise ValueError("a payload with another number of times than of values")
    return Batch(stream.id, seq, t0_ns, columns, times_ns, lost)


def packed_of(stream: Stream, payload: bytes) -> bytes:
    """What of a payload the board sent."""
    if not stream.packing:
        return b""
    return payload if stream.dt_ticks is not None else payload[_COUNT.size + 8 * _COUNT.unpack_from(payload)[0] :]


def _unpacked(stream: Stream, payload: bytes) -> Columns:
    columns: Columns | None
    if not stream.packing:
        columns = _from_columns(stream, payload)
    elif stream.packing == RECORDS:
        unpacked = unpack_records(_FORM[stream.dtype], payload)
        columns = None if unpacked is None else [unpacked[1]]
    else:
        columns = unpack_scans(Format[stream.packing.upper()], payload, len(stream.channels))
    if not columns:
        raise ValueError(f"{len(payload)} bytes are no scans of {stream.id}")
    return columns


def _columns(stream: Stream, batch: Batch) -> bytes:
    if stream.dtype == "text":
        return json.dumps([list(column) for column in batch.columns]).encode()
    typecode = _TYPECODE[stream.dtype]
    return b"".join(_little(typecode, cast("array[int]", column)) for column in batch.columns)


def _from_columns(stream: Stream, payload: bytes) -> Columns | None:
    if stream.dtype == "text":
        return [[str(each) for each in column] for column in json.loads(payload)]
    values = _array(_TYPECODE[stream.dtype], payload)
    scans, rest = divmod(len(values), len(stream.channels))
    if rest or not scans:
        return None
    return [values[k * scans : (k + 1) * scans] for k in range(len(stream.channels))]


def _little(typecode: str, values: array[int]) -> bytes:
    if _BIG_ENDIAN:
        values = array(typecode, values)
        values.byteswap()
    return values.tobytes()


def _array(typecode: str, data: bytes) -> array[int] | array[float]:
    values: array[int] | array[float] = array(typecode)
    values.frombytes(data)
    if _BIG_ENDIAN:
        values.byteswap()
    return values
