"""A line for each control action."""

from __future__ import annotations

import json

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.model import Principal, Role
from ardugate.runtime.watching.audit import audit_line
from ardugate.session.encode import Dialect, Encoder
from ardugate.session.requests import METHODS, Asked
from ardugate.session.session import Session
from ardugate.session.shapes import Json

DRIVER = Principal("ada", Role.ADMIN)
DONE: Json = {"channel": "greenhouse/pump", "asked": True, "value": True}


def line(
    method: str, params: Json, outcome: Json | RequestError, remote: str = "192.0.2.7"
) -> tuple[str, str | None] | None:
    session = Session(id="c_1", dialect=Dialect.JSON, principal=DRIVER, encoder=Encoder())
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    session.receive_text(0, text.encode())
    (asked,) = session.events()
    assert isinstance(asked, Asked)
    return audit_line(asked, remote, outcome)


def test_a_line_says_who_from_where_what_and_what_came_of_it() -> None:
    assert line("set", {"channel": "pump", "value": True, "key": "k"}, DONE) == (
        'ada (c_1, 192.0.2.7): set channel="pump" value=true: done',
        "greenhouse",
    )
    assert line("set", {"channel": "a/fan", "value": 0.5}, {"channel": "a/fan", "asked": 0.5, "value": 127 / 255}) == (
        'ada (c_1, 192.0.2.7): set channel="a/fan" value=0.5: done, really 0.498039',
        "a",
    )


def test_a_refusal_is_written_down_too() -> None:
    refused = RequestError(Reason.LEASED, "somebody else drives greenhouse/pump")
    assert line("set", {"channel": "greenhouse/pump", "value": True}, refused, remote="") == (
        'ada (c_1): set channel="greenhouse/pump" value=true: leased, somebody else drives greenhouse/pump',
        "greenhouse",
    )


def test_what_a_client_sent_is_cut_short_and_escaped() -> None:
    told = line("call", {"command": "say", "args": {"text": "\n\u202eä" * 500}}, {})
    assert told is not None
    assert len(told[0]) < 400
    assert told[0].isascii()
    assert told[0].isprintable()


@pytest.mark.parametrize(
    ("method", "params", "told"),
    [
        ("get", {"channel": "x"}, False),
        ("subscribe", {}, False),
        ("journal", {}, False),
        ("lease_renew", {"channels": ["x"], "ttl_ms": 1000}, False),
        ("stop_all", {}, True),
        ("port_lend", {"port": "/dev/ttyACM0"}, True),
        ("ticket", {}, True),
        ("rate", {"channels": ["A0"], "hz": 10}, True),
    ],
)
def test_everything_that_a_viewer_may_not_do_and_every_stop_is_told(method: str, params: Json, told: bool) -> None:
    assert method in METHODS
    assert (line(method, params, {}) is not None) is told
