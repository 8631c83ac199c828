"""Who may drive a channel, until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.hub import Address, Drivers, Leases
from ardugate.hub import leases as leases_module
from ardugate.model import Principal, Receipt
from tests.unit.hub.build import ADMIN, ALICE, BOB, T0, S

PUMP, FAN = Address("greenhouse", "pump"), Address("greenhouse", "fan")
SET = Receipt(True, True, T0, T0)


P = ParamSpec("P")


def refused(call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Reason:
    with pytest.raises(RequestError) as refusal:
        call(*args, **kwargs)
    return refusal.value.reason


def test_without_a_lease_nobody_is_excluded() -> None:
    leases = Leases(Drivers())
    leases.check("c1", ALICE, PUMP, T0)
    leases.check("c2", BOB, PUMP, T0)


def test_a_lease_excludes_everybody_else_until_it_ends() -> None:
    leases = Leases(Drivers())
    leases.take("c1", ALICE, [PUMP], 5_000, T0)
    leases.check("c1", ALICE, PUMP, T0)
    leases.check("c2", BOB, FAN, T0)
    assert refused(leases.check, "c2", BOB, PUMP, T0) is Reason.LEASED
    assert refused(leases.check, "c3", ALICE, PUMP, T0) is Reason.LEASED
    leases.check("c2", BOB, PUMP, T0 + 5 * S)


def test_all_channels_are_leased_or_none() -> None:
    leases = Leases(Drivers())
    leases.take("c1", ALICE, [PUMP], 5_000, T0)
    assert refused(leases.take, "c2", BOB, [FAN, PUMP], 5_000, T0) is Reason.LEASED
    assert leases.holder(FAN, T0) is None


@pytest.mark.parametrize(
    ("holder", "taker", "works"),
    [(ALICE, BOB, True), (ALICE, ADMIN, True), (ADMIN, BOB, False)],
    ids=["the same role", "a higher role", "a lower role"],
)
def test_a_takeover_goes_by_role(holder: Principal, taker: Principal, works: bool) -> None:
    leases = Leases(Drivers())
    leases.take("c1", holder, [PUMP], 5_000, T0)
    if works:
        leases.take("c2", taker, [PUMP], 5_000, T0, takeover=True)
        assert [change.cause for change in leases.changes()] == ["taken", "taken_over"]
    else:
        assert refused(leases.take, "c2", taker, [PUMP], 5_000, T0, takeover=True) is Reason.LEASED


def test_a_lease_keeps_what_is_left_of_it_when_the_clock_is_set() -> None:
    leases = Leases(Drivers())
    leases.take("c1", ALICE, [PUMP], 5_000, T0)
    leases.changes()
    leases.clock_set(-3_600 * S, T0 + S - 3_600 * S)
    (change,) = leases.changes()
    assert (change.cause, change.leases[0].until_ns) == ("renewed", T0 + 5 * S - 3_600 * S)
    leases.tick(T0 + 5 * S - 3_600 * S)
    assert leases.all() == []


def test_a_lease_ends_with_its_time_and_says_so() -> None:
    leases = Leases(Drivers())
    (lease,) = leases.take("c1", ALICE, [PUMP], 5_000, T0)
    leases.changes()
    assert leases.next_deadline() == T0 + 5 * S
    leases.tick(T0 + 5 * S - 1)
    assert leases.changes() == []
    leases.tick(T0 + 5 * S)
    (change,) = leases.changes()
    assert (change.cause, change.leases, leases.next_deadline()) == ("expired", (lease,), None)


def test_a_lease_ends_with_its_connection_unless_it_is_kept() -> None:
    leases = Leases(Drivers())
    leases.take("c1", ALICE, [PUMP], 5_000, T0)
    leases.take("c1", ALICE, [FAN], 5_000, T0, keep=True)
    leases.changes()
    leases.leave("c1", T0)
    (change,) = leases.changes()
    assert (change.cause, change.leases[0].channel) == ("gone", "pump")
    leases.check("c9", ALICE, FAN, T0)
    assert refused(leases.check, "c2", BOB, FAN, T0) is Reason.LEASED


def test_renewing_extends_leases_and_names_what_was_set() -> None:
    drivers = Drivers()
    leases = Leases(drivers)
    leases.take("c1", ALICE, [PUMP], 1_000, T0)
    drivers.was_set("c1", ALICE, FAN, SET)
    renewed, outputs = leases.renew("c1", ALICE, [PUMP, FAN], 2_000, T0)
    assert [lease.until_ns for lease in renewed] == [T0 + 2 * S]
    assert outputs == [FAN]
    assert leases.next_deadline() == T0 + 2 * S


def test_renewing_is_refused_once_somebody_else_has_set_or_leased_it() -> None:
    drivers = Drivers()
    leases = Leases(drivers)
    drivers.was_set("c1", ALICE, PUMP, SET)
    drivers.was_set("c2", BOB, PUMP, SET)
    assert refused(leases.renew, "c1", ALICE, [PUMP], 2_000, T0) is Reason.LEASED
    drivers.was_set("c1", ALICE, FAN, SET)
    leases.take("c2", BOB, [FAN], 2_000, T0)
    assert refused(leases.renew, "c1", ALICE, [FAN], 2_000, T0) is Reason.LEASED


def test_there_is_nothing_to_renew_before_a_set_and_after_a_reset() -> None:
    drivers = Drivers()
    leases = Leases(drivers)
    assert refused(leases.renew, "c1", ALICE, [PUMP], 2_000, T0) is Reason.REFUSED
    drivers.was_set("c1", ALICE, PUMP, SET)
    drivers.forget("greenhouse")
    assert refused(leases.renew, "c1", ALICE, [PUMP], 2_000, T0) is Reason.REFUSED


def test_only_its_holder_releases_a_lease() -> None:
    leases = Leases(Drivers())
    leases.take("c1", ALICE, [PUMP, FAN], 5_000, T0)
    assert leases.release("c2", BOB, [PUMP], T0) == []
    left = leases.release("c1", ALICE, [PUMP], T0)
    assert [lease.channel for lease in left] == ["fan"]
    leases.check("c2", BOB, PUMP, T0)


def test_leases_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "MAX_LEASES", 1)
    leases = Leases(Drivers())
    assert refused(leases.take, "c1", ALICE, [PUMP, FAN], 5_000, T0) is Reason.TOO_MANY
    assert leases.all() == []
