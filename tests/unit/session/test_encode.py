"""Encodings are made once, and right for every client."""

from __future__ import annotations

import json
from array import array
from typing import cast

import pytest

from ardugate.model import Channel, Loss, Mode, StreamClosed, StreamOpened, ValueType
from ardugate.session import encode
from ardugate.session.encode import Dialect, Encoder
from ardugate.session.shapes import Notification
from tests.unit.session.build import T0, Message, S, analog, delivery, read, session, view


def test_an_encoding_is_made_once_for_all_sessions() -> None:
    encoder = Encoder()
    batch = delivery(view(analog("A0")), [array("H", [1])])
    for dialect in (Dialect.JSON, Dialect.BINARY):
        (first,) = session(dialect, encoder=encoder).encode([batch])
        (second,) = session(dialect, encoder=encoder).encode([batch])
        assert first is second


def test_the_encodings_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "KEPT", 2)
    encoder = Encoder()
    batches = [delivery(view(analog("A0")), [array("H", [number])]) for number in range(3)]
    frames = [encoder.delivery(batch, Dialect.JSON) for batch in batches]
    assert encoder.delivery(batches[2], Dialect.JSON) is frames[2]
    assert encoder.delivery(batches[0], Dialect.JSON) is not frames[0]


def test_a_notification_is_made_once_for_all_who_are_told_and_forgotten_soon() -> None:
    encoder = Encoder()
    welcomes = [Notification("welcome", {"session": f"c_{number}"}) for number in range(encode.KEPT_NOTIFICATIONS + 1)]
    frames = [encoder.notification(each) for each in welcomes]
    assert encoder.notification(welcomes[-1]) is frames[-1]
    assert encoder.notification(welcomes[0]) is not frames[0]


def test_equal_values_are_not_mistaken_for_each_other() -> None:
    encoder = Encoder()
    first = encoder.notification(Notification("log", {"text": "a"}))
    second = encoder.notification(Notification("log", {"text": "b"}))
    assert first.payload != second.payload


@pytest.mark.parametrize(
    ("size", "header"),
    [(0, "8100"), (125, "817d"), (126, "817e007e"), (65_535, "817effff"), (65_536, "817f0000000000010000")],
    ids=["empty", "longest short", "shortest medium", "longest medium", "shortest long"],
)
def test_a_frame_is_a_whole_websocket_frame(size: int, header: str) -> None:
    frame = encode.frame(b"x" * size, text=True)
    assert frame.wire == bytes.fromhex(header) + frame.payload


def test_binary_data_is_marked_so() -> None:
    assert encode.frame(b"", text=False).wire == b"\x82\x00"


def test_samples_carry_values_in_the_channels_unit() -> None:
    soil = analog("soil", scale=0.5, offset=-10, unit="%")
    batch = delivery(view(soil), [array("H", [20, 21])], seq=4711, lost=3)
    (frame,) = session().encode([batch])
    assert read(frame) == {
        "jsonrpc": "2.0",
        "method": "samples",
        "params": {
            "stream": "s1_7f3a",
            "seq": 4711,
            "t0_s": T0 / S,
            "dt_s": 0.01,
            "columns": {"greenhouse/soil": [0.0, 0.5]},
            "lost": 3,
            "cursor": "7f3a-1b2c",
        },
    }


def test_irregular_samples_carry_their_times() -> None:
    bit = Channel(2, "D2", ValueType.BOOL, Mode.INPUT)
    batch = delivery(view(bit, dt_s=None), [array("B", [1, 0])], times_ns=[T0, T0 + S])
    (frame,) = session().encode([batch])
    params = read(frame)["params"]
    assert isinstance(params, dict)
    assert params["t_s"] == [T0 / S, T0 / S + 1]
    assert params["columns"] == {"greenhouse/D2": [True, False]}
    assert "dt_s" not in params


def test_samples_are_binary_where_they_can_be_and_json_where_not() -> None:
    binary = session(Dialect.BINARY)
    temp = view(analog("temp", dtype="f32"))
    good, missing = delivery(temp, [array("f", [1.0])]), delivery(temp, [array("f", [float("nan")])])
    text = delivery(
        view(Channel(3, "says", ValueType.TEXT, Mode.DECLARED, dtype="text"), dt_s=None), [["hi"]], times_ns=[T0]
    )
    frames = binary.encode([good, missing, text])
    assert [frame.text for frame in frames] == [False, True, True]
    assert b'"greenhouse/temp":[null]' in frames[1].payload
    assert b'"greenhouse/says":["hi"]' in frames[2].payload


def test_nan_and_infinity_never_leave() -> None:
    frame = encode.text_frame({"a": float("nan"), "b": float("inf")})
    assert json.loads(frame.payload) == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("channel", "raw", "values"),
    [
        (analog("A0"), array("H", [0, 1023]), [0, 1023]),
        (Channel(1, "x", ValueType.FLOAT, Mode.PWM, scale=1 / 255), array("B", [0, 255]), [0.0, 1.0]),
        (Channel(1, "x", ValueType.INT, Mode.DECLARED, scale=2), array("h", [-3]), [-6]),
        (Channel(1, "x", ValueType.BOOL, Mode.INPUT), array("B", [0, 1]), [False, True]),
        (Channel(1, "x", ValueType.ENUM, Mode.DECLARED, labels=("idle", "")), array("B", [0, 1, 2]), ["idle", 1, 2]),
        (Channel(1, "x", ValueType.TEXT, Mode.DECLARED), ["a", ""], ["a", ""]),
        (Channel(1, "x", ValueType.FLOAT, Mode.DECLARED), array("f", [21.3, float("nan")]), [21.3, None]),
        (Channel(1, "x", ValueType.FLOAT, Mode.DECLARED), array("f", [16777217.0, 1e-30]), [16777216.0, 1e-30]),
        (Channel(1, "x", ValueType.FLOAT, Mode.ANALOG), array("H", [3]), [3.0]),
    ],
    ids=[
        "counts",
        "scaled",
        "scaled whole",
        "bool",
        "enum",
        "text",
        "f32 as short as can be",
        "f32 limits",
        "whole float",
    ],
)
def test_raw_columns_become_values(
    channel: Channel, raw: array[int] | array[float] | list[str], values: list[object]
) -> None:
    got = channel.values(raw)
    assert got == values
    assert [type(value) for value in got] == [type(value) for value in values]


def test_streams_are_announced_in_one_message_before_their_samples() -> None:
    one, two = view(analog("A0")), view(analog("A1"), number=2)
    frames = session().encode(
        [
            StreamClosed("s0_7f3a", "rate", T0),
            StreamOpened(one, ("u1",)),
            StreamOpened(two, ("u1",)),
            delivery(one, [array("H", [1])]),
        ]
    )
    first, second = [read(frame) for frame in frames]
    assert (first["method"], second["method"]) == ("streams", "samples")
    params = cast("dict[str, list[Message]]", first["params"])
    assert [each["stream"] for each in params["streams"]] == ["s1_7f3a", "s2_7f3a"]
    assert params["ended"] == [{"stream": "s0_7f3a", "cause": "rate", "t_s": T0 / S}]


def test_a_stream_that_began_and_ended_in_one_tick_is_told_in_that_order() -> None:
    one = view(analog("A0"))
    frames = session().encode([StreamOpened(one, ("u1",)), StreamClosed(one.id, "rate", T0)])
    began, ended = [cast("dict[str, list[Message]]", read(frame)["params"]) for frame in frames]
    assert (len(began["streams"]), len(began["ended"])) == (1, 0)
    assert (len(ended["streams"]), len(ended["ended"])) == (0, 1)


def test_a_loss_is_told_in_its_place() -> None:
    one = view(analog("A0"))
    frames = session(Dialect.BINARY).encode(
        [Loss("client", "slow", one.id, 100, 5, T0, "greenhouse"), delivery(one, [array("H", [1])])]
    )
    assert [frame.text for frame in frames] == [True, False]
    assert read(frames[0])["params"] == {
        "place": "client",
        "reason": "slow",
        "board": "greenhouse",
        "stream": "s1_7f3a",
        "from_seq": 5,
        "count": 100,
        "t_s": T0 / S,
    }
