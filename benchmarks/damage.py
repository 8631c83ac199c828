"""How many damaged frames a decoder takes for good ones.

Frames of 4 to 252 bytes, each damaged at random: bytes changed, lost or added, a delimiter in its middle, two frames
made one. What comes out has to be one of the frames that went in, or nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from ardugate.wire import limits
from ardugate.wire.framing import Decoder, Frame, encode
from benchmarks.measure import Fact, Result

FRAMES = 200_000
_SEED = 1
_LONGEST = 252
# Frames that are damaged over and over: making one costs more than hurting it.
_DIFFERENT = 2_000


def measure() -> Iterator[Result]:
    """The whole of it, which is the same at each run."""
    dice = random.Random(_SEED)
    bodies = [dice.randbytes(dice.randint(4, _LONGEST - 4)) for _ in range(_DIFFERENT)]
    lines = [encode(body).strip(b"\0") for body in bodies]
    sent = set(bodies)
    decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
    wrong = 0
    for _ in range(FRAMES):
        hurt = _damaged(dice.choice(lines), dice.choice(lines), dice)
        for found in decoder.receive(hurt + b"\0"):
            wrong += isinstance(found, Frame) and found.body not in sent
    yield Fact(f"damaged frames taken for good, of {FRAMES:,}", "frames", wrong)


def _damaged(line: bytes, other: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(line))
    match dice.randrange(5):
        case 0:
            return line[:place] + bytes([line[place] ^ dice.randint(1, 255)]) + line[place + 1 :]
        case 1:
            return line[:place] + line[place + dice.randint(1, 4) :]
        case 2:
            return line[:place] + dice.randbytes(dice.randint(1, 4)) + line[place:]
        case 3:
            return line[:place] + b"\0" + line[place + 1 :]
        case _:
            return line[:place] + other[dice.randrange(len(other)) :]
