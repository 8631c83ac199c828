"""What may be wrong with a board and its computer: facts, and a check for each thing that can be wrong.

Everything here is pure: ``runtime/machine.py`` and ``client/examining.py`` gather the facts, ``CHECKS`` judges them.
"""

from __future__ import annotations

from ardugate.doctor.board import BOARD_CHECKS
from ardugate.doctor.facts import BoardFacts, Facts, Finding, Level, PortFacts, SpeedFacts, UsbDevice
from ardugate.doctor.host import HOST_CHECKS
from ardugate.doctor.report import redacted

CHECKS = (*HOST_CHECKS, *BOARD_CHECKS)


def examine(facts: Facts) -> list[Finding]:
    """What every check says, in their order."""
    return [finding for check in CHECKS for finding in check(facts)]


__all__ = [
    "CHECKS",
    "BoardFacts",
    "Facts",
    "Finding",
    "Level",
    "PortFacts",
    "SpeedFacts",
    "UsbDevice",
    "examine",
    "redacted",
]
