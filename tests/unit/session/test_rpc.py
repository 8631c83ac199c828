"""JSON-RPC: requests in, answers out, nothing that a client can break."""

from __future__ import annotations

import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardugate.errors import Reason, RequestError
from ardugate.model import Form, Mode, Principal
from ardugate.session.requests import (
    METHODS,
    GetValue,
    ListBoards,
    RenewLease,
    Request,
    SetMode,
    SetRate,
    SetValue,
    StopAll,
    Subscribe,
    TakeLease,
)
from ardugate.session.session import Dialect
from tests.unit.session.build import ADMIN, DRIVER, T0, VIEWER, Message, answers, ask, error_of, say, session


@pytest.mark.parametrize(
    ("method", "params", "request_"),
    [
        ("boards", {}, ListBoards()),
        ("get", {"channel": "temp"}, GetValue("temp")),
        ("set", {"channel": "pump", "value": True}, SetValue("pump", True)),
        ("set", {"channel": "fan", "value": 0.5, "ttl_ms": 1, "key": "k"}, SetValue("fan", 0.5, 1, "k")),
        ("mode", {"channel": "D9", "mode": "pwm"}, SetMode("D9", Mode.PWM)),
        (
            "mode",
            {"channel": "D2", "mode": "count", "options": {"edge": "both"}},
            SetMode("D2", Mode.COUNT, {"edge": "both"}),
        ),
        ("rate", {"channels": ["A0"], "hz": 10}, SetRate(("A0",), 10)),
        ("rate", {"channels": ["A0"], "hz": "max"}, SetRate(("A0",), "max")),
        ("subscribe", {"channels": ["*/A*"], "form": "latest", "max_hz": 5}, Subscribe(("*/A*",), Form.LATEST, 5)),
        ("lease_take", {"channels": ["pump"], "ttl_ms": 5000, "keep": True}, TakeLease(("pump",), 5000, keep=True)),
        ("lease_renew", {"channels": ["pump"], "ttl_ms": 2000}, RenewLease(("pump",), 2000)),
        ("stop_all", {}, StopAll()),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_request_becomes_a_frozen_value(method: str, params: Message, request_: Request) -> None:
    client = session()
    ask(client, method, params)
    (asked,) = client.events()
    assert asked.request == request_
    assert (asked.session, asked.principal, asked.accepted_ns) == ("c_1", DRIVER, T0)


def test_true_is_not_one() -> None:
    client = session()
    ask(client, "set", {"channel": "pump", "value": True})
    ask(client, "set", {"channel": "pump", "value": 1})
    assert [type(cast("SetValue", asked.request).value) for asked in client.events()] == [bool, int]


@pytest.mark.parametrize("call_id", [1, "a", None, -5, 2**40], ids=repr)
def test_an_answer_carries_the_id_of_its_request(call_id: object) -> None:
    client = session()
    ask(client, "boards", call_id=call_id)
    (asked,) = client.events()
    client.reply(asked.handle, {"boards": []})
    assert answers(client) == [{"jsonrpc": "2.0", "id": call_id, "result": {"boards": []}}]
    assert client.pending() == 0


def test_a_refusal_carries_code_reason_and_hint() -> None:
    client = session()
    ask(client, "set", {"channel": "pump", "value": 1})
    (asked,) = client.events()
    client.fail(asked.handle, RequestError(Reason.LEASED, "pump is driven by bob", "wait"))
    (message,) = answers(client)
    assert error_of(message) == (-32000, "leased", "wait")


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.BAD_REQUEST, -32600),
        (Reason.UNKNOWN_METHOD, -32601),
        (Reason.WRONG_TYPE, -32602),
        (Reason.OUT_OF_RANGE, -32602),
        (Reason.INTERNAL, -32603),
        (Reason.OFFLINE, -32000),
        (Reason.UNKNOWN_CHANNEL, -32000),
    ],
    ids=str,
)
def test_codes_go_by_reason(reason: Reason, code: int) -> None:
    client = session()
    ask(client, "boards")
    client.fail(client.events()[0].handle, RequestError(reason, "no"))
    assert error_of(answers(client)[0])[:2] == (code, reason.value)


@pytest.mark.parametrize(
    ("text", "code", "reason", "hint"),
    [
        ("{", -32700, "bad_request", "send one JSON-RPC object or batch"),
        ("[" * 10_000, -32700, "bad_request", "send one JSON-RPC object or batch"),
        ('{"a":' * 250 + "1" + "}" * 250, -32700, "bad_request", "send one JSON-RPC object or batch"),
        ("NaN", -32700, "bad_request", "send one JSON-RPC object or batch"),
        ("9" * 5_000, -32700, "bad_request", "send one JSON-RPC object or batch"),
        ("17", -32600, "bad_request", 'like {"jsonrpc":"2.0","id":1,"method":"boards"}'),
        ("[]", -32600, "bad_request", "send at least one request"),
        ('{"jsonrpc":"1.0","id":1,"method":"boards"}', -32600, "bad_request", 'add "jsonrpc":"2.0"'),
        ('{"jsonrpc":"2.0","id":[],"method":"boards"}', -32600, "bad_request", "give an integer"),
        ('{"jsonrpc":"2.0","id":true,"method":"boards"}', -32600, "bad_request", "give an integer"),
        ('{"jsonrpc":"2.0","id":1,"method":"boards","x":1}', -32600, "bad_request", None),
        ('{"jsonrpc":"2.0","id":1,"method":7}', -32600, "bad_request", None),
        ('{"jsonrpc":"2.0","id":1}', -32600, "bad_request", None),
        ('{"jsonrpc":"2.0","id":1,"method":"gett"}', -32601, "unknown_method", "did you mean get?"),
        ('{"jsonrpc":"2.0","id":1,"method":"boards","params":[1]}', -32600, "bad_request", "name the params: {...}"),
    ],
    ids=[
        *("no JSON", "deep arrays", "deep objects", "NaN", "a long number", "no object", "an empty batch"),
        *("another version", "an array as id", "a bool as id", "an unknown field", "a number as method"),
        *("no method", "an unknown method", "params by position"),
    ],
)
def test_what_is_no_request_is_refused(text: str, code: int, reason: str, hint: str | None) -> None:
    client = session()
    client.receive_text(T0, text.encode())
    (message,) = answers(client)
    assert error_of(message)[:2] == (code, reason)
    assert hint is None or error_of(message)[2] == hint
    assert client.events() == []


@pytest.mark.parametrize(
    ("method", "params", "reason", "sentence"),
    [
        ("get", {"chanel": "x"}, "bad_request", "unknown field 'chanel'"),
        ("get", {}, "bad_request", "`channel` is missing"),
        ("get", {"channel": 7}, "wrong_type", "`channel` should be a string"),
        ("get", {"channel": ""}, "out_of_range", "`channel` should have at least 1 character"),
        ("get", {"channel": "x" * 257}, "out_of_range", "`channel` should have at most 256 characters"),
        ("set", {"channel": "x", "value": None}, "wrong_type", "`value` should be a boolean or a number or a string"),
        ("set", {"channel": "x", "value": [1]}, "wrong_type", "`value` should be a boolean or a number or a string"),
        (
            "set",
            {"channel": "x", "value": 1, "ttl_ms": 0},
            "out_of_range",
            "`ttl_ms` should be greater than or equal to 1",
        ),
        ("set", {"channel": "x", "value": 1, "ttl_ms": 1.5}, "wrong_type", "`ttl_ms` should be an integer"),
        ("set", {"channel": "x", "value": 1, "ttl_ms": True}, "wrong_type", "`ttl_ms` should be an integer"),
        ("rate", {"channels": "x", "hz": 1}, "wrong_type", "`channels` should be an array"),
        ("rate", {"channels": [1], "hz": 1}, "wrong_type", "`channels` should be a string"),
        ("rate", {"channels": [], "hz": 1}, "out_of_range", "`channels` should have at least 1 item"),
        ("rate", {"channels": ["x"], "hz": -1}, "out_of_range", "`hz` should be greater than or equal to 0"),
        ("rate", {"channels": ["x"], "hz": "min"}, "wrong_type", "`hz` should be a number or 'max'"),
        ("mode", {"channel": "x", "mode": "declared"}, "out_of_range", "`mode` should be a mode of a pin"),
        ("subscribe", {"form": "newest"}, "out_of_range", "`form` should be 'raw', 'envelope' or 'latest'"),
        ("lease_take", {"channels": ["x"], "ttl_ms": 1}, "out_of_range", "`ttl_ms` should be greater than"),
        ("boards", {"all": True}, "bad_request", "unknown field 'all'"),
    ],
)
def test_wrong_params_are_refused_in_a_sentence(method: str, params: Message, reason: str, sentence: str) -> None:
    client = session(principal=ADMIN)
    ask(client, method, params)
    (message,) = answers(client)
    assert error_of(message)[1] == reason
    assert cast("str", cast("Message", message["error"])["message"]).startswith(sentence)


@pytest.mark.parametrize(
    ("method", "params", "hint"),
    [
        ("rate", {"channels": ["x"], "hz": 1e9}, "`hz` takes 0 to 10000000 or 'max'"),
        ("set", {"channel": "x", "value": 1, "ttl_ms": 0}, "`ttl_ms` takes 1 to 65535"),
        ("get", {"channel": ""}, "`channel` takes 1 to 256 characters"),
        ("rate", {"channels": [], "hz": 1}, "`channels` takes 1 to 256 of them"),
        ("record_start", {"for_s": -1}, "`for_s` takes at most 31622400"),
    ],
)
def test_what_is_out_of_range_is_answered_with_the_range(method: str, params: Message, hint: str) -> None:
    client = session(principal=ADMIN)
    ask(client, method, params)
    assert error_of(answers(client)[0])[1:] == ("out_of_range", hint)


def test_an_unknown_field_names_the_nearest_one() -> None:
    client = session()
    ask(client, "set", {"channel": "x", "value": 1, "tll_ms": 5})
    assert error_of(answers(client)[0])[2] == "did you mean ttl_ms?"


def test_a_mode_that_is_none_is_answered_with_the_list_of_modes() -> None:
    client = session()
    ask(client, "mode", {"channel": "x", "mode": "pwn"})
    text = json.dumps(answers(client))
    assert "'pwm'" in text
    assert "declared" not in text


def test_an_infinite_value_is_out_of_range() -> None:
    client = session()
    client.receive_text(T0, b'{"jsonrpc":"2.0","id":1,"method":"set","params":{"channel":"x","value":1e999}}')
    assert error_of(answers(client)[0])[:2] == (-32602, "out_of_range")


def test_what_a_client_wrote_is_echoed_short_and_escaped() -> None:
    client = session()
    ask(client, "\x1b[31m" + "x" * 60_000)
    (frame,) = client.data_to_send()
    assert len(frame.payload) < 600
    assert b"\\u001b" not in frame.payload


def test_without_an_id_a_request_is_done_and_not_answered() -> None:
    client = session()
    say(client, {"jsonrpc": "2.0", "method": "stop_all"})
    say(client, {"jsonrpc": "2.0", "method": "nonsense"})
    (asked,) = client.events()
    client.reply(asked.handle, {})
    assert answers(client) == []


def test_a_batch_is_asked_in_order_and_answered_together() -> None:
    client = session()
    say(
        client,
        [
            {"jsonrpc": "2.0", "id": 1, "method": "set", "params": {"channel": "a", "value": 1}},
            {"jsonrpc": "2.0", "method": "set", "params": {"channel": "b", "value": 2}},
            {"jsonrpc": "2.0", "id": 3, "method": "nonsense"},
            {"jsonrpc": "2.0", "id": 4, "method": "set", "params": {"channel": "c", "value": 3}},
        ],
    )
    first, second, third = client.events()
    assert [cast("SetValue", asked.request).channel for asked in (first, second, third)] == ["a", "b", "c"]
    client.reply(third.handle, {"n": 3})
    client.reply(first.handle, {"n": 1})
    assert client.data_to_send() == []
    client.reply(second.handle, {"n": 2})
    (frame,) = client.data_to_send()
    batch = cast("list[Message]", json.loads(frame.payload))
    assert [message["id"] for message in batch] == [1, 3, 4]


def test_a_batch_of_nothing_that_wants_an_answer_gets_none() -> None:
    client = session()
    say(client, [{"jsonrpc": "2.0", "method": "stop_all"}])
    client.reply(client.events()[0].handle, {})
    assert client.data_to_send() == []


def test_an_answer_that_comes_twice_is_said_once() -> None:
    client = session()
    ask(client, "boards")
    (asked,) = client.events()
    client.reply(asked.handle, {})
    client.fail(asked.handle, RequestError(Reason.TIMEOUT, "late"))
    assert len(answers(client)) == 1


ADMINS = {
    "share_create",
    "share_list",
    "share_revoke",
    "ticket",
    "name",
    "port_lend",
    "port_reclaim",
    "ports",
    "port_use",
}
VIEW = {
    "boards",
    "clients",
    "ledger",
    "subscribe",
    "unsubscribe",
    "get",
    "stop_all",
    "history",
    "journal",
    "recordings",
}
LEAST: dict[str, Message] = {
    "unsubscribe": {"subscription": "u1"},
    "get": {"channel": "x"},
    "set": {"channel": "x", "value": 1},
    "mode": {"channel": "x", "mode": "pwm"},
    "rate": {"channels": ["x"], "hz": 1},
    "call": {"command": "x"},
    "name": {"name": "x"},
    "lease_take": {"channels": ["x"], "ttl_ms": 1000},
    "lease_renew": {"channels": ["x"], "ttl_ms": 1000},
    "lease_release": {"channels": ["x"]},
    "port_lend": {"port": "x"},
    "share_revoke": {"share": "x"},
    "annotate": {"text": "x"},
    "save": {"last_s": 1},
    "port_reclaim": {"port": "x"},
    "port_use": {"port": "x"},
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("principal", [VIEWER, DRIVER, ADMIN], ids=lambda each: cast("Principal", each).role.value)
def test_each_role_may_do_its_own(method: str, principal: Principal) -> None:
    client = session(principal=principal)
    ask(client, method, LEAST.get(method))
    allowed = method in VIEW or principal is ADMIN or (principal is DRIVER and method not in ADMINS)
    assert len(client.events()) == allowed
    refusals = [error_of(message)[1] for message in answers(client)]
    assert refusals == ([] if allowed else ["not_allowed"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(params=JSON, method=st.sampled_from([*METHODS, "x"]) | JSON, call_id=JSON)
def test_no_json_makes_a_session_fail(params: object, method: object, call_id: object) -> None:
    client = session(principal=ADMIN)
    say(client, {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params})
    assert len(client.events()) + len(answers(client)) == 1


@given(data=st.binary(max_size=200), dialect=st.sampled_from(Dialect))
def test_no_bytes_make_a_session_fail(data: bytes, dialect: Dialect) -> None:
    client = session(dialect)
    client.receive_text(T0, data)
    for frame in client.data_to_send():
        json.loads(frame.payload)
