"""Thousands of commands over a line that damages, and other seeds than the quick tests'. ``make soak`` runs it."""

from __future__ import annotations

import os

import pytest

from tests.firmware.damage import scene
from tests.firmware.test_damage import exactly_once
from tests.support.noise import Rates

_SEEDS = int(os.environ.get("SOAK_SEEDS", "3"))
_NUMBER = 2_000


@pytest.mark.chip
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", range(1, _SEEDS + 1))
def test_two_thousand_commands_under_corruption_loss_and_repetition_run_exactly_once(seed: int) -> None:
    rates = Rates(changed=1e-3, lost=1e-4, added=1e-4, repeated=0.05)
    with scene(seed) as chip_scene:
        chip_scene.spoil(rates, rates)
        chip_scene.command(_NUMBER, at_once=2)
        chip_scene.settle()
        exactly_once(chip_scene, _NUMBER)
        assert chip_scene.wrong == 0
        print(chip_scene.summary())
