"""What a board said, out of its bytes."""

from __future__ import annotations

from collections.abc import Callable

from ardugate.wire.descriptor import Descriptor, parse_descriptor
from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.limits import MAX_LINE_FROM_BOARD
from ardugate.wire.messages import Answer, Fault, FromBoard, Query, What, parse_from_board


class Ear:
    """Takes frames apart. ``damage`` counts the bad ones; a good one that does not parse fails the test."""

    def __init__(self) -> None:
        self.damage = 0
        self._decoder = Decoder(MAX_LINE_FROM_BOARD)

    def hear(self, data: bytes) -> list[FromBoard]:
        """The messages that are complete with these bytes."""
        found: list[FromBoard] = []
        for item in self._decoder.receive(data):
            if not isinstance(item, Frame):
                self.damage += 1
                continue
            message = parse_from_board(item.body)
            assert not isinstance(message, Fault), message
            found.append(message)
        return found


def fetch_descriptor(ask: Callable[[Query], list[FromBoard]]) -> Descriptor:
    """A board's descriptor, piece by piece; ``ask`` sends a question and gives what was said then."""
    data = b""
    while True:
        (answer,) = [message for message in ask(Query(What.DESCRIPTOR, len(data))) if isinstance(message, Answer)]
        if not answer.data:
            break
        data += answer.data
    descriptor = parse_descriptor(data)
    assert isinstance(descriptor, Descriptor), descriptor
    return descriptor
