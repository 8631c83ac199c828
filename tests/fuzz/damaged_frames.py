"""Damaged frames: how many does the decoder take for good ones that were never sent?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ardugate.wire.framing import Decoder, Frame, encode
from ardugate.wire.limits import MAX_LINE_FROM_BOARD
from ardugate.wire.messages import Code

# Frames that the wire has: what begins with four bytes 0xFF would blind the CRC for zeros after them (wire.md, 2).
CODES = tuple(Code)


@dataclass(frozen=True, slots=True)
class Report:
    """``damaged`` frames were given to the decoder; ``survived`` came out as they were sent (the damage hit the
    delimiter's neighbourhood only), ``accepted_wrong`` came out as something else."""

    damaged: int
    survived: int
    accepted_wrong: int


def damage(line: bytes, random: Random) -> bytes:
    """One to four faults of a serial line: a flipped bit, another value, a lost, doubled or added byte, a burst."""
    out = bytearray(line)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        at = random.randrange(len(out))
        match random.randrange(6):
            case 0:
                out[at] ^= 1 << random.randrange(8)
            case 1:
                out[at] ^= random.randrange(1, 256)
            case 2 if len(out) > 1:
                del out[at]
            case 3:
                out.insert(at, out[at])
            case 4:
                out.insert(at, random.randrange(256))
            case _:
                burst = random.randrange(1, 9)
                out[at : at + burst] = random.randbytes(burst)
    return bytes(out)


def damaged_frames(count: int, seed: int) -> Report:
    """Send ``count`` damaged frames between good ones through one decoder."""
    random = Random(seed)
    decoder = Decoder(MAX_LINE_FROM_BOARD)
    done = survived = wrong = 0
    while done < count:
        size = random.choice((1, 3, 9, 21, 41, 60, 120, 249))
        # Bodies with many zeros and with none: COBS differs most between them.
        payload = random.choice((random.randbytes(size), bytes(random.choice((0, 0, 7, 255)) for _ in range(size))))
        body = bytes((random.choice(CODES),)) + payload
        line = encode(body)
        damaged = damage(line, random)
        if damaged == line:
            continue
        done += 1
        # The frame after it may be hit through the delimiter between them; an empty frame takes that blow.
        for item in decoder.receive(damaged + b"\0"):
            if isinstance(item, Frame):
                if item.body == body:
                    survived += 1
                else:
                    wrong += 1
    return Report(done, survived, wrong)
