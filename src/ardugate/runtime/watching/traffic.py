"""What went over a board's port, and what was wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Traffic:
    """Counts since the gateway began, over all openings of a port. ``faults`` by kind; ``baud`` is the line's rate at
    present, None where it has none or is not open."""

    received_bytes: int = 0
    sent_bytes: int = 0
    baud: int | None = None
    faults: Counter[str] = field(default_factory=Counter[str])
