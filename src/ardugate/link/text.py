"""Text of the sketch: from LOG frames, and from bytes that are no frames (docs/reference/wire.md, 1.3)."""

from __future__ import annotations

import codecs
from typing import Final

# A line longer than this is handed out in pieces, so that a sketch without line ends is bounded and seen.
_MAX_LINE: Final = 512
# Of bytes at a wrong rate a third is printable; of text all is, but for letters beyond ASCII.
_TEXT_SHARE: Final = 0.8
_PRINTABLE: Final = bytes((9, 10, 13, *range(32, 127)))
# Bytes without a valid frame that are kept to be shown once they are known to be another sketch's.
_MAX_RECENT: Final = 1_024


class LogText:
    """Puts the pieces of LOG together: characters may be cut in two."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def receive(self, data: bytes) -> str:
        """The text that these bytes complete; it may be empty."""
        return self._decoder.decode(data)


class ForeignText:
    """Bytes of a board that speaks another language: the recent ones are kept, and given out as lines on demand."""

    def __init__(self) -> None:
        self.count = 0
        self._legible = 0
        self._rest = bytearray()

    @property
    def printable(self) -> bool:
        """Whether nearly all of it is text."""
        return self._legible >= _TEXT_SHARE * self.count

    def clear(self) -> None:
        """A valid frame came: forget."""
        self.count = self._legible = 0
        self._rest.clear()

    def receive(self, data: bytes) -> None:
        """More bytes."""
        self.count += len(data)
        self._legible += len(data) - len(data.translate(None, _PRINTABLE))
        self._rest += data
        del self._rest[: max(0, len(self._rest) - _MAX_RECENT)]

    def lines(self) -> list[str]:
        """Whole lines with something printable in them; the rest is kept."""
        *whole, rest = bytes(self._rest).split(b"\n")
        if len(rest) > _MAX_LINE:
            whole.append(rest)
            rest = b""
        self._rest = bytearray(rest)
        texts = ("".join(c for c in line.decode("utf-8", "replace") if c.isprintable() or c == "\t") for line in whole)
        return [text for text in texts if text.strip("\ufffd \t")]
