"""A line that damages bytes, the same way for the same seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Final

_FRAME_END: Final = b"\0"
_LATEST: Final = 8  # frames


@dataclass(frozen=True, slots=True)
class Rates:
    """How often: ``bits`` is the chance of each bit to be the other one; ``lost`` of each byte not to come, ``changed``
    to be any other byte, ``added`` to have a random one after it; ``repeated`` of each frame to come again, after up to
    seven others.
    """

    bits: float = 0.0
    lost: float = 0.0
    changed: float = 0.0
    added: float = 0.0
    repeated: float = 0.0


class Noise:
    """Bytes in, what comes of them out. ``damaged`` counts the places."""

    def __init__(self, rates: Rates, random: Random) -> None:
        self._rates = rates
        self._random = random
        self._of_a_byte = (8 * rates.bits, rates.lost, rates.changed, rates.added)
        self._any = sum(self._of_a_byte)
        self.damaged = 0
        self._later: list[tuple[int, bytes]] = []  # frames that come again: after how many others, and they
        self._left = self._gap()  # good bytes until the next damage

    def __call__(self, data: bytes) -> bytes:
        """What comes of these bytes."""
        if self._rates.repeated:
            data = self._again(data)
        out = bytearray()
        begin = 0
        while len(data) - begin > self._left:
            at = begin + self._left
            out += data[begin:at] + self._damage(data[at])
            begin = at + 1
            self._left = self._gap()
        self._left -= len(data) - begin
        return bytes(out + data[begin:])

    def _gap(self) -> int:
        return int(math.log(1 - self._random.random()) / math.log(1 - self._any)) if self._any else 1 << 62

    def _damage(self, byte: int) -> bytes:
        self.damaged += 1
        (kind,) = self._random.choices(range(4), self._of_a_byte)
        match kind:
            case 0:
                return bytes([byte ^ 1 << self._random.randrange(8)])
            case 1:
                return b""
            case 2:
                return bytes([byte ^ self._random.randrange(1, 256)])
            case _:
                return bytes([byte, self._random.randrange(256)])

    def _again(self, data: bytes) -> bytes:
        frames = data.split(_FRAME_END)
        last = frames.pop()
        out = b""
        for frame in frames:
            out += frame + _FRAME_END
            if frame and self._random.random() < self._rates.repeated:
                self.damaged += 1
                self._later.append((self._random.randrange(_LATEST), frame + _FRAME_END))
            out += b"".join(copy for left, copy in self._later if left == 0)
            self._later = [(left - 1, copy) for left, copy in self._later if left]
        return out + last
