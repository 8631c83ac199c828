"""Arguments of a sketch's commands: what the vectors say, and what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ardugate.model import ValueType
from ardugate.wire.calls import MAX_ARGUMENT_BYTES, pack_arguments, unpack_arguments
from ardugate.wire.messages import Fault
from tests.support.make_wire_vectors import PATH

# JSON: whatever the file holds.
CALLS: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))["calls"]


@pytest.mark.parametrize("entry", CALLS, ids=[str(entry["types"]) for entry in CALLS])
def test_arguments_are_packed_as_the_vector_says_and_come_back(entry: dict[str, Any]) -> None:
    types = [ValueType(kind) for kind in entry["types"]]
    packed = bytes.fromhex(entry["packed"])
    assert pack_arguments(types, entry["values"]) == packed
    assert unpack_arguments(types, packed + b"\x99") == tuple(entry["values"])
    if packed:
        assert isinstance(unpack_arguments(types, packed[:-1]), Fault)


def test_the_first_bytes_of_a_text_and_a_number_are_those_of_the_specification() -> None:
    packed = pack_arguments([ValueType.TEXT, ValueType.INT, ValueType.BOOL], ["ab", -2, True])
    assert packed.hex(" ") == "02 61 62 fe ff ff ff 01"


def test_a_bool_is_0_or_1() -> None:
    assert isinstance(unpack_arguments([ValueType.BOOL], b"\x02"), Fault)


def test_no_more_is_packed_than_the_longest_frame_holds() -> None:
    assert MAX_ARGUMENT_BYTES == 33
    with pytest.raises(ValueError, match="at most 33 fit"):
        pack_arguments([ValueType.TEXT], ["x" * 33])
    with pytest.raises(ValueError, match="a text of 300 bytes"):
        pack_arguments([ValueType.TEXT], ["x" * 300])
