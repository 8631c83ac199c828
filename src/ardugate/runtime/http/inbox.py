"""What a connection has sent and nobody has looked at yet: taken in pieces, so that one who says much delays others by
a few milliseconds only, and a stop before all else.
"""

from __future__ import annotations

from collections import deque

from ardugate.session.urgent import is_stop

# So much is taken apart at a time: 1.5 ms for ordinary requests, 12 ms for the smallest frames there can be.
PIECE_BYTES = 16_384
# So many messages are handed on at a time: some 500 µs each until they are answered.
MESSAGES = 8
# Or so many bytes of them, for what costs more is longer: 256 patterns in a subscription take some 7 ms.
MESSAGE_BYTES = 2_048


class Inbox:
    """Bytes go in with ``put`` and come out in pieces; messages go in with ``add`` and come out in turns.

    Whatever came is taken apart before the next ordinary message is handed on, so that a stop behind it is found.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._messages: deque[bytes] = deque()
        self._overtaken = 0  # of the messages, from the front: those that a stop went past

    def __bool__(self) -> bool:
        return bool(self._bytes or self._messages)

    def put(self, data: bytes) -> None:
        """Bytes that came."""
        self._bytes += data

    def piece(self) -> bytes:
        """The next piece of them, empty when there is none."""
        piece = bytes(self._bytes[:PIECE_BYTES])
        del self._bytes[:PIECE_BYTES]
        return piece

    def add(self, message: bytes) -> bool:
        """A whole message: kept for its turn, or False for a stop, which is to be handed on now."""
        if self._messages and is_stop(message):
            self._overtaken = len(self._messages)
            return False
        self._messages.append(message)
        return True

    def turn(self) -> list[tuple[bytes, bool]]:
        """The next messages, each with whether a stop went past it; none while there are bytes."""
        if self._bytes:
            return []
        taken: list[tuple[bytes, bool]] = []
        size = 0
        while self._messages and len(taken) < MESSAGES and size < MESSAGE_BYTES:
            taken.append((self._messages.popleft(), self._overtaken > 0))
            size += len(taken[-1][0])
            self._overtaken = max(0, self._overtaken - 1)
        return taken

    def clear(self) -> None:
        """Nobody is there to answer to."""
        self._bytes.clear()
        self._messages.clear()
