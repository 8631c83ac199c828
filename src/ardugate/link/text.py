"""Text of the sketch: from LOG frames, and from bytes that are no frames (docs/reference/wire.md, 1.3)."""

from __future__ import annotations

import codecs
from typing import Final

# A line longer than this is handed out in pieces, so that a sketch without line ends is bounded and seen.
_MAX_LINE: Final = 512
# Of bytes at a wrong rate a third is printable; of text all is, but for letters beyond ASCII.
_TEXT_SHARE: Final = 0.8
_PRINTABLE: Final = bytes((9, 10, 13, *range(32, 127)))
# Bytes without a valid frame that are kept to be shown once they are known to be another sketch's: what is printed at
# 115,200 baud until then, and more than 2 Mbaud bring while a busy computer does something else.
_MAX_RECENT: Final = 65_536
# At a rate that was only guessed it must be nearly all text, and have lines: half the rate gives printable bytes too.
_SURE_SHARE: Final = 0.95
_SURE_BYTES: Final = 4


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
        self._ended = False
        self._rest = bytearray()

    @property
    def printable(self) -> bool:
        """Whether nearly all of it is text."""
        return self._legible >= _TEXT_SHARE * self.count

    @property
    def sure(self) -> bool:
        """Whether it can be nothing but lines of text."""
        return self._ended and self.count >= _SURE_BYTES and self._legible >= _SURE_SHARE * self.count

    def clear(self) -> None:
        """A valid frame came, or the line has another rate: forget."""
        self.count = self._legible = 0
        self._ended = False
        self._rest.clear()

    def receive(self, data: bytes) -> None:
        """More bytes."""
        self.count += len(data)
        self._legible += len(data) - len(data.translate(None, _PRINTABLE))
        self._ended = self._ended or b"\n" in data
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
