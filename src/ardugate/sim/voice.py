"""What the simulated board says: frames on its line, and the counters of what did not fit."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Final

from ardugate.sim.line import ByteFaults, Pace
from ardugate.sim.options import SimOptions
from ardugate.sim.rate import LineRate
from ardugate.wire import limits
from ardugate.wire import messages as msg
from ardugate.wire.framing import encode
from ardugate.wire.ops import LineDone, Op, parse_done

_S: Final = 1_000_000_000

# What a board with a baud rate lets wait for its line: samples, edges and text first find no room, so that replies and
# heartbeats still do. About 45 ms and 90 ms at 115,200 baud.
_ROOM_BYTES: Final = 512
_REPLY_ROOM_BYTES: Final = 1_024
# Without a baud rate nothing waits, unless nobody takes it.
_PIPE_BYTES: Final = 65_536

_LOG_BYTES: Final = limits.MAX_LINE_FROM_BOARD - limits.FRAME_OVERHEAD - 1


class Voice:
    """The board's end of the line, outward. ``counters`` are the totals since the reset."""

    def __init__(self, options: SimOptions) -> None:
        self._baud = options.baud
        self._duplicate = options.faults.duplicate
        self._random = Random(f"{options.seed} frames")
        self._outward = ByteFaults(options.faults, Random(f"{options.seed} out"))
        self._pace = Pace(options.baud)
        self._silent_until_ns = 0
        self.line = LineRate(options)
        self._arrived = b""  # at the rate before, not taken yet
        self.reset(0)

    def reset(self, t_ns: int) -> None:
        """Forget what waits, and the counts; the line is at its first rate."""
        self._pace.clear()
        self.line.reset()
        self._pace.go_to(self.line.baud)
        self.counters = msg.Counters()
        self.counters_due_ns: int | None = None
        self._counters_after_ns = t_ns

    def switch(self, reply: msg.Reply, t_ns: int) -> None:
        """Go to the line rate of this REPLY when its last byte has left; say nothing until a good frame comes there."""
        done = parse_done(Op.LINE, reply.data)
        assert isinstance(done, LineDone)
        self.line.go(done.baud, math.ceil(self.start_ns(t_ns)))

    def turn(self, t_ns: int) -> None:
        """Go to another line rate if it is time."""
        due_ns = self.line.next_ns()
        if due_ns is not None and due_ns <= t_ns:
            self._arrived = self.take(t_ns)
            self.line.turn(t_ns)
            self._pace.go_to(self.line.baud)

    def set_host_baud(self, now_ns: int, baud: int) -> None:
        """The other end goes to this rate."""
        if self.line.baud is not None:
            self._arrived = self.take(now_ns)
            self.line.host_baud = baud

    def silence(self, until_ns: int) -> None:
        """Let nothing onto the line until then."""
        self._silent_until_ns = until_ns

    def silent(self, t_ns: int) -> bool:
        """Whether the line is cut."""
        return t_ns < self._silent_until_ns

    def by_chance_twice(self) -> int:
        """1, or 2 with the chance of ``duplicate``: how often a frame comes."""
        return 1 + (self._random.random() < self._duplicate)

    def send(self, message: msg.FromBoard, t_ns: int) -> bool:
        """Put a frame on the line; False when there is no room for it, or the line's rate is not settled."""
        patient = isinstance(message, msg.Samples | msg.Irregular | msg.Log)
        if self.line.mute:
            if patient:
                self.count(t_ns, tx_dropped=1)
            return False
        room = _PIPE_BYTES if self._baud is None else _ROOM_BYTES if patient else _REPLY_ROOM_BYTES
        line = encode(msg.serialize(message))
        if self._pace.backlog_bytes(t_ns) + len(line) > room:
            self.count(t_ns, tx_dropped=1)
            return False
        self.put(line * self.by_chance_twice(), t_ns)
        return True

    def put(self, data: bytes, t_ns: int) -> None:
        """Put bytes on the line that need not be a frame."""
        if not self.silent(t_ns):
            self._pace.send(t_ns, data)

    def babble(self, size: int, t_ns: int) -> None:
        """Put bytes on the line that mean nothing."""
        self.put(self._random.randbytes(size), t_ns)

    def log(self, text: str, t_ns: int) -> None:
        """Send text, in as many pieces as it takes."""
        data = text.encode()
        for at in range(0, len(data), _LOG_BYTES):
            self.send(msg.Log(data[at : at + _LOG_BYTES]), t_ns)

    def start_ns(self, t_ns: int) -> float:
        """When the first byte of what is sent now goes on the line."""
        return self._pace.start_ns(t_ns)

    def next_ns(self) -> int | None:
        """When ``take`` next has something to give."""
        return self._pace.next_ns()

    def take(self, now_ns: int) -> bytes:
        """What the gateway gets."""
        arrived, self._arrived = self._arrived, b""
        return arrived + self._outward.apply(self.line.outward(self._pace.take(now_ns)))

    def count(
        self,
        t_ns: int,
        *,
        bad_frames: int = 0,
        tx_dropped: int = 0,
        overruns: int = 0,
        edges: int = 0,
        starved_loops: int = 0,
    ) -> None:
        """Add to the counters, and have them sent: at once, unless they were within the last second."""
        old = self.counters
        self.counters = replace(
            old,
            bad_frames=old.bad_frames + bad_frames,
            tx_dropped=old.tx_dropped + tx_dropped,
            sample_overruns=old.sample_overruns + overruns,
            edges_lost=old.edges_lost + edges,
            starved_loops=old.starved_loops + starved_loops,
        )
        if self.counters_due_ns is None:
            self.counters_due_ns = max(t_ns, self._counters_after_ns)

    def send_counters(self, t_ns: int) -> None:
        """Send them; the next time a second from now at the earliest."""
        self.counters_due_ns = None
        self._counters_after_ns = t_ns + _S
        self.send(self.counters, t_ns)
