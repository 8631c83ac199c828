"""What the simulated board makes of edges: counts, frequencies, an encoder's steps (docs/reference/wire.md, 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_NS: Final = 1_000_000_000

# A frequency is the mean over the edges of the last second, or over the last period where that is longer; after so long
# without an edge there is none.
_MEAN_OVER_NS: Final = _NS
_QUIET_NS: Final = 2 * _NS

RISING: Final = 0
BOTH: Final = 2


@dataclass(slots=True)
class Counter:
    """Counts edges; ``edge`` is 0 rising, 1 falling, 2 both."""

    edge: int
    level: int
    count: int = 0

    def look(self, level: int, _partner: int, _t_ns: int) -> None:
        """The pin's level now."""
        if level != self.level and self.edge in (BOTH, RISING if level else 1):
            self.count += 1
        self.level = level

    def value(self, _t_ns: int) -> int:
        """Edges since the pin was claimed."""
        return self.count


@dataclass(slots=True)
class FrequencyMeter:
    """Measures how often a level rises."""

    level: int
    rises_ns: list[int] = field(default_factory=list[int])

    def look(self, level: int, _partner: int, t_ns: int) -> None:
        """The pin's level now."""
        if level > self.level:
            self.rises_ns.append(t_ns)
            while len(self.rises_ns) > 2 and self.rises_ns[1] <= t_ns - _MEAN_OVER_NS:
                del self.rises_ns[0]
        self.level = level

    def value(self, t_ns: int) -> float:
        """Hz."""
        rises = self.rises_ns
        if len(rises) < 2 or t_ns - rises[-1] > _QUIET_NS:
            return 0.0
        return (len(rises) - 1) * _NS / (rises[-1] - rises[0])


@dataclass(slots=True)
class Encoder:
    """Follows two levels that are a quarter of a cycle apart: four steps a cycle, up while the pin leads its
    partner."""

    level: int
    partner: int
    count: int = 0

    def look(self, level: int, partner: int, _t_ns: int) -> None:
        """Both levels now; where both changed at once, nobody knows which way."""
        if (level != self.level) != (partner != self.partner):
            # A pin leads when it changes to what its partner is not, or its partner to what it is.
            leads = (level != partner) if level != self.level else (level == partner)
            self.count += 1 if leads else -1
        self.level, self.partner = level, partner

    def value(self, _t_ns: int) -> int:
        """Steps since the pin was claimed."""
        return self.count


Meter = Counter | FrequencyMeter | Encoder
