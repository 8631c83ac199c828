"""What a connection that was opened for samples says: batches, and everything else that it tells. No socket, no clock.

One Feed outlives its connections: it keeps where it is (``cursor``), so that the next connection goes on from there,
and what it has seen, so that nothing comes twice.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

from ardugate.client.samples import Batch, Column, Names
from ardugate.model import Channel, Mode, ValueType

# docs/reference/gateway.md, 6: kind, dtype, columns, number, seq, t0_s, scans, lost, flags, 0, cursor bytes, 0.
_HEADER: Final = struct.Struct("<BBHIQdIIBxHxxxx")
_KIND_SAMPLES: Final = 1
_TYPECODES: Final = {1: "B", 2: "H", 3: "h", 4: "i", 5: "f"}
_TIMES: Final = 1
_ALIGN: Final = 8

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A notification that is no samples: ``board event lease driven stop log loss link``
    (docs/reference/gateway.md, 4)."""

    method: str
    params: Json


class Malformed(ValueError):
    """A binary message that keeps to no rule."""


@dataclass(frozen=True, slots=True)
class _Stream:
    id: str
    board: str
    form: str
    dt_s: float | None
    channels: tuple[Channel, ...]
    offsets_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Scans:
    """A ``samples`` message, whatever form it had."""

    stream: str
    seq: int
    count: int
    t0_s: float
    times_s: Sequence[float] | None
    columns: tuple[Column, ...]
    lost: int
    cursor: str


class Feed:
    """Reads what one subscription gets. ``names`` learns what boards call their channels."""

    def __init__(self) -> None:
        self.names = Names()
        self.cursor: str | None = None
        self._streams: dict[str, _Stream] = {}
        self._ids: dict[int, str] = {}
        self._next: dict[str, int] = {}
        self._dropped: dict[str, int] = {}
        self._since_break: set[str] | None = None

    def begin(self, streams: Sequence[Json]) -> None:
        """The answer to ``subscribe``."""
        self._learn(streams)

    def past(self, told: Json) -> list[Batch]:
        """The answer to ``history``."""
        self._learn(told["streams"])
        found = [self._json(each) for each in told["samples"]]
        return [batch for scans in found if scans is not None for batch in self._batch(scans)]

    def lose_place(self) -> None:
        """The gateway does not know the cursor any more: what comes now begins somewhere else."""
        self.cursor = None
        self._since_break = set()
        self._next.clear()

    def receive(self, message: str | bytes) -> list[Batch | Told]:
        """What a message says. Raises Malformed."""
        if isinstance(message, bytes):
            scans = self._binary(message)
            return [] if scans is None else [*self._batch(scans)]
        told: Json = json.loads(message)
        if "method" not in told:
            return []
        method, params = str(told["method"]), cast("Json", told.get("params", {}))
        match method:
            case "samples":
                scans = self._json(params)
                return [] if scans is None else [*self._batch(scans)]
            case "streams":
                self._learn(params["streams"])
                return []
            case "loss" if params["place"] == "client":
                self._dropped[params["stream"]] = self._dropped.get(params["stream"], 0) + int(params["count"])
            case "board" if "board" in params:
                self.names.learn(params["board"])
            case "welcome":
                for board in params["boards"]:
                    self.names.learn(board)
            case _:
                pass
        return [Told(method, params)]

    def _learn(self, streams: Sequence[Json]) -> None:
        for told in streams:
            channels = tuple(_channel(each, told["dtype"]) for each in told["channels"])
            offsets_s = tuple(float(each["offset_s"]) for each in told["channels"])
            self._streams[told["stream"]] = _Stream(
                told["stream"], told["board"], told["form"], told["dt_s"], channels, offsets_s
            )
            self._ids[told["number"]] = told["stream"]

    def _batch(self, scans: _Scans) -> list[Batch]:
        stream = self._streams[scans.stream]
        self.cursor = scans.cursor
        known = max(0, self._next.get(scans.stream, 0) - scans.seq)
        if known >= scans.count:
            return []  # it came on the connection before
        self._next[scans.stream] = scans.seq + scans.count
        broken = self._since_break is not None and scans.stream not in self._since_break
        if self._since_break is not None:
            self._since_break.add(scans.stream)
        step_s = stream.dt_s
        return [
            Batch(
                stream=scans.stream,
                board=stream.board,
                seq=scans.seq + known,
                count=scans.count - known,
                columns=tuple(_from(each, known) for each in scans.columns) if known else scans.columns,
                names=self.names,
                t0_s=scans.t0_s + known * (step_s or 0.0),
                dt_s=step_s,
                times_s=None if scans.times_s is None else scans.times_s[known:],
                lost=0 if known else scans.lost,
                dropped=self._dropped.pop(scans.stream, 0),
                broken=broken,
            )
        ]

    def _json(self, params: Json) -> _Scans | None:
        stream = self._streams.get(params["stream"])
        if stream is None:
            return None
        columns = list[Column]()
        for channel, offset_s in zip(stream.channels, stream.offsets_s, strict=True):
            told = params["columns"][f"{stream.board}/{channel.name}"]
            if stream.form == "envelope":
                columns.append(Column(channel, None, told["min"], "min", offset_s))
                columns.append(Column(channel, None, told["max"], "max", offset_s))
            else:
                columns.append(Column(channel, None, told, "", offset_s))
        count = len(columns[0].as_values())
        times_s: list[float] | None = params.get("t_s")
        t0_s = float(params["t0_s"] if times_s is None else times_s[0])
        return _Scans(stream.id, params["seq"], count, t0_s, times_s, tuple(columns), params["lost"], params["cursor"])

    def _binary(self, frame: bytes) -> _Scans | None:
        """Columns as they lie in the frame; None for a kind or a stream that is not known here. Raises Malformed."""
        if len(frame) < _HEADER.size:
            raise Malformed(f"expected {_HEADER.size} bytes or more, got {len(frame)}")
        kind, dtype, width, number, seq, t0_s, count, lost, flags, cursor_bytes = _HEADER.unpack_from(frame)
        if kind != _KIND_SAMPLES or number not in self._ids:
            return None
        if dtype not in _TYPECODES:
            raise Malformed(f"expected a dtype from 1 to 5, got {dtype}")
        stream = self._streams[self._ids[number]]
        sides = 2 if stream.form == "envelope" else 1
        item = array(_TYPECODES[dtype]).itemsize
        padded = -(-count * item // _ALIGN) * _ALIGN
        at = _HEADER.size
        end = at + (_ALIGN * count if flags & _TIMES else 0) + width * padded + cursor_bytes
        if width != sides * len(stream.channels) or not count or end != len(frame):
            raise Malformed(f"expected {end} bytes of {width} columns, got {len(frame)}")
        times_s: array[float] | None = None
        if flags & _TIMES:
            times_s = cast("array[float]", _read("d", frame[at : at + _ALIGN * count]))
            at += _ALIGN * count
        columns = list[Column]()
        for place in range(width):
            raw = _read(_TYPECODES[dtype], frame[at : at + count * item])
            at += padded
            channel, offset_s = stream.channels[place // sides], stream.offsets_s[place // sides]
            columns.append(Column(channel, raw, None, _side(channel, place) if sides == 2 else "", offset_s))
        cursor = frame[at:].decode("ascii", errors="replace")
        return _Scans(stream.id, seq, count, t0_s, times_s, tuple(columns), lost, cursor)


def _read(typecode: str, data: bytes) -> array[int] | array[float]:
    column = cast("array[int]", array(typecode))  # or of floats: the type checkers cannot tell by the code
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _side(channel: Channel, place: int) -> Literal["min", "max"]:
    """Which of an envelope's columns this is: a negative scale turns the raw values over."""
    return "min" if (place % 2 == 0) == (channel.scale >= 0) else "max"


def _from(column: Column, first: int) -> Column:
    raw = None if column.raw is None else column.raw[first:]
    values = None if column.values is None else column.values[first:]
    return replace(column, raw=raw, values=values)


def _channel(told: Mapping[str, Any], dtype: str) -> Channel:
    return Channel(
        number=0,  # the board's own: clients have names
        name=told["name"],
        type=ValueType(told["type"]),
        mode=Mode.DECLARED,
        unit=told["unit"],
        dtype=dtype,
        scale=told["scale"],
        offset=told["offset"],
        labels=tuple(told["labels"]),
    )
