"""What a gateway can do, scripts can: every method of the protocol, of the client for ``with`` and of that for
``async with``, held against each other."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from ardugate.client.asking import AsyncGateway
from ardugate.client.waited import Gateway
from ardugate.session.requests import METHODS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "python.md").read_text("utf-8")
# Methods of the protocol by the name that scripts have for them, where it is another one.
CALLED = {
    "subscribe": "subscribe",
    "unsubscribe": "subscribe",  # the loop is left
    "lease_take": "lease",
    "lease_renew": "lease",
    "lease_release": "lease",
    "port_lend": "lend",
    "port_reclaim": "lend",
    "port_use": "use",
    "record_start": "record",
    "record_stop": "record",
}
# An administrator's errands, which `ardugate open` and `ardugate link` do; a script asks for them by name.
BY_ASK = {"ticket", "share_create", "share_list", "share_revoke"}
# Beside the protocol: what scripts do with it.
MORE = {"stream", "events", "alarms", "download", "ask"}


def public(kind: type) -> dict[str, inspect.Signature]:
    own = {name: each for name, each in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
    return {name: inspect.signature(each) for name, each in own.items()}


def test_every_method_of_the_protocol_has_its_call() -> None:
    calls = {CALLED.get(method, method) for method in METHODS if method not in BY_ASK}
    assert calls | MORE == public(Gateway).keys()


def test_both_clients_have_the_same_calls_with_the_same_parameters() -> None:
    waited, asked = public(Gateway), public(AsyncGateway)
    assert waited.keys() == asked.keys() - {"open", "close"}  # entering and leaving does these
    for name, signature in waited.items():
        assert list(signature.parameters.values()) == list(asked[name].parameters.values()), name


@pytest.mark.parametrize("name", public(Gateway))
def test_every_call_is_documented_with_its_parameters(name: str) -> None:
    found = re.search(rf"`{name}\(([^`]*)\)`", PAGE)
    assert found, f"docs/reference/python.md does not say {name}"
    for parameter in public(Gateway)[name].parameters.values():
        if parameter.name != "self":
            assert re.search(rf"\b{parameter.name}\b", found[1]), f"{name} does not say {parameter.name}"
