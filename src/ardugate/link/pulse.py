"""Whether anybody is there: what the line's good frames and other bytes say of the board."""

from __future__ import annotations

from typing import Final

from ardugate.link.text import ForeignText
from ardugate.wire.limits import SILENT_MS

_MS: Final = 1_000_000

# Bytes but no valid frame for this long are another sketch: an Uno's bootloader may talk for two seconds (3.1).
OTHER_SKETCH_MS: Final = 3_000
# As few bytes as this may be noise of plugging in.
_OTHER_SKETCH_BYTES: Final = 16
OTHER_SKETCH_REASON: Final = "bytes arrive but no valid frame: another sketch, or a wrong baud rate?"
PRINTING_REASON: Final = "its sketch prints text and sends no valid frame"
SILENT_REASON: Final = f"no frame for {SILENT_MS / 1_000:g} s"


class Pulse:
    """Signs of life of one connection."""

    def __init__(self, now_ns: int) -> None:
        self.silent = False
        self.foreign = False
        self._good_ns = now_ns
        self._bytes_ns = now_ns
        self._text = ForeignText()
        self.late = True  # lines that are given next came before it was known what they are

    def frame(self, now_ns: int) -> None:
        """A good frame came."""
        self._good_ns = now_ns
        self.silent = self.foreign = False
        self._text.clear()
        self.late = True

    def rate_changed(self) -> None:
        """What came so far says nothing of what comes."""
        self._text.clear()
        self.late = True

    def received(self, now_ns: int, data: bytes) -> None:
        """Bytes came, before it is known what they are."""
        self._bytes_ns = now_ns
        self._text.receive(data)

    def look(self, now_ns: int) -> list[str]:
        """Work out ``silent`` and ``foreign``; gives lines of another sketch's text."""
        self.silent = now_ns - self._good_ns >= SILENT_MS * _MS
        talks = self._text.count >= _OTHER_SKETCH_BYTES and now_ns - self._bytes_ns < SILENT_MS * _MS
        if talks and now_ns - self._good_ns >= OTHER_SKETCH_MS * _MS:
            self.foreign = True
        return self._text.lines() if self.foreign and self._text.printable else []

    @property
    def printing(self) -> bool:
        """Whether what came without a good frame is text: then the line's rate is right, and the sketch another."""
        return self._text.count >= _OTHER_SKETCH_BYTES and self._text.printable

    @property
    def sure(self) -> bool:
        """Whether it is lines of text and nothing else, so that the rate is right though it was only tried."""
        return self._text.sure

    @property
    def noisy(self) -> bool:
        """Whether what came is no text: another rate, or no text at all."""
        return self._text.count >= _OTHER_SKETCH_BYTES and not self._text.printable

    @property
    def bytes_heard(self) -> int:
        """How many came since the last good frame, or since the rate was changed."""
        return self._text.count

    def next_deadline(self) -> int | None:
        """When :meth:`look` finds something new though nothing comes. Another sketch shows only when bytes come."""
        return None if self.silent else self._good_ns + SILENT_MS * _MS
