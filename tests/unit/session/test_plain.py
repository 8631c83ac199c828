"""The dialect for a first page."""

from __future__ import annotations

import json
from array import array

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.model import Channel, Form, Mode, Receipt, StreamOpened, ValueType
from ardugate.session import shapes
from ardugate.session.requests import CallCommand, SetValue, Subscribe
from ardugate.session.session import Dialect, Session
from ardugate.session.shapes import Notification
from tests.unit.session.build import T0, VIEWER, S, analog, answers, delivery, read, say, session, view


def plain(channels: tuple[str, ...] | None = None) -> Session:
    return session(Dialect.PLAIN, channels=channels)


def begun() -> Session:
    client = plain()
    client.reply(client.events()[0].handle, {})
    return client


def test_a_plain_connection_subscribes_by_itself() -> None:
    (asked,) = plain().events()
    assert asked.request == Subscribe(None, Form.LATEST, 20.0)
    (asked,) = plain(("temp", "pump")).events()
    assert asked.request == Subscribe(("temp", "pump"), Form.LATEST, 20.0)


def test_a_subscription_that_is_refused_is_a_problem() -> None:
    client = plain(("nonsense",))
    client.fail(
        client.events()[0].handle, RequestError(Reason.UNKNOWN_CHANNEL, "no such channel", "did you mean temp?")
    )
    assert answers(client) == [{"error": "no such channel", "hint": "did you mean temp?", "reason": "unknown_channel"}]


@pytest.mark.parametrize("channels", [("",), ("x" * 300,), ("a",) * 300], ids=["empty", "long", "many"])
def test_globs_that_cannot_be_are_a_problem(channels: tuple[str, ...]) -> None:
    client = plain(channels)
    assert client.events() == []
    assert answers(client)[0]["reason"] == "out_of_range"


def test_news_of_a_board_come_in_one_message() -> None:
    temp, bit = analog("temp", scale=0.1), Channel(2, "pump", ValueType.BOOL, Mode.OUTPUT)
    one, two = view(temp, dt_s=None), view(bit, dt_s=None, number=2)
    other = view(temp, dt_s=None, number=3, board="attic")
    frames = begun().encode(
        [
            StreamOpened(one, ("u1",)),
            delivery(one, [array("H", [215])], times_ns=[T0]),
            delivery(two, [array("B", [1])], times_ns=[T0 + S]),
            delivery(other, [array("H", [200])], times_ns=[T0]),
        ]
    )
    assert [read(frame) for frame in frames] == [
        {"t_s": T0 / S + 1, "board": "greenhouse", "values": {"temp": 21.5, "pump": True}},
        {"t_s": T0 / S, "board": "attic", "values": {"temp": 20.0}},
    ]


def test_a_set_asks_for_each_of_its_channels_and_says_nothing_when_it_worked() -> None:
    client = begun()
    say(client, {"set": {"pump": True, "attic/fan": 0.5}})
    first, second = client.events()
    assert (first.request, second.request) == (SetValue("pump", True), SetValue("attic/fan", 0.5))
    client.reply(first.handle, {})
    assert answers(client) == []
    client.fail(second.handle, RequestError(Reason.OFFLINE, "attic is down", "plug it in"))
    assert answers(client) == [
        {"error": "attic is down", "hint": "plug it in", "reason": "offline", "channel": "attic/fan"}
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "bad_request"),
        ("[]", "bad_request"),
        ('{"sett":{}}', "bad_request"),
        ('{"set":{}}', "bad_request"),
        ('{"set":7}', "bad_request"),
        ('{"call":{}}', "bad_request"),
        ('{"call":{"water":7}}', "wrong_type"),
        ("{}", "bad_request"),
        ('{"set":{"pump":null}}', "wrong_type"),
        ('{"set":{"pump":1e999}}', "out_of_range"),
        ('{"set":' + json.dumps({str(number): 1 for number in range(65)}) + "}", "bad_request"),
    ],
    ids=[
        "no JSON",
        "no object",
        "unknown",
        "nothing",
        "no map",
        "no call",
        "no arguments",
        "empty",
        "null",
        "infinite",
        "many",
    ],
)
def test_problems_are_said_with_a_hint(text: str, reason: str) -> None:
    client = begun()
    client.receive_text(T0, text.encode())
    (message,) = answers(client)
    assert message["reason"] == reason
    assert message["error"]
    assert message["hint"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"call":{"water":{"seconds":3}}}', [CallCommand("water", {"seconds": 3})]),
        ('{"call":{"attic/water":{}}}', [CallCommand("water", {}, "attic")]),
        ('{"call":{"water":{}},"set":{"pump":true}}', [SetValue("pump", True), CallCommand("water", {})]),
    ],
    ids=["a command", "of a board", "after values"],
)
def test_a_call_runs_a_command(text: str, expected: list[object]) -> None:
    client = begun()
    client.receive_text(T0, text.encode())
    assert [asked.request for asked in client.events()] == expected


def test_a_call_that_gives_something_back_says_it_and_another_says_nothing() -> None:
    client = begun()
    say(client, {"call": {"battery": {}, "water": {}}})
    battery, water = client.events()
    receipt = Receipt(value=1.25, executed_ns=T0, unit="V")
    client.reply(battery.handle, shapes.called("greenhouse", "battery", receipt))
    client.reply(water.handle, shapes.called("greenhouse", "water", Receipt()))
    assert answers(client) == [{"t_s": T0 / S, "board": "greenhouse", "result": {"battery": 1.25}}]


def test_who_may_only_view_may_not_set() -> None:
    client = session(Dialect.PLAIN, VIEWER)
    client.events()
    say(client, {"set": {"pump": True}})
    assert answers(client)[0]["reason"] == "not_allowed"


def test_there_are_no_notifications() -> None:
    client = begun()
    client.notify(Notification("board", {}))
    assert client.data_to_send() == []
