"""What a board said, out of its bytes."""

from __future__ import annotations

from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.limits import MAX_LINE_FROM_BOARD
from ardugate.wire.messages import Fault, FromBoard, parse_from_board


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
