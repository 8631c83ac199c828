"""Where a link stands, and how that is told to others."""

from __future__ import annotations

from enum import Enum

from ardugate.link.pulse import OTHER_SKETCH_REASON, PRINTING_REASON, SILENT_REASON, Pulse
from ardugate.model import BoardState


class Phase(Enum):
    """How far the conversation is."""

    DOWN = "the pipe is closed"
    HELLO = "saying hello"
    LEARNING = "asking what the board is"
    LIVE = "everything is known"
    FAULTY = "the board contradicts itself"


def shown(phase: Phase, pulse: Pulse, blocked: str, reason: str) -> tuple[BoardState, str]:
    """The state in one word and one line. ``blocked``: why nothing can be done; ``reason``: what led here."""
    if phase is Phase.DOWN:
        return BoardState.DOWN, reason
    if blocked:
        return BoardState.BLOCKED, blocked
    if pulse.foreign:
        return BoardState.OTHER_SKETCH, PRINTING_REASON if pulse.printing or pulse.sure else OTHER_SKETCH_REASON
    if phase is not Phase.LIVE:
        return BoardState.CONNECTING, reason
    return (BoardState.SILENT, SILENT_REASON) if pulse.silent else (BoardState.LIVE, "")
