"""What a client may have waiting, in either direction; beyond it, its own loss and a word that says so."""

from __future__ import annotations

import pytest

from ardugate.session import session as session_module
from ardugate.session.limits import MAX_BATCH, MAX_QUEUE_FRAMES, MAX_TEXT_BYTES
from ardugate.session.requests import ListBoards, StopAll
from ardugate.session.session import Close, Dialect
from ardugate.session.shapes import Notification
from tests.unit.session.build import T0, answers, ask, error_of, say, session


def test_a_batch_is_bounded() -> None:
    client = session()
    say(client, [{"jsonrpc": "2.0", "id": 1, "method": "boards"}] * (MAX_BATCH + 1))
    assert error_of(answers(client)[0])[1] == "too_large"
    assert client.events() == []


def test_unanswered_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MAX_PENDING", 2)
    client = session()
    for number in range(3):
        ask(client, "boards", call_id=number)
    assert len(client.events()) == 2
    (message,) = answers(client)
    assert (message["id"], error_of(message)[1]) == (2, "too_many")


def test_a_stop_is_taken_when_too_many_requests_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MAX_PENDING", 2)
    monkeypatch.setattr(session_module, "MAX_PENDING_STOPS", 2)
    client = session()
    for number in range(3):
        ask(client, "boards", call_id=number)
    for number in range(3, 6):
        ask(client, "stop_all", call_id=number)
    assert [type(asked.request) for asked in client.events()] == [ListBoards, ListBoards, StopAll, StopAll]
    assert [(message["id"], error_of(message)[1]) for message in answers(client)] == [(2, "too_many"), (5, "too_many")]


def test_a_client_that_does_not_read_is_closed_and_its_messages_are_let_go() -> None:
    client = session()
    note = Notification("log", {})
    for _ in range(MAX_QUEUE_FRAMES):
        client.notify(note)
    assert client.closing is None
    client.notify(note)
    assert client.closing == Close(1013, "this client does not read its messages")
    client.notify(note)
    assert client.data_to_send() == []


def test_waiting_bytes_are_bounded_too() -> None:
    client = session()
    for _ in range(20):
        client.notify(Notification("log", {"text": "x" * 60_000}))
    assert client.closing is not None


def test_a_message_beyond_the_limit_closes_the_connection() -> None:
    client = session()
    client.receive_text(T0, b" " * (MAX_TEXT_BYTES + 1))
    assert client.closing == Close(1009, "at most 65536 bytes")
    ask(client, "boards")
    assert client.events() == []


def test_a_binary_message_closes_the_connection() -> None:
    client = session(Dialect.BINARY)
    client.receive_binary()
    assert client.closing == Close(1003, "expected text")
