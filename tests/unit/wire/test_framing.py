from __future__ import annotations

import pytest

from ardugate.wire.framing import Damage, Decoder, Frame, cobs_encode, encode
from ardugate.wire.limits import MAX_LINE_FROM_BOARD, MAX_LINE_TO_BOARD

BODY = b"\x05\x01\x00"
LINE = encode(BODY)


def test_a_frame_of_the_longest_body_is_256_bytes_long() -> None:
    assert len(encode(b"\xa5" * 250)) == MAX_LINE_FROM_BOARD
    assert len(encode(bytes(250))) == MAX_LINE_FROM_BOARD


@pytest.mark.parametrize(
    ("size", "limit"), [(251, MAX_LINE_FROM_BOARD), (43, MAX_LINE_TO_BOARD)], ids=["from a board", "to a board"]
)
def test_a_body_that_does_not_fit_is_refused(size: int, limit: int) -> None:
    with pytest.raises(ValueError, match=r"more than|longer than"):
        encode(b"\x01" * size, limit)


def test_cobs_refuses_more_than_one_block() -> None:
    with pytest.raises(ValueError, match="255 bytes"):
        cobs_encode(b"\x01" * 255)


def test_empty_frames_are_ignored() -> None:
    assert Decoder(256).receive(b"\0\0\0" + LINE + b"\0\0") == [Frame(BODY)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"\x09abc", "cobs"),
        (b"\x04abc", "short"),
        (b"\x05abcd", "short"),
        (b"\x06abcde", "crc"),
        (b"x" * 256, "long"),
    ],
    ids=["a block beyond the end", "three bytes", "a check only", "a wrong check", "too long"],
)
def test_what_does_not_decode_is_one_bad_frame_of_its_kind(line: bytes, kind: str) -> None:
    found = Decoder(256).receive(line + b"\0" + LINE)
    assert [type(item) for item in found] == [Damage, Frame]
    damage = found[0]
    assert isinstance(damage, Damage)
    assert damage.kind == kind


def test_a_run_without_end_is_counted_once_and_dropped_to_the_next_delimiter() -> None:
    decoder = Decoder(256)
    found = [item for _ in range(100) for item in decoder.receive(b"z" * 100)]
    assert [item.kind for item in found if isinstance(item, Damage)] == ["long"]
    assert decoder.pending_bytes == 0
    assert decoder.receive(b"zz\0" + LINE) == [Frame(BODY)]


def test_text_is_found_in_a_bad_frame() -> None:
    damage = Decoder(256).receive(b"\x01\x02overflow: 12\r\n\xff\x01ab\0")[0]
    assert isinstance(damage, Damage)
    assert damage.text == "overflow: 12\r\n"
