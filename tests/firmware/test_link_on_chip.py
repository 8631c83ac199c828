"""The gateway's link with the sketch in the chip, over a line that fails in every way: a live board always samples.

Deterministic: no wall clock, each case follows from its seed.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from ardugate.wire.framing import encode
from ardugate.wire.messages import Hello, serialize
from tests.support.chip import Chip, build_optiboot
from tests.support.chip_link import ChipAndLink
from tests.support.firmware import build

pytestmark = pytest.mark.chip

# More of them for a hunt: LINK_SEEDS=200
_SEEDS = int(os.environ.get("LINK_SEEDS", "6"))
# A board that has no bootloader is live a few round trips after its hello; a damaged or starved link first needs a
# second to know that it was paused, reset or given another boot.
_WITHIN_S = 4.0
# Optiboot waits a second for a programmer (and the sketch sends an unasked hello each 500 ms).
_BOOTLOADER_S = 1.5


def _mishap(both: ChipAndLink, chip: Chip, random: Random) -> None:
    match random.choice(["reset", "reset", "power", "deaf", "plug", "stranger", "nothing"]):
        case "reset":
            chip.reset()
        case "power":
            chip.reset(power=True)
        case "deaf":  # long enough for the board's watchdog, or not
            both.deaf_until_s = both.seconds + random.random() * 3
        case "plug":
            both.plug()
        case "stranger":  # another gateway's hello: the board begins another boot
            chip.send(encode(serialize(Hello(random.getrandbits(32) | 1))))
        case _:
            pass


@pytest.mark.parametrize("bootloader", [False, True], ids=["sketch alone", "bootloader in front"])
@pytest.mark.parametrize("seed", range(_SEEDS))
def test_whatever_happened_a_live_board_samples(seed: int, *, bootloader: bool) -> None:
    random = Random(seed)
    with Chip(build("uno"), pace="stepped", bootloader=build_optiboot() if bootloader else None) as chip:
        both = ChipAndLink(chip, random)
        chip.run(random.random() * 2)
        both.plug()
        for _ in range(5):
            both.to_chip_s, both.to_link_s = (random.choice([0, 0, 0.01, 0.2, 0.5]) for _ in range(2))
            both.cut = random.choice([0, 0, 0, 0.02, 0.1])
            both.gateway_rate = random.choice([1, 1, 1, 0.5, 2, 5, 10])
            for _ in range(random.randrange(4)):
                _mishap(both, chip, random)
                both.go(random.random() * random.choice([0.05, 0.3, 2.0]))
            both.calm()
            assert both.until_sampled(_WITHIN_S + bootloader * _BOOTLOADER_S), (both.state, both.faults)


@pytest.mark.parametrize(
    ("bootloader", "within_s"),
    [pytest.param(False, 1.0, id="sketch alone"), pytest.param(True, 3.0, id="bootloader in front")],
)
def test_samples_flow_again_soon_after_a_reset(*, bootloader: bool, within_s: float) -> None:
    with Chip(build("uno"), pace="stepped", bootloader=build_optiboot() if bootloader else None) as chip:
        both = ChipAndLink(chip, Random(1))
        both.plug()
        assert both.until_sampled(3.5)
        for _ in range(3):
            chip.reset()
            both.go(0.05)  # what was still on the line is the old boot's
            assert both.until_sampled(within_s)
