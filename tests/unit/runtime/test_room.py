"""How many clients there is room for."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from ardugate.runtime.room import MAX_CLIENTS, MAX_CLIENTS_PER_ADDRESS, Room


@pytest.mark.parametrize(
    ("address", "most"),
    [
        pytest.param("192.0.2.7", MAX_CLIENTS_PER_ADDRESS, id="elsewhere"),
        pytest.param("2001:db8::7", MAX_CLIENTS_PER_ADDRESS, id="elsewhere, IPv6"),
        pytest.param("127.0.0.1", MAX_CLIENTS, id="here"),
        pytest.param("::1", MAX_CLIENTS, id="here, IPv6"),
        pytest.param("::ffff:127.0.0.1", MAX_CLIENTS, id="here, IPv4 as IPv6"),
        pytest.param("", MAX_CLIENTS_PER_ADDRESS, id="unknown"),
    ],
)
def test_one_address_gets_so_many_and_again_when_one_has_left(address: str, most: int) -> None:
    room = Room()
    for _ in range(most):
        assert room.refuse(address) is None
        room.enter(address)
    refusal = room.refuse(address)
    assert refusal is not None
    assert (refusal.status, room.refused) == (HTTPStatus.SERVICE_UNAVAILABLE, 1)
    room.leave(address)
    assert room.refuse(address) is None


def test_all_together_get_so_many() -> None:
    room = Room()
    for number in range(MAX_CLIENTS):
        room.enter(f"192.0.2.{number % 250}")
    assert room.refuse("198.51.100.1") is not None


def test_refusals_are_counted_and_said_ever_more_seldom(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    for _ in range(MAX_CLIENTS):
        room.enter("127.0.0.1")
    for _ in range(1_000):
        room.refuse("127.0.0.1")
    assert room.refused == 1_000
    assert len(caplog.records) == 10
