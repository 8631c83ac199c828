"""What boards said of outputs that were set, until the samples that say so have come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from ardugate.hub import Address, Last
from ardugate.model import Receipt, Value

# The sample that a set makes follows its receipt within some ms, or it was lost on the wire: then the board samples the
# channel afresh with one of its next heartbeats.
_COUNTS_S: Final = 1.0


class Receipts:
    """The newest receipt of each output. A receipt overtakes the sample of what it tells: until that has come, the
    receipt is what is known."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._newest: dict[Address, tuple[Receipt, float]] = {}

    def note(self, channel: Address, receipt: Receipt) -> None:
        """An output was set."""
        self._newest[channel] = (receipt, self._clock_s() + _COUNTS_S)

    def newer(self, channel: Address, last: Last | None) -> tuple[Value, int] | None:
        """A value, and its gateway time, that is newer than the last sample; None: there is none."""
        receipt, until_s = self._newest.get(channel, (None, 0.0))
        if receipt is None or self._clock_s() >= until_s:
            self._newest.pop(channel, None)
            return None
        if last is not None and last.at_ns >= receipt.executed_ns:
            return None
        return receipt.value, receipt.executed_ns
