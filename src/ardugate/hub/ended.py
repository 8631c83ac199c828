"""Streams that have ended: kept a while for those who come back with a cursor."""

from __future__ import annotations

from collections import deque

from ardugate.hub.limits import ENDED_KEPT, ENDED_KEPT_NS
from ardugate.hub.sources import Source


class Ended:
    """In the order of their ends. ``gone_order`` is the newest place of a batch that is not in memory any more,
    ``gone_end_order`` of an end."""

    def __init__(self) -> None:
        self._sources: deque[Source] = deque()
        self.gone_order = 0
        self.gone_end_order = 0

    def add(self, source: Source) -> None:
        """A stream has ended."""
        assert source.ring.ended is not None, "only ended streams are put here"
        self._sources.append(source)

    def next_deadline(self) -> int | None:
        """When the first is to be forgotten; None for never."""
        if not self._sources or (ended := self._sources[0].ring.ended) is None:
            return None
        return ended[1] + ENDED_KEPT_NS

    def due(self, now_ns: int) -> list[Source]:
        """Those that are to be forgotten now."""
        gone: list[Source] = []
        while (deadline_ns := self.next_deadline()) is not None:
            if len(self._sources) <= ENDED_KEPT and now_ns < deadline_ns:
                break
            source = self._sources.popleft()
            self.gone_order = max(self.gone_order, source.ring.last_order)
            self.gone_end_order = max(self.gone_end_order, source.ring.end_order)
            gone.append(source)
        return gone
