"""tests/vectors/gateway.json is what this code makes and what an independent reader reads."""

from __future__ import annotations

import json
from typing import cast

import pytest

from tests.support.make_gateway_vectors import PATH, build
from tests.unit.session.build import Message
from tests.unit.session.decode import BadFrameError, decode

VECTORS = cast("dict[str, list[Message]]", json.loads(PATH.read_text()))


def named(kind: str) -> list[object]:
    return [pytest.param(vector, id=str(vector["name"])) for vector in VECTORS[kind]]


def test_the_file_is_up_to_date() -> None:
    assert json.loads(json.dumps(build())) == VECTORS, "run python -m tests.support.make_gateway_vectors"


@pytest.mark.parametrize("vector", named("frames"))
def test_a_stranger_reads_each_frame(vector: Message) -> None:
    read = decode(bytes.fromhex(cast("str", vector["frame"])))
    assert read is not None
    expected = cast("Message", vector["decoded"])
    assert {name: getattr(read, name) for name in expected} == expected


def in_pairs(
    channels: list[Message], columns: dict[str, dict[str, list[object]]]
) -> tuple[list[Message], dict[str, list[object]]]:
    """An envelope's columns one by one, as its frame has them: raw minima, then raw maxima."""
    names: list[Message] = []
    values: dict[str, list[object]] = {}
    for channel in channels:
        address = cast("str", channel["channel"])
        turned = cast("float", channel["scale"]) < 0
        for half in ("max", "min") if turned else ("min", "max"):
            names.append({**channel, "channel": f"{address} {half}"})
            values[f"{address} {half}"] = columns[address][half]
            assert all(low <= high for low, high in zip(*columns[address].values(), strict=True))
    return names, values


@pytest.mark.parametrize("vector", named("frames"))
def test_raw_values_scaled_as_announced_are_the_values_of_json(vector: Message) -> None:
    read = decode(bytes.fromhex(cast("str", vector["frame"])))
    assert read is not None
    stream = cast("Message", vector["stream"])
    channels = cast("list[Message]", stream["channels"])
    columns = cast("dict[str, list[object]]", cast("Message", vector["samples"])["columns"])
    if stream["form"] == "envelope":
        channels, columns = in_pairs(channels, cast("dict[str, dict[str, list[object]]]", columns))
    for channel, raw in zip(channels, read.columns, strict=True):
        scale, offset = cast("float", channel["scale"]), cast("float", channel["offset"])
        values = columns[cast("str", channel["channel"])]
        labels = cast("list[str]", channel["labels"])
        for value, count in zip(values, raw, strict=True):
            expected = labels[int(count)] if isinstance(value, str) else pytest.approx(count * scale + offset, rel=1e-6)
            assert value == expected


@pytest.mark.parametrize("vector", named("bad_frames"))
def test_a_stranger_refuses_bad_frames_and_ignores_unknown_kinds(vector: Message) -> None:
    data = bytes.fromhex(cast("str", vector["frame"]))
    if vector["why"] == "unknown kind":
        assert decode(data) is None
        return
    with pytest.raises(BadFrameError, match=cast("str", vector["why"])):
        decode(data)
