from __future__ import annotations

from array import array

import pytest

from ardugate.wire.modes import RawForm
from ardugate.wire.records import pack_records, unpack_records
from ardugate.wire.samples import TYPECODE, Column, Format, pack_scans, unpack_scans, value_count


@pytest.mark.parametrize("count", range(1, 13))
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_ten_bit_values_of_any_number_come_back(channels: int, count: int) -> None:
    columns: list[Column] = [array("H", [(37 * k + 101 * c) % 1024 for k in range(count)]) for c in range(channels)]
    assert unpack_scans(Format.U10, pack_scans(Format.U10, columns), channels) == columns


@pytest.mark.parametrize(
    ("packing", "size", "channels"),
    [
        (Format.U10, 0, 1),
        (Format.U10, 1, 1),
        (Format.U10, 6, 1),
        (Format.U10, 5, 3),
        (Format.BITS, 3, 9),
        (Format.U16, 3, 1),
        (Format.I16, 4, 3),
        (Format.I32, 6, 1),
        (Format.F32, 4, 2),
    ],
    ids=lambda value: str(value),
)
def test_bytes_that_are_no_whole_scans_are_refused(packing: Format, size: int, channels: int) -> None:
    assert value_count(packing, size, channels) is None
    assert unpack_scans(packing, bytes(size), channels) is None


def test_values_beyond_ten_bits_are_not_packed() -> None:
    with pytest.raises(ValueError, match="1024"):
        pack_scans(Format.U10, [array("H", [1024])])


@pytest.mark.parametrize("packing", list(Format))
def test_columns_have_the_formats_type(packing: Format) -> None:
    columns = unpack_scans(packing, bytes(40), 2)
    assert columns is not None
    assert {column.typecode for column in columns} == {TYPECODE[packing]}


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (RawForm.BOOL, b""),
        (RawForm.BOOL, b"\1\0\0\0"),
        (RawForm.BOOL, b"\1\0\0\0\2"),
        (RawForm.I32, bytes(9)),
        (RawForm.TEXT, b"\1\0\0\0"),
        (RawForm.TEXT, b"\1\0\0\0\5abc"),
        (RawForm.TEXT, b""),
    ],
    ids=["none", "cut off", "a bool that is 2", "i32 and a half", "no length", "a lying length", "no text"],
)
def test_records_that_are_not_whole_are_refused(form: RawForm, data: bytes) -> None:
    assert unpack_records(form, data) is None


def test_text_that_is_no_utf8_is_shown_all_the_same() -> None:
    assert unpack_records(RawForm.TEXT, b"\1\0\0\0\2a\xff") == (array("I", [1]), ["a\ufffd"])


def test_a_text_of_256_bytes_is_not_packed() -> None:
    with pytest.raises(ValueError, match="256"):
        pack_records(RawForm.TEXT, [0], ["x" * 256])
