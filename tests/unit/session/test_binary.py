"""Binary frames: aligned columns of raw values."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardugate.session import binary
from tests.unit.session.build import T0, S, analog, delivery, view
from tests.unit.session.decode import decode


def test_a_frame_is_exactly_these_bytes() -> None:
    frame = binary.encode(
        delivery(view(analog("A0"), analog("A1"), number=7), [array("H", [1, 2]), array("H", [3, 4])], seq=5, lost=6)
    )
    assert frame == (
        b"\x01\x02\x02\x00\x07\x00\x00\x00"
        b"\x05\x00\x00\x00\x00\x00\x00\x00" + struct.pack("<d", T0 / S) + b"\x02\x00\x00\x00\x06\x00\x00\x00"
        b"\x00\x00\x09\x00\x00\x00\x00\x00"
        b"\x01\x00\x02\x00\x00\x00\x00\x00"
        b"\x03\x00\x04\x00\x00\x00\x00\x00"
        b"7f3a-1b2c"
    )


@given(
    count=st.integers(1, 70),
    width=st.integers(1, 16),
    dtype=st.sampled_from([("u8", "B"), ("u16", "H"), ("i16", "h"), ("i32", "i"), ("f32", "f")]),
    timed=st.booleans(),
    data=st.data(),
)
def test_what_is_encoded_is_read_back(
    count: int, width: int, dtype: tuple[str, str], timed: bool, data: st.DataObject
) -> None:
    name, typecode = dtype
    values = st.lists(st.integers(0, 100), min_size=count, max_size=count)
    columns = [array(typecode, data.draw(values)) for _ in range(width)]
    channels = [analog(f"A{index}", dtype=name) for index in range(width)]
    times = [T0 + index * 1_000 for index in range(count)] if timed else None
    frame = binary.encode(delivery(view(*channels, dt_s=None if timed else 0.01), columns, times_ns=times))
    read = decode(frame)
    assert read is not None
    assert read.columns == [list(column) for column in columns]
    assert read.times_s == (None if times is None else [each / 1e9 for each in times])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")], ids=["nan", "inf", "-inf"])
def test_a_batch_with_a_missing_value_cannot_be_a_binary_frame(bad: float) -> None:
    assert not binary.can_encode(delivery(view(analog("temp", dtype="f32")), [array("f", [1.0, bad])]))
    assert binary.can_encode(delivery(view(analog("temp", dtype="f32")), [array("f", [1.0, 2.0])]))


def test_text_cannot_be_a_binary_frame() -> None:
    assert not binary.can_encode(delivery(view(analog("state", dtype="text")), [["on"]]))
