"""Idempotency keys: done once in ten minutes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.model import Value
from ardugate.session import keys as keys_module
from ardugate.session.keys import Done, Fresh, KeyStore, Waiting
from ardugate.session.limits import KEY_LIFE_NS
from ardugate.session.requests import Asked, ListBoards, SetValue
from tests.unit.session.build import ADMIN, DRIVER, T0


def asked(value: Value = True, key: str | None = "k", handle: int = 1) -> Asked:
    assert value is not None
    return Asked("c_1", handle, DRIVER, SetValue("pump", value, key=key), T0)


def test_the_same_again_gets_the_same_answer_without_being_done_again() -> None:
    keys = KeyStore()
    assert keys.begin(asked(), T0) == Fresh()
    assert keys.finish(asked(), {"value": True}) == [asked()]
    assert keys.begin(asked(handle=2), T0) == Done({"value": True})


def test_the_same_while_it_is_being_done_waits_for_its_answer() -> None:
    keys = KeyStore()
    keys.begin(asked(), T0)
    second = asked(handle=2)
    assert keys.begin(second, T0) == Waiting()
    assert keys.finish(asked(), {}) == [asked(), second]


@pytest.mark.parametrize("value", [False, 1, 1.0], ids=repr)
def test_a_key_with_other_params_is_refused(value: Value) -> None:
    keys = KeyStore()
    keys.begin(asked(), T0)
    with pytest.raises(RequestError) as refusal:
        keys.begin(asked(value), T0)
    assert refusal.value.reason is Reason.KEY_REUSED


def test_a_key_is_its_principals_own() -> None:
    keys = KeyStore()
    keys.begin(asked(), T0)
    assert keys.begin(replace(asked(False), principal=ADMIN), T0) == Fresh()


def test_a_key_is_forgotten_after_ten_minutes() -> None:
    keys = KeyStore()
    keys.begin(asked(), T0)
    keys.finish(asked(), {})
    assert keys.begin(asked(), T0 + KEY_LIFE_NS - 1) == Done({})
    assert keys.begin(asked(False), T0 + KEY_LIFE_NS) == Fresh()


def test_a_refusal_frees_its_key_because_nothing_was_done() -> None:
    keys = KeyStore()
    keys.begin(asked(), T0)
    keys.finish(asked(), RequestError(Reason.OFFLINE, "no"))
    assert keys.begin(asked(), T0) == Fresh()


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_OUTCOME, Reason.TIMEOUT], ids=str)
def test_what_may_have_been_done_is_not_done_again(reason: Reason) -> None:
    keys = KeyStore()
    keys.begin(asked(), T0)
    keys.finish(asked(), RequestError(reason, "who knows"))
    with pytest.raises(RequestError) as refusal:
        keys.begin(asked(), T0)
    assert refusal.value.reason is reason


def test_without_a_key_every_request_is_fresh() -> None:
    keys = KeyStore()
    for _ in range(2):
        assert keys.begin(asked(key=None), T0) == Fresh()
        assert keys.begin(replace(asked(), request=ListBoards()), T0) == Fresh()
    assert keys.finish(asked(key=None), {}) == [asked(key=None)]


def test_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "MAX_KEYS", 1)
    keys = KeyStore()
    keys.begin(asked(), T0)
    with pytest.raises(RequestError) as refusal:
        keys.begin(asked(key="other"), T0)
    assert refusal.value.reason is Reason.TOO_MANY
