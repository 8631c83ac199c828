"""Every loss, by place."""

from __future__ import annotations

from ardugate.hub import Ledger, Total
from ardugate.hub.limits import RECENT_LOSSES
from ardugate.model import Loss
from tests.unit.hub.build import T0


def test_losses_are_summed_by_board_place_and_reason() -> None:
    ledger = Ledger()
    ledger.add(Loss("wire", "damaged", "s1", 3, 0, T0, "greenhouse"))
    ledger.add(Loss("wire", "damaged", "s2", 4, 0, T0 + 1, "greenhouse"))
    ledger.add(Loss("client", "slow", "s2", 5, 0, T0, "greenhouse"))
    assert ledger.totals() == [
        Total("greenhouse", "client", "slow", 5, 1, T0),
        Total("greenhouse", "wire", "damaged", 7, 2, T0 + 1),
    ]


def test_a_loss_of_nothing_is_none() -> None:
    ledger = Ledger()
    ledger.add(Loss("wire", "damaged", "s1", 0, 0, T0))
    assert (ledger.totals(), ledger.recent()) == ([], [])


def test_the_last_losses_are_remembered_one_by_one() -> None:
    ledger = Ledger()
    for number in range(RECENT_LOSSES + 5):
        ledger.add(Loss("wire", "damaged", "s1", 1, number, T0))
    assert [loss.from_seq for loss in ledger.recent()] == list(range(5, RECENT_LOSSES + 5))
