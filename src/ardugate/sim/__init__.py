"""The simulated board: the same wire as a real one, with faults on demand.

>>> board = SimBoard(parse_sim_url("sim://?name=demo&seed=1"))
>>> board.tick(1_000_000_000)
>>> board.data_to_send(1_000_000_000)[:2].hex()
'0003'
"""

from __future__ import annotations

from ardugate.sim.board import SimBoard
from ardugate.sim.options import Faults, SimOptions, SketchName
from ardugate.sim.replies import Execution
from ardugate.sim.url import demo_url, parse_sim_url

__all__ = ["Execution", "Faults", "SimBoard", "SimOptions", "SketchName", "demo_url", "parse_sim_url"]
