"""What scripts give: lengths of time, and moments."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from ardugate.duration import parse_duration

Duration = float | str | timedelta


def seconds(duration: Duration) -> float:
    """Of a number of seconds, a text such as ``"500ms"`` or a timedelta. Raises ValueError."""
    match duration:
        case timedelta():
            return duration.total_seconds()
        case str():
            return parse_duration(duration)
        case _:
            return float(duration)


def moment(given: datetime | Duration) -> float:
    """Unix seconds of a date, or of so long ago. Raises ValueError."""
    return given.timestamp() if isinstance(given, datetime) else time.time() - seconds(given)
