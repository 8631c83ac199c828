"""A million commands over a bad line and to a board that is reset again and again. ``make soak`` runs it.

``SOAK_SEEDS`` is how many times a hundred thousand. What came of them is printed.
"""

from __future__ import annotations

import os

import pytest

from tests.property.test_commands import BAD, WORST
from tests.support.noise import Rates
from tests.support.ordeal import ordeal

_SEEDS = int(os.environ.get("SOAK_SEEDS", "10"))


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", range(1, _SEEDS + 1))
@pytest.mark.parametrize(("rates", "commands"), [(BAD, 100_000), (WORST, 5_000)], ids=["1 in 1,000", "1 in 100"])
def test_of_a_hundred_thousand_commands_none_is_lost_doubled_or_wrong(seed: int, rates: Rates, commands: int) -> None:
    verdict = ordeal(commands, rates, seed=seed, reset_every=1_000)
    print(f"\nseed {seed}: {verdict}")
    assert verdict.wrong == 0, verdict
    assert verdict.told.total() == commands
    assert set(verdict.told) <= {"ok", "unknown_outcome", "timeout", "offline"}
    assert verdict.ran["timeout"] == verdict.ran["offline"] == 0
    assert verdict.resets > 0
