"""Whatever happens to a line whose rate changes, both ends come to one rate again, and no sample is lost in silence."""

from __future__ import annotations

from random import Random

import pytest

from ardugate.link.events import BatchReceived, LossFound, StreamStarted
from ardugate.model import BoardState, RateRequest, ReadRequest, Receipt, SetRequest, StopRequest
from ardugate.sim.options import Faults, SimOptions, SketchName
from tests.support.joined import Joined

SIX = tuple(f"A{n}" for n in range(6))


def set_fault(both: Joined, name: str, value: float) -> None:
    """What is wrong with the line from now on; tests alone may change it while the board lives."""
    object.__setattr__(both.sim.options.faults, name, value)


def happen(both: Joined, random: Random) -> None:
    match random.randrange(9):
        case 0:
            both.sim.reset(both.now_ns)
        case 1:
            both.unplug()
            both.run(random.choice((5, 500, 4_000)))
            both.plug()
        case 2:
            both.sim.silence(both.now_ns, random.randrange(4_000) * 1_000_000)
        case 3:
            set_fault(both, "deaf_above", random.choice((0, 115_200, 500_000)))
        case 4:
            set_fault(both, "noisy_above", random.choice((0, 115_200, 250_000)))
        case 5:
            both.ask(RateRequest(SIX[: random.randrange(1, 7)], None))
        case 6:
            both.ask(RateRequest((random.choice(SIX),), random.choice((0, 50, 3_000, 9_000))), 5_000)
        case 7:
            both.ask(SetRequest("D13", True))
        case _:
            both.ask(StopRequest())


@pytest.mark.parametrize("seed", range(10))
def test_both_ends_agree_again_whatever_happened(seed: int) -> None:
    random = Random(seed)
    faults = Faults(lose=random.choice((0, 1e-3)), corrupt=random.choice((0, 1e-3)))
    baud = random.choice((None, None, 250_000, 1_000_000))
    options = SimOptions(
        name="uno", sketch=SketchName.PLAIN, seed=seed, baud=115_200, max_baud=2_000_000, faults=faults
    )
    both = Joined(options, seed=seed, baud=baud)
    both.plug()
    for _ in range(25):
        happen(both, random)
        both.run(random.choice((1, 20, 200, 1_500)))
    for name in ("deaf_above", "noisy_above"):
        set_fault(both, name, 0)
    both.run(12_000)
    assert both.state() is BoardState.LIVE
    sim_baud = both.sim._voice.line.baud  # pyright: ignore[reportPrivateUsage]
    assert both.bauds[-1:] in ([], [sim_baud]), "both ends are at one rate"
    assert baud is None or max(both.bauds, default=0) <= max(baud, max_found(both, baud))
    both.ask(RateRequest(("A0",), 100))
    both.run(1_000)
    both.events.clear()
    both.run(2_000)
    assert isinstance(both.do(ReadRequest("A0"), 4_000), Receipt)
    assert both.of(BatchReceived)


def max_found(both: Joined, baud: int) -> int:
    """A board is also looked for beyond the settings' rate, where another gateway may have left it."""
    return max([rate for rate in both.bauds if rate > baud], default=0)


@pytest.mark.parametrize("seed", range(4))
def test_scans_are_received_or_told_as_lost_through_every_change_of_rate(seed: int) -> None:
    random = Random(seed)
    options = SimOptions(name="uno", sketch=SketchName.PLAIN, seed=seed, baud=115_200, max_baud=2_000_000)
    both = Joined(options, seed=seed)
    both.live()
    both.done(RateRequest(("A1", "A2"), 500))
    stream = both.of(StreamStarted)[-1].stream.id
    both.events.clear()
    for _ in range(6):
        both.do(RateRequest(("A0",), random.choice((200, 4_000, 7_500, 8_000))), 5_000)
        both.run(random.choice((50, 700)))
    due = None
    told = sum(event.loss.count for event in both.of(LossFound) if event.loss.stream == stream)
    lost = 0
    for event in both.of(BatchReceived):
        batch = event.batch
        if batch.stream == stream:
            assert due is None or batch.seq == due + batch.lost
            lost += batch.lost
            due = batch.seq + batch.count
    assert due is not None
    assert lost == told
