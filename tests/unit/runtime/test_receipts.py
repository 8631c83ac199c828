"""`get` right after `set`: the receipt may be here before the sample that it tells of."""

from __future__ import annotations

from ardugate.hub import Address, Last
from ardugate.model import Channel, Mode, Receipt, ValueType
from ardugate.runtime.receipts import Receipts

FAN = Address("uno", "D9")
CHANNEL = Channel(number=9, name="D9", type=ValueType.FLOAT, mode=Mode.PWM)


def last(value: float, at_ns: int) -> Last:
    return Last("uno", CHANNEL, value, at_ns, stale=False)


class Clock:
    def __init__(self) -> None:
        self.s = 10.0

    def __call__(self) -> float:
        return self.s


def test_a_receipt_counts_until_a_sample_comes_that_is_not_older() -> None:
    receipts = Receipts(Clock())
    assert receipts.newer(FAN, last(0.0, 100)) is None
    receipts.note(FAN, Receipt(value=0.5, executed_ns=200))
    assert receipts.newer(FAN, None) == (0.5, 200)
    assert receipts.newer(FAN, last(0.0, 199)) == (0.5, 200)
    assert receipts.newer(FAN, last(0.5, 200)) is None
    assert receipts.newer(FAN, last(0.0, 2_000)) is None, "its hold is over, say"


def test_the_newest_receipt_counts() -> None:
    receipts = Receipts(Clock())
    receipts.note(FAN, Receipt(value=0.5, executed_ns=200))
    receipts.note(FAN, Receipt(value=0.25, executed_ns=300))
    assert receipts.newer(FAN, last(0.5, 200)) == (0.25, 300)
    assert receipts.newer(Address("uno", "D10"), None) is None


def test_after_a_second_the_samples_alone_count_whatever_their_times() -> None:
    clock = Clock()
    receipts = Receipts(clock)
    receipts.note(FAN, Receipt(value=0.5, executed_ns=200))
    clock.s += 1.0
    assert receipts.newer(FAN, last(0.0, 100)) is None
