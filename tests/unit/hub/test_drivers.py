"""Who set an output last, until when that holds it, and when others are told."""

from __future__ import annotations

from ardugate.hub import Address, Drivers
from ardugate.hub.drivers import TOLD_EVERY_NS
from ardugate.model import Receipt
from tests.unit.hub.build import ALICE, BOB, T0, S

PUMP, FAN = Address("greenhouse", "pump"), Address("greenhouse", "fan")


def receipt(at_ns: int, ttl_s: int | None = 2) -> Receipt:
    return Receipt(True, True, at_ns, at_ns, until_ns=None if ttl_s is None else at_ns + ttl_s * S)


def test_the_last_who_set_an_output_is_its_driver_also_when_the_hold_is_over() -> None:
    drivers = Drivers()
    drivers.was_set("c1", ALICE, PUMP, receipt(T0))
    drivers.was_set("c2", BOB, PUMP, receipt(T0 + S))
    (driver,) = drivers.all()
    assert (driver.client, driver.principal.name) == ("c2", "bob")
    assert (driver.set_ns, driver.until_ns) == (T0 + S, T0 + 3 * S)


def test_what_is_set_is_told_at_once_and_a_slider_four_times_a_second() -> None:
    drivers = Drivers()
    assert drivers.news(T0) is None
    assert drivers.next_deadline() is None
    drivers.was_set("c1", ALICE, PUMP, receipt(T0))
    news = drivers.news(T0)
    assert news is not None
    assert [each.channel for each in news.drivers] == ["pump"]
    for step in range(1, 5):
        drivers.was_set("c1", ALICE, PUMP, receipt(T0 + step * TOLD_EVERY_NS // 10))
        assert drivers.news(T0 + step * TOLD_EVERY_NS // 10) is None
    assert drivers.next_deadline() == T0 + TOLD_EVERY_NS
    news = drivers.news(T0 + TOLD_EVERY_NS)
    assert news is not None
    assert [each.set_ns for each in news.drivers] == [T0 + 4 * TOLD_EVERY_NS // 10]
    assert drivers.next_deadline() is None


def test_renewing_goes_on_with_a_hold_but_gives_none_an_end_and_wakes_none_that_is_over() -> None:
    drivers = Drivers()
    drivers.was_set("c1", ALICE, PUMP, receipt(T0))
    drivers.was_set("c1", ALICE, FAN, receipt(T0, ttl_s=None))
    drivers.renewed([PUMP, FAN, Address("greenhouse", "light")], receipt(T0 + S))
    assert [each.until_ns for each in drivers.all()] == [None, T0 + 3 * S]
    drivers.renewed([PUMP], receipt(T0 + 4 * S))
    assert [each.until_ns for each in drivers.all()] == [None, T0 + 3 * S]


def test_after_a_reset_or_a_stop_nobody_has_set_anything_of_that_board() -> None:
    drivers = Drivers()
    attic = Address("attic", "lamp")
    drivers.was_set("c1", ALICE, PUMP, receipt(T0))
    drivers.was_set("c1", ALICE, attic, receipt(T0))
    drivers.news(T0)
    drivers.forget("greenhouse")
    news = drivers.news(T0 + S)
    assert news is not None
    assert (news.drivers, news.ended) == ((), (PUMP,))
    assert (drivers.of(PUMP), drivers.of(attic)) == (None, drivers.all()[0])


def test_when_the_clock_is_set_what_is_left_of_a_hold_stays() -> None:
    drivers = Drivers()
    drivers.was_set("c1", ALICE, PUMP, receipt(T0))
    drivers.was_set("c1", ALICE, FAN, receipt(T0, ttl_s=None))
    drivers.news(T0)
    drivers.clock_set(-3600 * S)
    assert [each.until_ns for each in drivers.all()] == [None, T0 - 3598 * S]
    assert drivers.next_deadline() == T0 - 3600 * S + TOLD_EVERY_NS
