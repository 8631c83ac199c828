"""Makes tests/vectors/wire.json: ``python -m tests.support.make_wire_vectors``.

The file is data for every implementation of docs/reference/wire.md; bytes are hex strings. A test holds the file to
what this makes, and independent literals hold this to the specification.
"""

from __future__ import annotations

import json
import zlib
from array import array
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path

from ardugate.model import ValueType
from ardugate.wire import messages as m
from ardugate.wire import ops
from ardugate.wire.answers import (
    ModeEntry,
    StreamDetail,
    StreamEntry,
    serialize_modes,
    serialize_stream,
    serialize_streams,
)
from ardugate.wire.calls import ArgumentValue, pack_arguments
from ardugate.wire.descriptor import (
    ArgumentRecord,
    ChannelRecord,
    CommandRecord,
    Descriptor,
    LabelRecord,
    PinRecord,
    serialize_descriptor,
)
from ardugate.wire.framing import Damage, Decoder, cobs_encode, encode
from ardugate.wire.limits import MAX_LINE_FROM_BOARD, MAX_LINE_TO_BOARD
from ardugate.wire.messages import FromBoard, ToBoard, serialize
from ardugate.wire.modes import RawForm
from ardugate.wire.records import pack_records
from ardugate.wire.samples import TYPECODE, Column, Format, pack_scans

PATH = Path(__file__).parent.parent / "vectors" / "wire.json"

BOOT = 0x1234ABCD

TO_BOARD: tuple[ToBoard, ...] = (
    m.Hello(BOOT),
    m.Heartbeat(BOOT, 0xFFFFFFFF),
    m.Query(m.What.DESCRIPTOR, 120),
    m.Query(m.What.MODES, 40),
    m.Query(m.What.STREAMS),
    m.Query(m.What.COUNTERS),
    m.Query(m.What.STREAM, 255),
    m.Command(BOOT, 7, ops.Op.SET, ops.serialize_arguments(ops.Set(13, 0, 1))),
    m.Command(BOOT, 65_535, ops.Op.STREAM, ops.serialize_arguments(ops.SetStream(2, 1, 2_500, (14, 15)))),
    m.Command(BOOT, 0, ops.Op.CLEAR_STOP, b""),
    m.Command(BOOT, 9, ops.Op.LINE, ops.serialize_arguments(ops.SetLine(2_000_000))),
    m.Stop(0x0102),
)

FROM_BOARD: tuple[FromBoard, ...] = (
    m.BoardHello(0, (0, 1, 0), 2, m.FLAG_UNASKED, 0, 300, 0xDEADBEEF),
    m.BoardHello(BOOT, (1, 2, 3), 1, m.FLAG_STOPPED | m.FLAG_WATCHDOG, 0x0123456789ABCDEF, 512, 1),
    m.BoardHeartbeat(BOOT, 1_000_000, 4_294_967_295, 12, 1_000, 0),
    m.BoardHeartbeat(BOOT, 1, 2, 3, 4, m.FLAG_WATCHDOG | m.FLAG_HUNG),
    m.Answer(m.What.MODES, 13, serialize_modes([ModeEntry(13, 1, 2), ModeEntry(14, 3, 1)])),
    m.Answer(
        m.What.STREAMS, 0, serialize_streams([StreamEntry(1, 1, 2_500, (14, 15, 16)), StreamEntry(2, 2, 5, (2,))])
    ),
    m.Answer(m.What.DESCRIPTOR, 600, b""),
    m.Answer(m.What.COUNTERS, 0, m.serialize_counters(m.Counters(1, 2, 3, 4, 5, 6))),
    m.Answer(m.What.STREAM, 2, serialize_stream(StreamDetail(1, 208, 13, 8))),
    m.Answer(m.What.STREAM, 3, serialize_stream(None)),
    m.Reply(BOOT, 7, m.Status.OK, ops.serialize_done(ops.SetDone(1, 123_456, 1, 0))),
    m.Reply(BOOT, 8, m.Status.REFUSED, b"no such mode"),
    m.Reply(0, 9, m.Status.WRONG_BOOT),
    m.Reply(BOOT, 10, m.Status.RATE_TOO_HIGH, ops.serialize_offer(ops.RateOffer(2_176, 208))),
    m.Reply(BOOT, 11, m.Status.OK, ops.serialize_done(ops.CallDone(82, pack_arguments([ValueType.TEXT], ["ä" * 16])))),
    m.Samples(1, 4_294_967_290, 65_536, pack_scans(Format.U10, [array("H", [0, 256, 1_023])])),
    m.Irregular(13, 4, 0, pack_records(RawForm.BOOL, [5], [1])),
    m.Log("ready, 21 °C\n".encode()),
    m.Counters(1, 2, 3, 4, 5, 4_294_967_295),
)

ARGUMENTS: tuple[ops.Arguments, ...] = (
    ops.Set(9, 2_000, -1),
    ops.Set(30, 0, ops.float_bits(21.5)),
    ops.SetMode(8, 8, 2),
    ops.SetStream(255, 0, 16_000_000, (14, 15, 16, 17, 18, 19)),
    ops.SetStream(0, 255, 0, ()),
    ops.Renew(1_500, (3, 9)),
    ops.ClearStop(),
    ops.SetIdentity(0xFEDCBA9876543210),
    ops.Read(14),
    ops.Call(1, bytes((3, 0, 0, 0))),
    ops.Call(0, b""),
    ops.SetLine(1_000_000),
    ops.Identify(5_000),
    ops.Identify(0),
    ops.SetName("Gewächshaus"),
    ops.SetName(""),
)

DONE: tuple[tuple[str, ops.DoneData], ...] = (
    ("set", ops.SetDone(-1, 4_000_000_000, 0, 2_000)),
    ("mode", ops.ModeDone(5, 77)),
    ("stream", ops.StreamDone(1, 2_500, 78)),
    ("renew", ops.Done(79)),
    ("read", ops.ReadDone(1_023, 80)),
    ("call", ops.CallDone(81)),
    ("call", ops.CallDone(82, pack_arguments([ValueType.FLOAT], [21.5]))),
    ("stream", ops.StreamDone(1, 208, 83, 0, 8)),
    ("stream", ops.StreamDone(1, 2_500, 84, 1_664, 10)),
    ("line", ops.LineDone(2_000_000, 85)),
    ("identify", ops.Done(86)),
    ("name", ops.Done(87)),
)

CALLS: tuple[tuple[tuple[ValueType, ...], tuple[ArgumentValue, ...]], ...] = (
    ((), ()),
    ((ValueType.INT,), (-2,)),
    ((ValueType.BOOL, ValueType.FLOAT, ValueType.ENUM), (True, 0.25, 2)),
    ((ValueType.TEXT, ValueType.INT), ("21 °C", 2_147_483_647)),
    ((ValueType.TEXT,), ("",)),
    ((ValueType.TEXT,), ("x" * 32,)),
)

SAMPLES: tuple[tuple[Format, tuple[tuple[int | float, ...], ...]], ...] = (
    (Format.U10, ((0x101, 0x202, 0x303, 0x0FF),)),
    (Format.U10, ((1_023,),)),
    (Format.U10, ((1_023, 0),)),
    (Format.U10, ((1, 512, 1_023),)),
    (Format.U10, ((0, 2, 4), (1, 3, 5))),
    (Format.U10, ((0, 256, 512), (1, 257, 513), (1_023, 1_022, 1_021))),
    (Format.BITS, ((1, 0, 1),)),
    (Format.BITS, ((1, 0), (0, 1), (1, 1), (0, 0), (0, 0), (0, 0), (0, 0), (1, 0), (1, 1))),
    (Format.U8, ((0, 255), (7, 8))),
    (Format.U16, ((0, 65_535),)),
    (Format.I16, ((-32_768, 32_767), (-1, 0))),
    (Format.I32, ((-2_147_483_648, 2_147_483_647),)),
    (Format.F32, ((1.5, -0.25), (0.0, 65_536.0))),
)

RECORDS: tuple[tuple[RawForm, tuple[int, ...], tuple[int | float | str, ...]], ...] = (
    (RawForm.BOOL, (0, 4_294_967_295), (0, 1)),
    (RawForm.I32, (1_000,), (-2,)),
    (RawForm.F32, (1, 2), (21.5, -0.5)),
    (RawForm.TEXT, (1, 2), ("", "21 °C")),
)

DESCRIPTORS: tuple[tuple[str, Descriptor], ...] = (
    (
        "two pins",
        Descriptor(
            62_500,
            3,
            10,
            5_000,
            255,
            "uno",
            "ATmega328P",
            pins=(PinRecord(0, 0x8007, 0, "D0"), PinRecord(14, 0x000F, 0, "A0")),
        ),
    ),
    (
        "a sketch of everything",
        Descriptor(
            1_000_000,
            2,
            12,
            3_300,
            1_023,
            "Gewächshaus",
            "SAMD21",
            scan_step_us=104,
            max_baud=2_000_000,
            pins=(PinRecord(9, 0x0015, 1, "D9"),),
            channels=(
                ChannelRecord(64, 9, 0, 1, 1, 0, 2_000, 1.0, 0.0, 0, 1, 0, "pump", ""),
                ChannelRecord(65, 255, 2, 6, 0, 2, 0, 0.5, -50.0, 0, 0, 0, "temp", "°C"),
                ChannelRecord(
                    66,
                    255,
                    3,
                    17,
                    0,
                    1,
                    0,
                    1.0,
                    0.0,
                    0,
                    2,
                    0,
                    "mode",
                    "",
                    (LabelRecord(0, "off"), LabelRecord(2, "auto")),
                ),
            ),
            commands=(
                CommandRecord(0, 0, "identify"),
                CommandRecord(1, 0, "water", (ArgumentRecord(2, 0, 0.0, 60.0, "seconds", "s"),)),
                CommandRecord(2, 0, "weigh", (), 2, "kg"),
                CommandRecord(3, 0, "version", (), 4),
            ),
        ),
    ),
)


def _bad_frames() -> list[dict[str, object]]:
    stop = encode(serialize(m.Stop(0x0102)))
    beat = encode(serialize(m.Heartbeat(BOOT, 5)))
    flipped = bytes((*stop[:4], stop[4] ^ 0x10, *stop[5:]))
    cases: list[tuple[str, int, bytes]] = [
        ("one bit is wrong", MAX_LINE_TO_BOARD, flipped + beat),
        ("a byte is lost", MAX_LINE_TO_BOARD, stop[:3] + stop[4:] + beat),
        ("a byte is added", MAX_LINE_TO_BOARD, stop[:3] + b"\x55" + stop[3:] + beat),
        ("the delimiter between two is lost", MAX_LINE_TO_BOARD, stop[:-1] + beat + stop),
        ("a zero falls into it", MAX_LINE_TO_BOARD, stop[:4] + b"\0" + stop[5:] + beat),
        ("empty frames are none", MAX_LINE_TO_BOARD, b"\0\0\0" + stop + b"\0" + beat + b"\0"),
        ("too short for a check", MAX_LINE_TO_BOARD, b"\x04\x01\x02\x03\0" + stop),
        ("only a check and no body", MAX_LINE_TO_BOARD, b"\x01\x01\x01\x01\x01\0" + stop),
        ("a block goes beyond the end", MAX_LINE_TO_BOARD, b"\x30\x01\x02\x03\x04\x05\x06\0" + stop),
        ("noise longer than the longest frame", MAX_LINE_TO_BOARD, b"\x7f" * 200 + b"\0" + stop),
        ("one byte longer than allowed to a board", MAX_LINE_TO_BOARD, encode(b"\x04" + bytes(42)) + stop),
        ("as long as allowed to a board", MAX_LINE_TO_BOARD, encode(b"\x04" + bytes(41)) + stop),
        ("one byte longer than allowed from a board", MAX_LINE_FROM_BOARD, b"\x02" * 256 + b"\0" + beat),
        ("text of another sketch", MAX_LINE_FROM_BOARD, b"temperature: 21.5\r\n" * 20),
        ("text before a frame", MAX_LINE_FROM_BOARD, b"ready\r\n" + beat + beat),
        ("an empty frame saves what follows noise", MAX_LINE_FROM_BOARD, b"noise\0" + beat),
    ]
    out: list[dict[str, object]] = []
    for name, limit, data in cases:
        found = Decoder(limit).receive(data)
        good = [item.body.hex() for item in found if not isinstance(item, Damage)]
        out.append({"name": name, "max_line": limit, "bytes": data.hex(), "bad": len(found) - len(good), "good": good})
    return out


def _json_fields(value: object) -> dict[str, object]:
    assert is_dataclass(value)
    out: dict[str, object] = {}
    for entry in fields(value):
        item: object = getattr(value, entry.name)
        out[entry.name] = item.hex() if isinstance(item, bytes) else item
    return out


def _frames() -> list[dict[str, object]]:
    both: list[ToBoard | FromBoard] = [*TO_BOARD, *FROM_BOARD]
    bodies = [(type(message).__name__, serialize(message)) for message in both]
    bodies += [
        ("the longest from a board, no zero in it", b"\x45" + b"\xa5" * 249),
        ("the longest from a board, all zeros", b"\x45" + bytes(249)),
        ("the longest to a board", b"\x04" + bytes(range(41))),
    ]
    return [{"name": name, "body": body.hex(), "line": encode(body).hex()} for name, body in bodies]


def _messages() -> list[dict[str, object]]:
    directed: list[tuple[str, ToBoard | FromBoard]] = [("to_board", message) for message in TO_BOARD]
    directed += [("from_board", message) for message in FROM_BOARD]
    return [
        {
            "direction": direction,
            "message": type(message).__name__,
            "fields": _json_fields(message),
            "body": serialize(message).hex(),
        }
        for direction, message in directed
    ]


def _samples() -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    for packing, values in SAMPLES:
        columns: list[Column] = [array(TYPECODE[packing], column) for column in values]
        packed = pack_scans(packing, columns).hex()
        out.append({"format": packing.name.lower(), "number": int(packing), "columns": values, "packed": packed})
    return out


def vectors() -> dict[str, list[dict[str, object]]]:
    """The whole file, as what JSON can hold."""
    crcs = [b"", b"123456789", b"\x05\x02\x01", bytes(32)]
    cobs = [b"\0", b"\0\0", b"\x11\x22\0\x33", b"\x11\0\0\0", bytes(range(1, 255)), bytes(range(254))]
    return {
        "crc32": [{"data": data.hex(), "crc": zlib.crc32(data)} for data in crcs],
        "cobs": [{"data": data.hex(), "encoded": cobs_encode(data).hex()} for data in cobs],
        "frames": _frames(),
        "bad_frames": _bad_frames(),
        "messages": _messages(),
        "arguments": [
            {
                "op": ops.op_of(arguments).name.lower(),
                "number": int(ops.op_of(arguments)),
                "fields": _json_fields(arguments),
                "bytes": ops.serialize_arguments(arguments).hex(),
            }
            for arguments in ARGUMENTS
        ],
        "done": [
            {"op": op, "fields": _json_fields(done), "bytes": ops.serialize_done(done).hex()} for op, done in DONE
        ],
        "calls": [
            {"types": types, "values": values, "packed": pack_arguments(types, values).hex()} for types, values in CALLS
        ],
        "offers": [
            {
                "best_ticks": best,
                "offered_ticks": offered,
                "bytes": ops.serialize_offer(ops.RateOffer(best, offered)).hex(),
            }
            for best, offered in ((2_176, 208), (208, 208), (4_294_967_295, 4_294_967_295))
        ],
        "samples": _samples(),
        "records": [
            {"form": form.value, "t_us": times, "values": values, "packed": pack_records(form, times, values).hex()}
            for form, times, values in RECORDS
        ],
        "descriptors": [
            {
                "name": name,
                "descriptor": asdict(descriptor),
                "bytes": serialize_descriptor(descriptor).hex(),
                "crc": zlib.crc32(serialize_descriptor(descriptor)),
            }
            for name, descriptor in DESCRIPTORS
        ],
    }


def text() -> str:
    """The file's text: one vector a line, so that a change shows as what it is."""
    sections = [
        f'  "{name}": [\n' + ",\n".join("    " + json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n  ]"
        for name, entries in vectors().items()
    ]
    return "{\n" + ",\n".join(sections) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
