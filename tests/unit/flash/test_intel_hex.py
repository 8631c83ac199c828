"""Programs as Intel HEX."""

from __future__ import annotations

import pytest

from ardugate.errors import HexInvalid
from ardugate.flash import parse_hex, serialize_hex
from ardugate.flash.intel_hex import MAX_BYTES

END = ":00000001FF"


def test_records_with_a_gap_and_a_base_are_one_image_and_the_gap_is_blank() -> None:
    assert parse_hex(f":0200000001 02FB\n{END}".replace(" ", "")) == b"\x01\x02"
    text = f":0100000007F8\n:020000021000EC\n:0100020009F4\n{END}\n"
    image = parse_hex(text)
    assert (len(image), image[0], image[1], image[0x10002]) == (0x10003, 7, 0xFF, 9)


@pytest.mark.parametrize("size", [1, 16, 17, 32_256, 0x10000, 0x10011])
def test_what_is_written_is_read(size: int) -> None:
    image = bytes(place * 7 & 0xFF for place in range(size))
    assert parse_hex(serialize_hex(image)) == image


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the end of the file"),
        (f"{END}\n", "expected a program"),
        (":0100000007F8\n", "expected an end record"),
        (":0100000007F9\n" + END, "line 1: its checksum is wrong"),
        (":0200000007F8\n" + END, "line 1: expected a whole record"),
        (":01zz000007F8\n" + END, "line 1: expected a whole record"),
        ("\x7fELF\x01\x01\x01", "line 1: expected a whole record"),
        (":0100000007F8\n:0100000607F2\n" + END, "line 2: expected a record of type 0 to 5"),
        (":020000040800F2\n:0100000007F8\n" + END, f"line 2: expected addresses below {MAX_BYTES}"),
    ],
    ids=[
        "nothing",
        "only an end",
        "cut off",
        "damaged",
        "too short",
        "no digits",
        "an ELF",
        "another type",
        "far away",
    ],
)
def test_what_is_no_program_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(HexInvalid) as caught:
        parse_hex(text)
    assert said in str(caught.value)
