"""The board library's example `greenhouse`, simulated: soil, temp, a pump, and the command ``water(seconds)``."""

from __future__ import annotations

from random import Random
from typing import Final

from ardugate.model import Hold, ValueType
from ardugate.sim.signals import Temperature
from ardugate.sim.uno import FIRST_ANALOG, Sampled, Sketch, argument, command, describe, record, start_modes
from ardugate.wire import modes as wire_modes

SOIL: Final = 20
TEMP: Final = 21
PUMP: Final = 22

_WATER: Final = 0
_PUMP_PIN: Final = 9
_HOLD_MS: Final = 2_000
_SOIL_HZ: Final = 10
_TEMP_HZ: Final = 5
# A conversion of ten bits as per cent, in sixteenths of one: exact in the wire's f32.
_SOIL_STEP: Final = 1 / 16
_SOIL_MAX: Final = 1_600

# Quick soil, so that somebody who watches sees it dry (in 40 s) and drink (in 10).
_DRIES_PER_S: Final = 0.5
_DRINKS_PER_S: Final = 2.0
_AT_FIRST: Final = 25.0  # per cent
_NOISE: Final = 0.1


class Soil:
    """How wet the soil is, in per cent: it dries, and drinks while the pump runs. Needs times in order."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._wet = _AT_FIRST
        self._at_s = 0.0
        self.pump = False

    def __call__(self, t_s: float) -> float:
        """What the probe says at ``t_s``."""
        change = (_DRINKS_PER_S if self.pump else -_DRIES_PER_S) * max(0.0, t_s - self._at_s)
        self._wet = min(max(self._wet + change, 0.0), 100.0)
        self._at_s = t_s
        return min(max(self._wet + self._random.gauss(0.0, _NOISE), 0.0), 100.0)


def greenhouse(name: str, random: Random) -> Sketch:
    """The sketch, with the randomness of its sensors."""
    channels = (
        record(
            SOIL,
            "soil",
            ValueType.FLOAT,
            unit="%",
            pin=FIRST_ANALOG,
            bits=10,
            scale=_SOIL_STEP,
            limits=(0, _SOIL_MAX),
        ),
        record(TEMP, "temp", ValueType.FLOAT, unit="°C", flags=wire_modes.CHANNEL_IRREGULAR, bits=12, scale=1 / 16),
        record(
            PUMP,
            "pump",
            ValueType.BOOL,
            flags=wire_modes.CHANNEL_OUTPUT | wire_modes.CHANNEL_IRREGULAR,
            pin=_PUMP_PIN,
            hold=Hold.CLIENT,
            hold_ms=_HOLD_MS,
            limits=(0, 1),
        ),
    )
    modes = start_modes()
    del modes[_PUMP_PIN], modes[FIRST_ANALOG]
    soil = Soil(random)

    def on_output(channel: int, raw: int) -> str | None:
        if channel == PUMP:
            soil.pump = bool(raw)
        return None

    return Sketch(
        descriptor=describe(name, channels, (command(_WATER, "water", argument(ValueType.INT, "seconds")),)),
        modes=modes,
        streams=(Sampled((SOIL,), _SOIL_HZ),),
        volts={},
        values={SOIL: soil, TEMP: Temperature(Random(random.random()))},
        looks_hz={TEMP: _TEMP_HZ},
        on_output=on_output,
        scripts={_WATER: lambda given: [(0.0, PUMP, 1), (max(0.0, float(given[0])), PUMP, 0)]},
    )
