"""What boards said of outputs that were set, until the samples that say so have come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ardugate.hub import Address, Last
from ardugate.model import Receipt, Value

# The sample that a set makes follows its receipt within some ms, or it was lost on the wire: then the board samples the
# channel afresh with one of its next heartbeats.
_COUNTS_S: Final = 1.0
# A sample's time and a receipt's come by different guesses at the board's clock, which move by some ms while a link is
# young: two times this close together do not say which came first.
_CLOSE_NS: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class _Noted:
    receipt: Receipt
    before_ns: int | None
    until_s: float

    def is_followed_by(self, last: Last) -> bool:
        """Whether a sample is from after the receipt. Close to it, what came later is later."""
        executed_ns = self.receipt.executed_ns
        came_since = last.at_ns != self.before_ns
        return last.at_ns >= (executed_ns - _CLOSE_NS if came_since else executed_ns + _CLOSE_NS)


class Receipts:
    """The newest receipt of each output. A receipt overtakes the sample of what it tells: until that has come, the
    receipt is what is known."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._newest: dict[Address, _Noted] = {}

    def note(self, channel: Address, receipt: Receipt, last: Last | None) -> None:
        """An output was set; ``last`` is its last sample at this moment."""
        before_ns = None if last is None else last.at_ns
        self._newest[channel] = _Noted(receipt, before_ns, self._clock_s() + _COUNTS_S)

    def newer(self, channel: Address, last: Last | None) -> tuple[Value, int] | None:
        """A value, and its gateway time, that is newer than the last sample; None: there is none."""
        noted = self._newest.get(channel)
        if noted is None or self._clock_s() >= noted.until_s:
            self._newest.pop(channel, None)
            return None
        if last is not None and noted.is_followed_by(last):
            return None
        return noted.receipt.value, noted.receipt.executed_ns
