"""The descriptor: what a board is made of (docs/reference/wire.md, 4.1)."""

from __future__ import annotations

import math
import struct
from collections import Counter
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from ardugate.wire.messages import Fault


class Tag(IntEnum):
    """The kind of a record."""

    BOARD = 1
    PIN = 2
    CHANNEL = 3
    LABEL = 4
    COMMAND = 5
    ARGUMENT = 6


# A declared channel that takes no pin.
NO_PIN: Final = 255
# A command that gives nothing back.
NO_RESULT: Final = 255


@dataclass(frozen=True, slots=True)
class PinRecord:
    """A plain pin; its channel id is its Arduino number. ``abilities`` are bits (``modes.ABILITIES``, ``LOCKED``)."""

    channel: int
    abilities: int
    safe: int
    name: str


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One value of an enum channel."""

    value: int
    name: str


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A channel that the sketch declares. ``type``, ``hold`` and ``flags`` as numbers of :mod:`ardugate.wire.modes`;
    ``minimum``, ``maximum`` and ``safe`` are raw."""

    channel: int
    pin: int
    type: int
    flags: int
    effective_bits: int
    hold: int
    hold_ms: int
    scale: float
    offset: float
    minimum: int
    maximum: int
    safe: int
    name: str
    unit: str
    labels: tuple[LabelRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ArgumentRecord:
    """An argument of a command."""

    type: int
    flags: int
    minimum: float
    maximum: float
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command that the sketch declares. ``result`` is the type of what it gives back, in ``unit``."""

    command: int
    flags: int
    name: str
    arguments: tuple[ArgumentRecord, ...] = ()
    result: int = NO_RESULT
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A board's whole descriptor. ``scan_step_us`` is the time from one channel of a scan to the next, 0 where they
    are taken at once or that is not said. ``max_baud`` 0: the line has no other rate than the first, or none."""

    tick_hz: int
    max_streams: int
    adc_bits: int
    vref_mv: int
    pwm_max: int
    name: str
    mcu: str
    scan_step_us: int = 0
    max_baud: int = 0
    pins: tuple[PinRecord, ...] = ()
    channels: tuple[ChannelRecord, ...] = ()
    commands: tuple[CommandRecord, ...] = ()


_BOARD: Final = struct.Struct("<IBBHH")
_PIN: Final = struct.Struct("<BHB")
_CHANNEL: Final = struct.Struct("<BBBBBBHffiii")
_COMMAND: Final = struct.Struct("<BB")
_ARGUMENT: Final = struct.Struct("<BBff")
_SCAN_STEP: Final = struct.Struct("<H")
_MAX_BAUD: Final = struct.Struct("<I")


def serialize_descriptor(descriptor: Descriptor) -> bytes:
    """The descriptor's bytes. A record longer than 255 bytes raises ValueError."""
    d = descriptor
    board = _BOARD.pack(d.tick_hz, d.max_streams, d.adc_bits, d.vref_mv, d.pwm_max) + _text(d.name) + _text(d.mcu)
    if d.scan_step_us or d.max_baud:
        board += _SCAN_STEP.pack(d.scan_step_us)
    if d.max_baud:
        board += _MAX_BAUD.pack(d.max_baud)
    out = [_record(Tag.BOARD, board)]
    out += [_record(Tag.PIN, _PIN.pack(p.channel, p.abilities, p.safe) + _text(p.name)) for p in d.pins]
    for c in d.channels:
        numbers = (c.channel, c.pin, c.type, c.flags, c.effective_bits, c.hold, c.hold_ms)
        fixed = _CHANNEL.pack(*numbers, c.scale, c.offset, c.minimum, c.maximum, c.safe)
        out.append(_record(Tag.CHANNEL, fixed + _text(c.name) + _text(c.unit)))
        out.extend(_record(Tag.LABEL, bytes((label.value,)) + _text(label.name)) for label in c.labels)
    for command in d.commands:
        fixed = _COMMAND.pack(command.command, command.flags) + _text(command.name)
        if command.result != NO_RESULT:
            fixed += bytes((command.result,)) + _text(command.unit)
        out.append(_record(Tag.COMMAND, fixed))
        for a in command.arguments:
            fixed = _ARGUMENT.pack(a.type, a.flags, a.minimum, a.maximum)
            out.append(_record(Tag.ARGUMENT, fixed + _text(a.name) + _text(a.unit)))
    return b"".join(out)


def parse_descriptor(data: bytes) -> Descriptor | Fault:
    """The descriptor in these bytes. Unknown tags and bytes beyond the known fields are skipped."""
    try:
        descriptor = _parse(data)
    except (struct.error, _CutOffError):
        return Fault("bad_payload", f"a descriptor of {len(data)} bytes whose records do not add up")
    if what := _impossible(descriptor):
        return Fault("bad_payload", f"a descriptor with {what}")
    return descriptor


class _CutOffError(Exception):
    """A text or record goes beyond its end, or a record stands where it may not."""


class _Reader:
    """Takes fields off a record's front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise _CutOffError
        self._at += size
        return self._data[self._at - size : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def text(self) -> str:
        return self.take(self.byte()).decode(errors="replace")

    def fields(self, layout: struct.Struct, texts: int) -> tuple[Any, ...]:
        """The fixed fields and then the texts: Any, because that is what ``struct`` gives."""
        fixed = layout.unpack(self.take(layout.size))
        return (*fixed, *(self.text() for _ in range(texts)))


def _text(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > 255:
        raise ValueError(f"a text of {len(raw)} bytes does not fit into a record")
    return bytes((len(raw),)) + raw


def _record(tag: Tag, body: bytes) -> bytes:
    if len(body) > 255:
        raise ValueError(f"a record of {len(body)} bytes is longer than 255")
    return bytes((tag, len(body))) + body


def _parse(data: bytes) -> Descriptor:
    board: Descriptor | None = None
    pins = list[PinRecord]()
    channels = list[tuple[ChannelRecord, list[LabelRecord]]]()
    commands = list[tuple[CommandRecord, list[ArgumentRecord]]]()
    records = _Reader(data)
    while records.left:
        tag = records.byte()
        body = _Reader(records.take(records.byte()))
        match tag:
            case Tag.BOARD:
                board = Descriptor(*body.fields(_BOARD, 2))
                if body.left >= _SCAN_STEP.size:
                    board = replace(board, scan_step_us=_SCAN_STEP.unpack(body.take(_SCAN_STEP.size))[0])
                if body.left >= _MAX_BAUD.size:
                    board = replace(board, max_baud=_MAX_BAUD.unpack(body.take(_MAX_BAUD.size))[0])
            case Tag.PIN:
                pins.append(PinRecord(*body.fields(_PIN, 1)))
            case Tag.CHANNEL:
                channels.append((ChannelRecord(*body.fields(_CHANNEL, 2)), []))
            case Tag.LABEL if channels:
                channels[-1][1].append(LabelRecord(body.byte(), body.text()))
            case Tag.COMMAND:
                command = CommandRecord(*body.fields(_COMMAND, 1))
                if body.left:
                    command = replace(command, result=body.byte(), unit=body.text())
                commands.append((command, []))
            case Tag.ARGUMENT if commands:
                commands[-1][1].append(ArgumentRecord(*body.fields(_ARGUMENT, 2)))
            case Tag.LABEL | Tag.ARGUMENT:
                raise _CutOffError
            case _:
                continue
    if board is None:
        raise _CutOffError
    return replace(
        board,
        pins=tuple(pins),
        channels=tuple(replace(channel, labels=tuple(labels)) for channel, labels in channels),
        commands=tuple(replace(command, arguments=tuple(arguments)) for command, arguments in commands),
    )


def _impossible(descriptor: Descriptor) -> str:
    """What cannot be in it, in a few words; empty when there is nothing."""
    pins, channels, commands = descriptor.pins, descriptor.channels, descriptor.commands
    numbers = [number for channel in channels for number in (channel.scale, channel.offset)]
    numbers += [limit for each in commands for a in each.arguments for limit in (a.minimum, a.maximum)]
    unique: list[tuple[str, list[int] | list[str]]] = [
        ("pins with the number", [pin.channel for pin in pins]),
        ("pins called", [pin.name for pin in pins]),
        ("channels with the number", [channel.channel for channel in channels]),
        ("channels called", [channel.name for channel in channels]),
        ("commands with the number", [each.command for each in commands]),
        ("commands called", [each.name for each in commands]),
        *(("labels for the value", [label.value for label in channel.labels]) for channel in channels),
    ]
    if not descriptor.tick_hz:
        return "a clock without ticks"
    if not all(map(math.isfinite, numbers)):
        return "a scale or a limit that is no finite number"
    for what, each in unique:
        if len(set(each)) < len(each):
            return f"two {what} {Counter[int | str](each).most_common(1)[0][0]}"
    return ""
