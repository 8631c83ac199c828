"""The blocks that a capture is made of (docs/reference/capture.md, 2): each says how long it is and checks itself."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

SYNC: Final = b"ARDB"
# sync, kind, flags, reserved, size of the body, CRC-32 of kind to size and of the body
HEAD: Final = struct.Struct("<4sBBHII")
# What is checked of the head: all between the sync and the check itself.
_CHECKED: Final = slice(4, 12)
# No block is longer (security limit): whoever reads a file that somebody sent keeps one block in memory. The longest
# that we write is a samples block of 64 KiB or an index of a day (170,000 blocks of 32 bytes).
MAX_BODY_BYTES: Final = 16 * 1_048_576


class Kind(IntEnum):
    """What a block holds. A reader passes over kinds that it does not know."""

    NOTE = 1
    SAMPLES = 2
    INDEX = 3
    END = 4
    TIER = 5


@dataclass(frozen=True, slots=True)
class Block:
    """A block that is whole; ``offset`` is where it begins in its file."""

    offset: int
    kind: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that are no whole block: from ``offset`` on, ``size`` of them. ``tail``: they are the last."""

    offset: int
    size: int
    tail: bool


def block(kind: Kind, body: bytes) -> bytes:
    """The bytes of one block. Raises ValueError for a body that no reader would take."""
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"a body of {len(body)} bytes is longer than {MAX_BODY_BYTES}")
    head = HEAD.pack(SYNC, kind, 0, 0, len(body), 0)
    check = zlib.crc32(body, zlib.crc32(head[_CHECKED]))
    return HEAD.pack(SYNC, kind, 0, 0, len(body), check) + body


def head_of(data: bytes) -> tuple[int, int] | None:
    """The kind and the size of the body that a head announces; None where this is no head."""
    if len(data) < HEAD.size:
        return None
    sync, kind, _, _, size, _ = HEAD.unpack_from(data)
    return (kind, size) if sync == SYNC and size <= MAX_BODY_BYTES else None


def is_whole(head: bytes, body: bytes) -> bool:
    """Whether a head and a body belong together."""
    check: int = HEAD.unpack_from(head)[5]
    return zlib.crc32(body, zlib.crc32(head[_CHECKED])) == check


def blocks_in(data: bytes, offset: int = 0) -> Iterator[Block | Damaged]:
    """The blocks of some bytes, and what is damaged between and behind them. ``offset`` is where they begin in their
    file. After damage the next whole block is looked for."""
    at, bad = 0, 0
    while at < len(data):
        found = _block_at(data, at, offset)
        if found is None:
            following = data.find(SYNC, at + 1)
            at = len(data) if following < 0 else following
            continue
        if bad < at:
            yield Damaged(offset + bad, at - bad, tail=False)
        yield found
        at = bad = at + HEAD.size + len(found.body)
    if bad < len(data):
        yield Damaged(offset + bad, len(data) - bad, tail=True)


def _block_at(data: bytes, at: int, offset: int) -> Block | None:
    head = data[at : at + HEAD.size]
    announced = head_of(head)
    if announced is None:
        return None
    kind, size = announced
    body = data[at + HEAD.size : at + HEAD.size + size]
    return Block(offset + at, kind, body) if len(body) == size and is_whole(head, body) else None
