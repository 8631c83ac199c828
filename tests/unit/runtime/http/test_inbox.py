"""A connection's inbox: pieces, turns, and the stop that goes past what waits."""

from __future__ import annotations

import pytest

from ardugate.runtime.http.inbox import MESSAGE_BYTES, MESSAGES, PIECE_BYTES, Inbox
from ardugate.session.urgent import is_stop

STOP = b'{"jsonrpc": "2.0", "id": 9, "method": "stop_all"}'


def test_bytes_come_out_in_pieces_and_whole() -> None:
    inbox = Inbox()
    data = bytes(range(256)) * 200
    inbox.put(data[:100])
    inbox.put(data[100:])
    pieces: list[bytes] = []
    while piece := inbox.piece():
        pieces.append(piece)
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) == PIECE_BYTES
    assert not inbox


def test_messages_have_their_turns_in_order() -> None:
    inbox = Inbox()
    messages = [b"%d" % number for number in range(2 * MESSAGES + 1)]
    assert all(inbox.add(message) for message in messages)
    turns = [inbox.turn(), inbox.turn(), inbox.turn()]
    assert [len(turn) for turn in turns] == [MESSAGES, MESSAGES, 1]
    assert [message for turn in turns for message, _ in turn] == messages
    assert not any(overtaken for turn in turns for _, overtaken in turn)


def test_long_messages_have_a_turn_each() -> None:
    inbox = Inbox()
    long = b"x" * MESSAGE_BYTES
    for message in (long, long, b"short"):
        inbox.add(message)
    assert [len(inbox.turn()) for _ in range(3)] == [1, 1, 1]


def test_no_message_has_its_turn_while_a_stop_may_still_be_among_the_bytes() -> None:
    inbox = Inbox()
    inbox.put(b"x")
    inbox.add(b"{}")
    assert inbox.turn() == []
    inbox.piece()
    assert inbox.turn() == [(b"{}", False)]


def test_a_stop_does_not_wait_and_what_it_went_past_is_told() -> None:
    inbox = Inbox()
    for number in range(MESSAGES + 2):
        inbox.add(b"%d" % number)
    assert not inbox.add(STOP)
    inbox.add(b"after")
    first, second = inbox.turn(), inbox.turn()
    assert all(overtaken for _, overtaken in first)
    assert [overtaken for _, overtaken in second] == [True, True, False]


def test_a_stop_that_nothing_stands_before_has_its_turn() -> None:
    inbox = Inbox()
    assert inbox.add(STOP)
    assert inbox.turn() == [(STOP, False)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"set","params":{"key":"stop_all"}}', id="a-key"),
        pytest.param(b'[{"jsonrpc":"2.0","id":1,"method":"stop_all"}]', id="a-batch"),
        pytest.param(b'"stop_all"', id="a-word"),
        pytest.param(b'{"method": "stop_all"', id="no-json"),
        pytest.param(b"[" * 400 + b'"stop_all"', id="deep"),
        pytest.param(STOP + b" " * 500, id="too-long"),
    ],
)
def test_what_only_looks_like_a_stop_waits(text: bytes) -> None:
    assert not is_stop(text)
    assert is_stop(STOP)
