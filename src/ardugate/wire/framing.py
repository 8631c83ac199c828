"""Frames on the line: CRC-32, COBS and the delimiter (docs/reference/wire.md, 1).

>>> encode(b"\\x05\\x01\\x00").hex()
'03050105b82a91e000'
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

from ardugate.wire.limits import MAX_LINE_FROM_BOARD

DELIMITER: Final = 0
CRC_BYTES: Final = 4

# The CRC-32 of any bytes followed by their own CRC-32 (little-endian) is this one value.
_RESIDUE: Final = 0x2144DF1C

# A whole COBS block: 254 bytes without a zero. Its code 0xFF stands for no zero after it.
_WHOLE_BLOCK: Final = 254
_WHOLE_CODE: Final = 0xFF

_PRINTABLE: Final = re.compile(rb"[\t\n\r\x20-\x7e]{4,}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that passed every check. ``body`` is its code and payload, at least one byte."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """One bad frame. ``kind`` is ``cobs``, ``short``, ``crc`` or ``long``; ``raw`` the bytes as far as they were kept,
    without the delimiter."""

    kind: str
    raw: bytes

    @property
    def text(self) -> str:
        """What is printable in it: runs of at least four ASCII characters (1.3)."""
        return "".join(run.decode("ascii") for run in _PRINTABLE.findall(self.raw))


def cobs_encode(data: bytes) -> bytes:
    """Replace the zeros of ``data``, at most 254 bytes, so that none is left. Raises ValueError for more."""
    if len(data) > _WHOLE_BLOCK:
        raise ValueError(f"{len(data)} bytes are more than the {_WHOLE_BLOCK} that fit into one frame")
    if len(data) == _WHOLE_BLOCK and 0 not in data:
        return bytes((_WHOLE_CODE,)) + data
    return b"".join(bytes((len(block) + 1,)) + block for block in data.split(b"\0"))


def cobs_decode(line: bytes) -> bytes | None:
    """Undo :func:`cobs_encode`. ``line`` holds no zero; None when its last block is cut off."""
    out = bytearray()
    at, end = 0, len(line)
    while at < end:
        code = line[at]
        after = at + code
        if after > end:
            return None
        out += line[at + 1 : after]
        at = after
        if code != _WHOLE_CODE and at < end:
            out.append(0)
    return bytes(out)


def encode(body: bytes, max_line_bytes: int = MAX_LINE_FROM_BOARD) -> bytes:
    """The bytes on the line for one body, CRC and delimiter included. Raises ValueError when they are too many."""
    line = cobs_encode(body + zlib.crc32(body).to_bytes(CRC_BYTES, "little")) + b"\0"
    if len(line) > max_line_bytes:
        raise ValueError(f"a frame of {len(line)} bytes is longer than the {max_line_bytes} that are allowed")
    return line


def decode_line(line: bytes) -> Frame | Damage:
    """Check what stood between two delimiters. ``line`` is not empty and holds no zero."""
    checked = cobs_decode(line)
    if checked is None:
        return Damage("cobs", line)
    if len(checked) <= CRC_BYTES:
        return Damage("short", line)
    if zlib.crc32(checked) != _RESIDUE:
        return Damage("crc", line)
    return Frame(checked[:-CRC_BYTES])


class Decoder:
    """Finds frames in a stream of bytes. Keeps less than ``max_line_bytes`` between two calls, whatever comes."""

    def __init__(self, max_line_bytes: int) -> None:
        self._max = max_line_bytes
        self._rest = b""
        self._skipping = False

    @property
    def pending_bytes(self) -> int:
        """How many bytes of an unfinished frame are kept."""
        return len(self._rest)

    def receive(self, data: bytes) -> list[Frame | Damage]:
        """Take the next bytes; give what they complete, in order. How the bytes were split changes nothing."""
        found: list[Frame | Damage] = []
        if self._skipping:
            _, delimiter, data = data.partition(b"\0")
            if not delimiter:
                return found
            self._skipping = False
        *lines, rest = (self._rest + data).split(b"\0")
        for line in lines:
            if len(line) >= self._max:
                found.append(Damage("long", line[: self._max]))
            elif line:
                found.append(decode_line(line))
        if len(rest) >= self._max:
            found.append(Damage("long", rest[: self._max]))
            rest = b""
            self._skipping = True
        self._rest = rest
        return found
