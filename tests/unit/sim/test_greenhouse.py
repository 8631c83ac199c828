"""The simulated greenhouse: its soil dries, and drinks while the pump runs."""

from __future__ import annotations

import struct
from random import Random

from ardugate.sim import SimBoard, SimOptions, SketchName
from ardugate.sim.greenhouse import PUMP, Soil
from ardugate.wire import messages as msg
from ardugate.wire import ops
from ardugate.wire.messages import Status
from ardugate.wire.modes import RawForm
from tests.unit.sim.bench import Bench, only, values

WATER = ops.Call(0, struct.pack("<i", 2))


def greenhouse() -> Bench:
    bench = Bench(SimBoard(SimOptions(name="greenhouse", sketch=SketchName.GREENHOUSE)))
    bench.boot()
    return bench


def test_the_soil_dries_until_it_is_watered() -> None:
    soil = Soil(Random(1))
    wet = soil(0.0)
    dry = soil(10.0)
    assert 4 < wet - dry < 6
    soil.pump = True
    assert 3 < soil(12.0) - dry < 5


def test_water_runs_the_pump_for_so_many_seconds() -> None:
    bench = greenhouse()
    assert bench.command(WATER).status == Status.PENDING
    (final,) = only(msg.Reply, bench.wait(2_100))
    assert final.status == Status.OK
    assert [raw for _, raw in values(bench.heard, PUMP, RawForm.BOOL)][-2:] == [1, 0]
