"""Alarms: conditions as people write them, and when they hold. No clock, no socket.

``conditions`` reads ``temp > 30 for 10s``; ``engine`` is told values, states and losses, and says what is raised and
what is over. ``runtime/watching/alarms.py`` feeds it and acts.
"""

from __future__ import annotations

from ardugate.alarms.conditions import Compare, Condition, Disk, Down, Losses, NoData, Quiet, parse_condition
from ardugate.alarms.engine import Alarms, Change, Rule

__all__ = [
    "Alarms",
    "Change",
    "Compare",
    "Condition",
    "Disk",
    "Down",
    "Losses",
    "NoData",
    "Quiet",
    "Rule",
    "parse_condition",
]
