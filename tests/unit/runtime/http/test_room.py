"""How many clients there is room for."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from ardugate.runtime.http.room import (
    MAX_CLIENTS,
    MAX_CLIENTS_PER_ADDRESS,
    OPENINGS_PER_S,
    OPENINGS_PER_S_AND_ADDRESS,
    Room,
)


class Slow(Room):
    """In which connections are opened at leisure: a second goes by before each."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(now_s=self._later)

    def _later(self) -> float:
        self.now_s += 1
        return self.now_s


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
    room = Slow()
    for _ in range(most):
        assert room.refuse(address) is None
        room.enter(address)
    refusal = room.refuse(address)
    assert refusal is not None
    assert (refusal.status, room.refused) == (HTTPStatus.SERVICE_UNAVAILABLE, 1)
    room.leave(address)
    assert room.refuse(address) is None


def test_all_together_get_so_many() -> None:
    room = Slow()
    for number in range(MAX_CLIENTS):
        room.enter(f"192.0.2.{number % 250}")
    assert room.refuse("198.51.100.1") is not None


def test_refusals_are_counted_and_said_ever_more_seldom(caplog: pytest.LogCaptureFixture) -> None:
    room = Slow()
    for _ in range(MAX_CLIENTS):
        room.enter("127.0.0.1")
    for _ in range(1_000):
        room.refuse("127.0.0.1")
    assert room.refused == 1_000
    assert len(caplog.records) == 10


@pytest.mark.parametrize(
    ("addresses", "most"),
    [
        pytest.param(["192.0.2.7"], OPENINGS_PER_S_AND_ADDRESS, id="one address elsewhere"),
        pytest.param(["127.0.0.1"], OPENINGS_PER_S, id="programs here"),
        pytest.param([f"192.0.2.{k}" for k in range(250)], OPENINGS_PER_S, id="many addresses"),
    ],
)
def test_a_storm_gets_so_many_in_a_second_and_those_after_it_are_let_in(addresses: list[str], most: int) -> None:
    now_s = 100.0
    room = Room(now_s=lambda: now_s)
    for _ in range(3):
        refusals = [room.refuse(addresses[k % len(addresses)]) for k in range(1_000)]
        assert sum(refusal is None for refusal in refusals) == most
        assert {refusal.status for refusal in refusals if refusal} == {HTTPStatus.SERVICE_UNAVAILABLE}
        now_s += 1.0
    assert room.refuse(addresses[0]) is None
