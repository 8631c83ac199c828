"""What the gateway counts by itself for ``/metrics``: requests, samples, how late its loop runs."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from ardugate.errors import RequestError
from ardugate.model import Batch, Stream
from ardugate.session.encode import Dialect
from ardugate.session.requests import METHODS, Asked

# Upper ends of the buckets, in seconds: a loop that waits for nothing is late by microseconds, a board answers in
# milliseconds, and nothing is waited for longer than 10 s but commands of a sketch.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# How often the loop is looked at.
LOOP_PERIOD_S = 1.0

_NAMES = {kind: method for method, kind in METHODS.items()}


class Histogram:
    """Counts by size: ``counts[i]`` of those up to ``bounds[i]`` and above the one before, one more for the rest."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Meters:
    """Counts since the gateway began. Needs a running loop; ``stop`` at the end."""

    def __init__(self) -> None:
        self.requests: dict[str, Histogram] = {}  # by method: how long until its answer
        self.outcomes = Counter[tuple[str, str]]()  # by method, and `ok` or the reason of the refusal
        self.scans = Counter[str]()  # by board
        self.samples = Counter[str]()
        self.sent_messages = Counter[tuple[Dialect, str]]()  # by dialect, and what they hold
        self.sent_bytes = Counter[tuple[Dialect, str]]()
        self.loop_lag = Histogram()
        self.forwarding = Histogram()
        self._oldest_s: float | None = None  # of what came and was not served yet
        self._streams: dict[str, tuple[str, int]] = {}
        self._loop = asyncio.get_running_loop()
        self._due_s = self._loop.time() + LOOP_PERIOD_S
        self._timer = self._loop.call_at(self._due_s, self._beat)

    def stop(self) -> None:
        """Look at the loop no more."""
        self._timer.cancel()

    def answered(self, asked: Asked, outcome: object, now_ns: int) -> None:
        """A request got its answer."""
        method = _NAMES[type(asked.request)]
        self.requests.setdefault(method, Histogram()).add(max(0, now_ns - asked.accepted_ns) / 1e9)
        self.outcomes[method, outcome.reason.value if isinstance(outcome, RequestError) else "ok"] += 1

    def stream_started(self, stream: Stream) -> None:
        """A stream of a board begins."""
        self._streams[stream.id] = (stream.board, len(stream.channels))

    def stream_ended(self, stream_id: str) -> None:
        """It is over."""
        self._streams.pop(stream_id, None)

    def published(self, batch: Batch) -> None:
        """Scans of a stream that has begun."""
        if self._oldest_s is None:
            self._oldest_s = self._loop.time()
        board, channels = self._streams[batch.stream]
        self.scans[board] += batch.count
        self.samples[board] += batch.count * channels

    def served(self, *, anybody: bool) -> None:
        """Everything published was written to all who want it and take bytes, if there is ``anybody``."""
        if anybody and self._oldest_s is not None:
            self.forwarding.add(self._loop.time() - self._oldest_s)
        self._oldest_s = None

    def sent(self, dialect: Dialect, what: Literal["samples", "control"], messages: int, size: int) -> None:
        """Messages went out to clients of this dialect, and bytes, as they are on a WebSocket."""
        self.sent_messages[dialect, what] += messages
        self.sent_bytes[dialect, what] += size

    def _beat(self) -> None:
        now_s = self._loop.time()
        self.loop_lag.add(max(0.0, now_s - self._due_s))
        self._due_s = now_s + LOOP_PERIOD_S
        self._timer = self._loop.call_at(self._due_s, self._beat)
