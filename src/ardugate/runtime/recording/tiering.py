"""Seconds and minutes of every channel, kept on disk beside the ring."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

from ardugate.model import Batch, Stream
from ardugate.record.tiers import PERIODS_S, Tier, TierTape
from ardugate.runtime.recording.shelves import RingFiles
from ardugate.runtime.recording.sink import Sink

# Of each period: six channels' seconds for three days and their minutes for half a year.
KEEP_BYTES: Final = 64 * 1_048_576
# A second is complete when nothing of it can be on its way any more.
_LATE_S: Final = 2


class Tiers:
    """Hears of scans, and writes what they come to. ``folder`` is ours alone."""

    def __init__(self, folder: Path, executor: Executor, changed: Callable[[Sink], None], keep_free_bytes: int) -> None:
        self.files = {period: RingFiles(folder / f"{period}s", KEEP_BYTES) for period in PERIODS_S}
        self._seconds, self._minutes = (Tier(period) for period in PERIODS_S)
        self._tapes = {period: TierTape() for period in PERIODS_S}
        self.sinks = {
            period: Sink(files, executor, changed, keep_free_bytes=keep_free_bytes, sync=False)
            for period, files in self.files.items()
        }
        self._streams: dict[str, Stream] = {}
        self._flushed_s = 0

    def stream_started(self, stream: Stream) -> None:
        """A stream begins."""
        self._streams[stream.id] = stream

    def stream_ended(self, stream_id: str) -> None:
        """A stream is over."""
        self._streams.pop(stream_id, None)

    def publish(self, batch: Batch) -> None:
        """Scans."""
        self._seconds.add(self._streams[batch.stream], batch)

    def flush(self, now_ns: int, *, ends: bool = False) -> None:
        """Write what is complete (``ends``: all), at most once a second."""
        now_s = now_ns // 10**9
        if now_s == self._flushed_s and not ends:
            return
        self._flushed_s = now_s
        before_s = 1 << 62 if ends else now_s - _LATE_S
        seconds = self._seconds.rows(before_s)
        for row in seconds:
            self._minutes.merge(row)
        for period, rows in zip(PERIODS_S, (seconds, self._minutes.rows(before_s)), strict=True):
            tape, sink = self._tapes[period], self.sinks[period]
            if rows or sink.paused:
                if sink.path is None:
                    sink.offer(b"", tape, now_ns)
                sink.offer(tape.blocks(rows), tape, now_ns)
