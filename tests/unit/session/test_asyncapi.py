"""``/asyncapi.json`` says what is said: every method, every notification, and nothing that is not so."""

from __future__ import annotations

import json
from typing import Any, cast, get_args

import pytest
from jsonschema import Draft202012Validator

from ardugate.errors import Reason, RequestError
from ardugate.model import Driver, Hold, Lease, Loss, Receipt
from ardugate.session import shapes, spoken
from ardugate.session.asyncapi import document
from ardugate.session.encode import samples
from ardugate.session.notifications import EVENT_KINDS, LEASE_CAUSES
from ardugate.session.notifications import METHODS as NOTIFIED
from ardugate.session.past import Past
from ardugate.session.requests import METHODS
from tests.support import asyncapi
from tests.support.make_gateway_vectors import REQUESTS, all_notifications, deliveries, request_vector
from tests.unit.hub.build import board
from tests.unit.session.build import DRIVER, T0, analog, view

DOCUMENT = cast("dict[str, Any]", document("0.1.0", "127.0.0.1:8765"))


def problems(name: str, message: object) -> list[str]:
    """What is wrong with a message of this name."""
    payload = DOCUMENT["components"]["messages"][name]["payload"]
    judge: Any = Draft202012Validator({**payload, "components": DOCUMENT["components"]})
    return [str(each.message) for each in judge.iter_errors(json.loads(json.dumps(message)))]


@pytest.mark.node
@pytest.mark.timeout(700)  # twice what it may take to install and to run
def test_asyncapis_own_parser_finds_nothing_wrong() -> None:
    assert asyncapi.problems(DOCUMENT) == []
    assert asyncapi.problems({**DOCUMENT, "channels": {"rpc": {"adress": "/ws"}}}) != []


def test_every_method_and_every_notification_is_there() -> None:
    receives = {name for name, each in DOCUMENT["operations"].items() if each["action"] == "receive"}
    sends = {name for name, each in DOCUMENT["operations"].items() if each["action"] == "send"}
    assert receives == {*METHODS, "batch", "wish"}
    assert sends == {*(f"tell_{method}" for method in NOTIFIED), "say"}
    assert set(spoken.RESULTS) == set(METHODS)


def test_its_closed_lists_are_ours() -> None:
    assert get_args(spoken.EventKind) == EVENT_KINDS
    assert get_args(spoken.LeaseCause) == LEASE_CAUSES


@pytest.mark.parametrize("message", all_notifications(), ids=lambda each: cast("dict[str, str]", each)["method"])
def test_a_notification_looks_as_it_says(message: dict[str, Any]) -> None:
    name = f"{message['method']}.notification"
    assert problems(name, message) == []
    assert problems(name, {**message, "params": {**message["params"], "more": 1}}) != []


@pytest.mark.parametrize("name", list(deliveries()))
def test_samples_look_as_it_says(name: str) -> None:
    message = {"jsonrpc": "2.0", "method": "samples", "params": samples(deliveries()[name])}
    assert problems("samples.notification", message) == []


RECEIPT = Receipt(True, True, T0, T0, Hold.CLIENT, T0)
REFUSED = RequestError(Reason.OFFLINE, "gone", "plug it in")


def _past() -> shapes.Json:
    past = Past("7f3a-ff")
    past.add(deliveries()["one edge"])
    return past.result()


SHARE: shapes.Json = {"id": "s1", "grants": "view", "boards": None, "created_t_s": 1.5, "until_s": None, "clients": 0}

RESULTS: dict[str, shapes.Json] = {
    "boards": {"boards": [shapes.board(board())]},
    "clients": {
        "clients": [shapes.client(shapes.ClientInfo("c_1", DRIVER, "", "::1", T0, 1, 0))],
        "refused": 0,
        "leases": [shapes.lease(Lease("a", "b", "c_1", DRIVER, T0))],
        "drivers": [shapes.driver(Driver("a", "b", "c_1", DRIVER, T0, None))],
        "t_s": 1.5,
    },
    "ledger": {
        "losses": [shapes.loss_total("a", "wire", "damaged", 3, 1, T0)],
        "recent": [shapes.loss(Loss("wire", "damaged", "b1", 3, 0, T0, "a"))],
    },
    "subscribe": shapes.subscribed("u1", [view(analog("A0"))]),
    "unsubscribe": {"subscription": "u1"},
    "get": shapes.value_now("a", "b", 1.5, "V", T0, T0, stale=False),
    "set": shapes.receipt("a", "b", RECEIPT),
    "mode": shapes.receipt("a", "b", Receipt("pwm", "pwm", T0, T0)),
    "rate": shapes.rates("a", Receipt(rates={"A0": 100.0})),
    "call": shapes.called("a", "water", Receipt()),
    "identify": shapes.identified("a", 5_000, Receipt()),
    "name": shapes.named("a", Receipt(value="attic")),
    "lease_take": {"leases": [shapes.lease(Lease("a", "b", "c_1", DRIVER, T0))]},
    "lease_renew": {"leases": [], "extended": ["a/b"]},
    "lease_release": {"leases": []},
    "stop_all": shapes.stopped({"a": Receipt(), "b": REFUSED}),
    "clear_stop": shapes.stopped({}),
    "share_create": {"share": SHARE, "url": "http://127.0.0.1/?share=x"},
    "share_list": {"shares": [SHARE, {**SHARE, "boards": ["a"], "until_s": 2.5}]},
    "share_revoke": {"share": "s1"},
    "ticket": shapes.ticket("x", "http://127.0.0.1/?ticket=x", T0),
    "history": _past(),
    "port_lend": {"port": "/dev/ttyACM0", "board": "a", "to": "avrdude"},
    "port_reclaim": {"port": "/dev/ttyACM0", "board": "a"},
    "ports": {
        "ports": [
            {"port": "/dev/ttyUSB0", "kind": "converter", "description": "", "holders": ["minicom (7)"], "board": None}
        ]
    },
    "port_use": {"port": "/dev/ttyACM0", "board": "a"},
    "journal": {"entries": [{"t_s": 1.5, "kind": "lost", "board": None, "text": "x"}]},
    "record_start": shapes.recording("a.ardcap", "recording", "", T0, T0, 0),
    "record_stop": shapes.recording("a.ardcap", "whole", "", T0, T0, 1),
    "recordings": {
        "recordings": [shapes.recording("a.ardcap", "paused", "disk_full", T0, T0, 1)],
        "ring": {"from_s": 1.5, "size_bytes": 1},
        "free_bytes": None,
    },
    "annotate": {"text": "x", "board": None, "t_s": 1.5},
    "save": shapes.recording("a.ardcap", "whole", "", T0, T0, 1),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_result_looks_as_it_says(method: str) -> None:
    answer = {"jsonrpc": "2.0", "id": 1, "result": RESULTS[method]}
    assert problems(f"{method}.result", answer) == []
    assert problems(f"{method}.result", {**answer, "result": {**RESULTS[method], "more": 1}}) != []


# What is no JSON, JSON Schema does not judge; and of what there is not, there is no schema.
JUDGED = sorted(REQUESTS.keys() - {"no JSON", "not a number", "an infinite number", "no object", "unknown method"})


@pytest.mark.parametrize("name", JUDGED)
def test_it_judges_a_request_as_the_gateway_does(name: str) -> None:
    message: Any = json.loads(REQUESTS[name])
    calls = cast("list[dict[str, object]]", request_vector(name, REQUESTS[name])["calls"])
    kind = "batch" if name in {"a batch", "an empty batch"} else f"{message['method']}.request"
    assert (problems(kind, message) == []) == all("method" in call for call in calls)


def test_a_first_page_may_wish_what_it_says() -> None:
    assert problems("wish", {"set": {"pump": True}, "call": {"water": {"seconds": 3}}}) == []
    assert problems("wish", {"set": {}}) != []
    assert problems("wish", {"sett": {"pump": True}}) != []
