"""The line between the simulated board and the gateway: its pace and its faults."""

from __future__ import annotations

import math
from collections import deque
from random import Random
from typing import Final

from ardugate.sim.options import Faults

_NS: Final = 1_000_000_000
# Times of today are floats of 256 ns; a byte takes 5,000 at 2 Mbaud.
_ROUNDING: Final = 0.1
_BITS_A_BYTE: Final = 10  # 8N1: a start bit, eight, a stop bit


class ByteFaults:
    """Damages bytes by chance. Draws once per fault rather than once per byte, so that a good line costs nothing."""

    def __init__(self, faults: Faults, random: Random) -> None:
        self._random = random
        self._chances = (("corrupt", faults.corrupt), ("lose", faults.lose), ("repeat", faults.repeat))
        self._until = {name: self._distance(chance) for name, chance in self._chances}

    def _distance(self, chance: float) -> int:
        """How many good bytes come before the next fault of a kind that has this chance per byte."""
        if chance <= 0:
            return -1
        return 0 if chance >= 1 else int(math.log(1 - self._random.random()) / math.log(1 - chance))

    def apply(self, data: bytes) -> bytes:
        """What arrives of ``data``."""
        hits: list[tuple[int, str]] = []
        for name, chance in self._chances:
            at = self._until[name]
            if at < 0:
                continue
            while at < len(data):
                hits.append((at, name))
                at += 1 + self._distance(chance)
            self._until[name] = at - len(data)
        if not hits:
            return data
        out = bytearray(data)
        for at, name in sorted(hits, reverse=True):
            # A byte that two faults hit at once may be gone already.
            piece = out[at : at + 1]
            match name:
                case "corrupt":
                    out[at : at + 1] = bytes(byte ^ self._random.randrange(1, 256) for byte in piece)
                case "lose":
                    del out[at : at + 1]
                case _:
                    out[at : at + 1] = piece * 2
        return bytes(out)


class Pace:
    """What a serial port with a baud rate sends, and when. ``baud`` None: at once."""

    def __init__(self, baud: int | None) -> None:
        self._byte_ns = _BITS_A_BYTE * _NS / baud if baud else 0.0
        self._free_ns = 0.0  # when the line will have sent all that waits
        self._waiting: deque[tuple[float, bytes]] = deque()  # (start of the piece, its bytes)

    def go_to(self, baud: int | None) -> None:
        """Send at another rate from now on."""
        self._byte_ns = _BITS_A_BYTE * _NS / baud if baud else 0.0

    def send(self, now_ns: int, data: bytes) -> None:
        """Put bytes behind those that wait."""
        start = self.start_ns(now_ns)
        self._waiting.append((start, data))
        self._free_ns = start + len(data) * self._byte_ns

    def start_ns(self, now_ns: int) -> float:
        """When the first byte of what is sent now would go on the line."""
        return max(self._free_ns, float(now_ns))

    def backlog_bytes(self, now_ns: int) -> int:
        """How many bytes wait or are on their way."""
        if not self._byte_ns:
            return sum(len(data) for _, data in self._waiting)
        return math.ceil(max(0.0, self._free_ns - now_ns) / self._byte_ns)

    def clear(self) -> None:
        """Forget what waits: a reset."""
        self._waiting.clear()
        self._free_ns = 0.0

    def take(self, now_ns: int) -> bytes:
        """The bytes that have left the line by now."""
        out = bytearray()
        while self._waiting:
            start, data = self._waiting[0]
            if self._byte_ns:
                done = int((now_ns - start) / self._byte_ns + _ROUNDING)
                if done < len(data):
                    if done > 0:
                        out += data[:done]
                        self._waiting[0] = (start + done * self._byte_ns, data[done:])
                    break
            out += data
            self._waiting.popleft()
        return bytes(out)

    def next_ns(self) -> int | None:
        """When the piece in front will have left the line; None when nothing waits."""
        if not self._waiting:
            return None
        start, data = self._waiting[0]
        return math.ceil(start + len(data) * self._byte_ns)
