"""Batches of several streams made into rows: every channel's newest value, at each scan or at a beat. No clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ardugate.client.feed import Told
from ardugate.client.samples import Batch, Names, Row

_WILD: Final = frozenset("*?[")


class Rows:
    """Keeps the newest value of each channel.

    ``wanted`` are the channels that were asked for: there is no row until each that is named without a wildcard has had
    a value. A board that is not live has no values (None).
    """

    def __init__(self, wanted: Iterable[str], names: Names) -> None:
        self._named = [each for each in wanted if not _WILD & set(each)]
        self._names = names
        self._values: dict[str, Any] = {}
        self._t_s = 0.0
        self._fresh = set[str]()
        self._lost = 0
        self._dropped = 0
        self._broken = False

    @property
    def ready(self) -> bool:
        """Whether ``take`` has something new to give, and every channel that was named."""
        return bool(self._fresh) and not self._missing()

    def hear(self, told: Told) -> None:
        """A notification: what a board that is not live said before is no value of now."""
        if told.method == "board" and "board" in told.params and told.params["board"]["state"] != "live":
            of = told.params["board"]["id"] + "/"
            for address in self._values:
                if address.startswith(of):
                    self._values[address] = None

    def scans(self, batch: Batch) -> Iterator[Row]:
        """A row for each scan, once there is a value for each channel; its time is the scan's."""
        self._count(batch)
        for t_s, values in batch.rows():
            self._note(values)
            self._t_s = t_s
            if self.ready:
                yield self.take()

    def add(self, batch: Batch) -> None:
        """What is newer than before, for the next ``take``."""
        self._count(batch)
        for t_s, values in batch.rows():
            self._note(values)
            self._t_s = max(self._t_s, t_s)

    def take(self) -> Row:
        """A row of what is newest."""
        row = Row(
            self._t_s,
            dict(self._values),
            self._names,
            frozenset(self._fresh),
            lost=self._lost,
            dropped=self._dropped,
            broken=self._broken,
        )
        self._fresh.clear()
        self._lost = self._dropped = 0
        self._broken = False
        return row

    def _note(self, values: dict[str, Any]) -> None:
        self._values |= values
        self._fresh |= values.keys()

    def _count(self, batch: Batch) -> None:
        self._lost += batch.lost
        self._dropped += batch.dropped
        self._broken = self._broken or batch.broken

    def _missing(self) -> bool:
        while self._named and self._names.find(self._named[-1], self._values) is not None:
            self._named.pop()
        return bool(self._named)
