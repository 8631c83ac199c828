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


SET = Receipt(value=0.5, executed_ns=200_000_000)
OFF_BEFORE = last(0.0, 100_000_000)


def test_a_receipt_counts_until_a_sample_comes_that_is_not_older() -> None:
    receipts = Receipts(Clock())
    assert receipts.newer(FAN, OFF_BEFORE) is None
    receipts.note(FAN, SET, None)
    assert receipts.newer(FAN, None) == (0.5, 200_000_000)
    assert receipts.newer(FAN, OFF_BEFORE) == (0.5, 200_000_000)
    assert receipts.newer(FAN, last(0.5, 200_000_000)) is None
    assert receipts.newer(FAN, last(0.0, 2_000_000_000)) is None, "its hold is over, say"


def test_a_stop_within_a_millisecond_is_believed_for_its_sample_came_later() -> None:
    receipts = Receipts(Clock())
    receipts.note(FAN, SET, OFF_BEFORE)
    assert receipts.newer(FAN, last(0.0, 200_500_000)) is None
    assert receipts.newer(FAN, last(0.0, 199_500_000)) is None, "its time is a guess at the board's clock"


def test_a_sample_that_was_there_before_is_not_taken_for_news_by_a_clock_that_moved() -> None:
    receipts = Receipts(Clock())
    receipts.note(FAN, SET, last(0.0, 203_000_000))
    assert receipts.newer(FAN, last(0.0, 203_000_000)) == (0.5, 200_000_000)


def test_the_newest_receipt_counts() -> None:
    receipts = Receipts(Clock())
    receipts.note(FAN, SET, OFF_BEFORE)
    receipts.note(FAN, Receipt(value=0.25, executed_ns=300_000_000), OFF_BEFORE)
    assert receipts.newer(FAN, last(0.5, 200_000_000)) == (0.25, 300_000_000)
    assert receipts.newer(Address("uno", "D10"), None) is None


def test_after_a_second_the_samples_alone_count_whatever_their_times() -> None:
    clock = Clock()
    receipts = Receipts(clock)
    receipts.note(FAN, SET, OFF_BEFORE)
    clock.s += 1.0
    assert receipts.newer(FAN, OFF_BEFORE) is None
