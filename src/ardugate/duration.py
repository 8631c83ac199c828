"""Durations as people write them: ``500ms 5s 2m 1h``."""

from __future__ import annotations

import re
from typing import Final

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
# Longer than any run that somebody types; asyncio's timers take no infinity.
_MAX_DURATION_S: Final = 10 * 365 * 24 * 3600.0


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError.

    >>> [parse_duration(text) for text in ("500ms", "5s", "2m", "1h", "1.5s")]
    [0.5, 5.0, 120.0, 3600.0, 1.5]
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"expected a time such as 500ms, 5s, 2m or 1h, got {text!r}")
    seconds = float(found[1]) * _UNIT_S[found[2]]
    if not 0 < seconds <= _MAX_DURATION_S:
        raise ValueError(f"expected a time above 0 and up to ten years, got {text!r}")
    return seconds
