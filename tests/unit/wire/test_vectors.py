"""The vectors are what the code makes, and what the specification says."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from ardugate.wire.framing import Damage, Decoder, Frame, cobs_decode, encode
from ardugate.wire.messages import Fault, parse_from_board, parse_to_board, serialize
from ardugate.wire.ops import RateOffer, parse_offer
from ardugate.wire.samples import Format, unpack_scans
from tests.support.make_wire_vectors import PATH, text

# JSON: whatever the file holds.
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(PATH.read_text(encoding="utf-8"))


def names(section: str, *keys: str) -> list[str]:
    return [" ".join(str(entry[key]) for key in keys) for entry in VECTORS[section]]


def test_the_file_is_what_the_generator_makes() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run: python -m tests.support.make_wire_vectors"


def test_the_check_value_of_the_crc_is_in_the_file() -> None:
    assert {"data": b"123456789".hex(), "crc": 0xCBF43926} in VECTORS["crc32"]


def crc32_bit_by_bit(data: bytes) -> int:
    """The CRC as the specification words it: polynomial 0xEDB88320 reflected, initial value and final xor all ones."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


# Body, and the line as one writes it with the specification and a pencil: COBS blocks separated by spaces.
BY_HAND = {
    "STOP 1": ("05 01 00", "03 05 01", "05 b8 2a 91 e0", 0xE0912AB8),
    "LOG !": ("47 21", "07 47 21 63 db 88 b2", "", 0xB288DB63),
    "QUERY 0 0": ("03 00 00 00", "02 03 01 01", "05 f2 70 f1 33", 0x33F170F2),
}


@pytest.mark.parametrize(("body", "blocks", "last", "crc"), BY_HAND.values(), ids=BY_HAND.keys())
def test_frames_written_by_hand_are_encoded_and_decoded(body: str, blocks: str, last: str, crc: int) -> None:
    raw, line = bytes.fromhex(body), bytes.fromhex(blocks + last + "00")
    assert crc32_bit_by_bit(raw) == crc
    assert encode(raw) == line
    assert Decoder(256).receive(line) == [Frame(raw)]


@pytest.mark.parametrize("entry", VECTORS["cobs"], ids=names("cobs", "encoded"))
def test_cobs_has_no_zero_and_comes_back(entry: dict[str, Any]) -> None:
    encoded = bytes.fromhex(entry["encoded"])
    assert 0 not in encoded
    assert cobs_decode(encoded) == bytes.fromhex(entry["data"])


@pytest.mark.parametrize("entry", VECTORS["frames"], ids=names("frames", "name"))
def test_a_frame_is_its_body_with_crc_in_cobs(entry: dict[str, Any]) -> None:
    body, line = bytes.fromhex(entry["body"]), bytes.fromhex(entry["line"])
    assert line[-1] == 0
    checked = cobs_decode(line[:-1])
    assert checked == body + zlib.crc32(body).to_bytes(4, "little")
    assert Decoder(256).receive(line) == [Frame(body)]


@pytest.mark.parametrize("entry", VECTORS["bad_frames"], ids=names("bad_frames", "name"))
def test_bad_bytes_cost_what_the_vector_says(entry: dict[str, Any]) -> None:
    found = Decoder(entry["max_line"]).receive(bytes.fromhex(entry["bytes"]))
    assert [item.body.hex() for item in found if isinstance(item, Frame)] == entry["good"]
    assert sum(isinstance(item, Damage) for item in found) == entry["bad"]


@pytest.mark.parametrize("entry", VECTORS["messages"], ids=names("messages", "message", "body"))
def test_a_message_comes_back_from_its_body(entry: dict[str, Any]) -> None:
    body = bytes.fromhex(entry["body"])
    parse = parse_to_board if entry["direction"] == "to_board" else parse_from_board
    message = parse(body)
    assert not isinstance(message, Fault)
    assert type(message).__name__ == entry["message"]
    assert serialize(message) == body


@pytest.mark.parametrize("entry", VECTORS["samples"], ids=names("samples", "format", "packed"))
def test_packed_scans_come_apart_into_columns(entry: dict[str, Any]) -> None:
    columns = unpack_scans(Format(entry["number"]), bytes.fromhex(entry["packed"]), len(entry["columns"]))
    assert columns is not None
    assert [list(column) for column in columns] == entry["columns"]


def test_four_ten_bit_values_are_five_bytes_as_the_specification_draws_them() -> None:
    # 0x101, 0x202, 0x303, 0x0FF: low bytes 01 02 03 ff, then the high bits 01 | 10 << 2 | 11 << 4 | 00 << 6.
    columns = unpack_scans(Format.U10, bytes([0x01, 0x02, 0x03, 0xFF, 0b00_11_10_01]), 1)
    assert columns is not None
    assert list(columns[0]) == [0x101, 0x202, 0x303, 0x0FF]


@pytest.mark.parametrize("entry", VECTORS["offers"], ids=names("offers", "bytes"))
def test_the_data_of_rate_too_high_are_two_periods(entry: dict[str, Any]) -> None:
    assert parse_offer(bytes.fromhex(entry["bytes"])) == RateOffer(entry["best_ticks"], entry["offered_ticks"])
