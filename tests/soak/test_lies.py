"""A board that lies in one field of one kind of message, in each of them in turn, and says the truth in all else.

``make soak`` runs it. The link is joined to a simulated board without a port. After each lie the board is plugged in
again, honest: it must be live and do what it is told.
"""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, cast

import pytest

from ardugate.model import ClearStopRequest, SetRequest
from ardugate.wire.framing import Decoder, Frame, encode
from ardugate.wire.limits import HEARTBEAT_MS
from ardugate.wire.messages import (
    Answer,
    BoardHeartbeat,
    BoardHello,
    Counters,
    Fault,
    FromBoard,
    Irregular,
    Log,
    Reply,
    Samples,
    parse_from_board,
    serialize,
)
from tests.support.joined import REQUESTS, Joined

pytestmark = pytest.mark.timeout(900)

# The ends of every width; what fits a field is tried in it.
NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)
# A board's own frames are 256 bytes at most.
PIECES = (b"", b"\0", b"\xff", bytes(200), b"\xff" * 200, bytes(range(1, 201)))
# An honest board of the simulation says these seldom or never: the liar does.
SELDOM: dict[type[FromBoard], FromBoard] = {Log: Log(b"hello\n"), Counters: Counters()}
# All that a link keeps, whatever it was told.
MOST_BYTES = 4 * 1_048_576


def lies_of(message: FromBoard) -> Iterator[FromBoard]:
    """The message with another value in each of its fields in turn."""
    for field in fields(message):
        match getattr(message, field.name):
            case int():
                values: tuple[object, ...] = NUMBERS
            case bytes():
                values = PIECES
            case _:  # the firmware's version
                values = ((0, 0, 0), (255, 255, 255))
        for value in values:
            told: FromBoard = replace(cast("Any", message), **{field.name: value})
            try:
                serialize(told)
            except struct.error:
                continue
            yield told


class OneLie:
    """The way from the board to the link: each message of a kind has the ``number``-th lie."""

    def __init__(self, kind: type[FromBoard], number: int) -> None:
        self._kind = kind
        self._number = number
        self._decoder = Decoder(256)
        self.told = 0
        self.over = False
        """There are no more lies of this kind."""

    def __call__(self, data: bytes) -> bytes:
        """What arrives of what the board said."""
        said = [parse_from_board(item.body) for item in self._decoder.receive(data) if isinstance(item, Frame)]
        if self._kind in SELDOM:
            said.append(SELDOM[self._kind])
        return b"".join(encode(serialize(self._twisted(each))) for each in said if not isinstance(each, Fault))

    def _twisted(self, message: FromBoard) -> FromBoard:
        if not isinstance(message, self._kind):
            return message
        lies = list(lies_of(message))
        if self._number >= len(lies):
            self.over = True
            return message
        self.told += 1
        return lies[self._number]


@pytest.mark.parametrize(
    "kind",
    [BoardHello, BoardHeartbeat, Answer, Reply, Samples, Irregular, Log, Counters],
    ids=lambda kind: kind.__name__,
)
def test_a_lie_in_any_field_of_any_message_fails_nothing_and_is_not_believed_for_ever(kind: type[FromBoard]) -> None:
    both = Joined()
    both.live()
    tracemalloc.start()
    number = 0
    while True:
        both.to_link = lie = OneLie(kind, number)
        both.unplug()
        both.plug()
        for request in REQUESTS:
            both.ask(request)
            both.run(40)
        both.run(HEARTBEAT_MS)
        if lie.over:
            break
        assert lie.told, "nothing of this kind was said"
        both.to_link = bytes
        both.unplug()
        both.plug()
        both.run(500)
        assert both.state().value == "live", number
        both.done(ClearStopRequest())
        both.done(SetRequest("D13", True))
        both.events.clear()
        number += 1
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\n{kind.__name__}: {number} lies, {peak_bytes / 1_048_576:.2f} MiB at most")
    assert number > 1
    assert peak_bytes < MOST_BYTES
