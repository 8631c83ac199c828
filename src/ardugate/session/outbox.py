"""Control messages on their way to one client: the only queue there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ardugate.errors import RequestError
from ardugate.session.encode import Frame
from ardugate.session.limits import MAX_QUEUE_BYTES, MAX_QUEUE_FRAMES
from ardugate.session.shapes import Json

Answer = Callable[[Json | RequestError], Frame | None]
"""Turns an outcome into the message to send, if there is one to send now."""


@dataclass(frozen=True, slots=True)
class Close:
    """The connection must end with this WebSocket close code and reason (ASCII, at most 123 bytes)."""

    code: int
    reason: str


class Outbox:
    """A bounded queue. Beyond its bounds everything is thrown away and ``closing`` is set: control messages are never
    dropped one by one."""

    def __init__(self) -> None:
        self.closing: Close | None = None
        self._frames: list[Frame] = []
        self._bytes = 0

    def put(self, frame: Frame) -> None:
        """Queue a message."""
        if self.closing is not None:
            return
        self._frames.append(frame)
        self._bytes += len(frame.wire)
        if len(self._frames) > MAX_QUEUE_FRAMES or self._bytes > MAX_QUEUE_BYTES:
            self.close(Close(1013, "this client does not read its messages"))

    def close(self, close: Close) -> None:
        """Nothing more is sent; the first close holds."""
        self._frames, self._bytes = [], 0
        self.closing = self.closing or close

    def take(self) -> list[Frame]:
        """Everything queued."""
        frames, self._frames, self._bytes = self._frames, [], 0
        return frames
