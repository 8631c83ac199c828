"""Signals: what the simulated pins and sensors feel, as functions of the seconds since power-on."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Final

Signal = Callable[[float], float]

# Inertia of the simulated room and the heat of its fan, see Temperature.
_WARM_C: Final = 24.0
_COOLED_C: Final = 19.0
_TIME_CONSTANT_S: Final = 20.0
_SENSOR_NOISE_C: Final = 0.15


def constant(value: float) -> Signal:
    """Always ``value``."""
    return lambda _t_s: value


def sine(low: float, high: float, period_s: float) -> Signal:
    """From the middle up to ``high``, down to ``low`` and back in ``period_s``."""
    middle, swing = (low + high) / 2, (high - low) / 2
    return lambda t_s: middle + swing * math.sin(2 * math.pi * t_s / period_s)


def triangle(low: float, high: float, period_s: float) -> Signal:
    """From ``low`` up to ``high`` and back in ``period_s``."""
    return lambda t_s: low + (high - low) * (1 - abs(1 - 2 * (t_s / period_s % 1)))


def square(low: float, high: float, period_s: float) -> Signal:
    """``high`` for the first half of ``period_s``, then ``low``."""
    return lambda t_s: high if t_s / period_s % 1 < 0.5 else low


def decay(low: float, high: float, period_s: float) -> Signal:
    """A capacitor's: charged to ``high`` at the start of every period, then down towards ``low``."""
    return lambda t_s: low + (high - low) * math.exp(-5 * (t_s / period_s % 1))


def noisy(signal: Signal, deviation: float, random: Random) -> Signal:
    """``signal`` with normal noise. Each call draws, so calls in another order give other noise."""
    return lambda t_s: signal(t_s) + random.gauss(0.0, deviation)


def by_hand(low: float, high: float, random: Random) -> Signal:
    """A knob that somebody turns now and then: three incommensurable sines, seeded, held still by a step of 2 %."""
    phases = [random.uniform(0, 2 * math.pi) for _ in range(3)]
    periods_s = (37.0, 61.0, 97.0)

    def value(t_s: float) -> float:
        mean = sum(math.sin(2 * math.pi * t_s / p + f) for p, f in zip(periods_s, phases, strict=True)) / 3
        return low + (high - low) * round((mean + 1) / 2 * 50) / 50

    return value


class Temperature:
    """A room's temperature in °C: it drifts towards 24, and towards 19 while the fan blows. Needs times in order."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._true_c = _WARM_C
        self._at_s = 0.0
        self.fan = 0.0  # 0 to 1

    def __call__(self, t_s: float) -> float:
        """What the sensor says at ``t_s``."""
        target = _WARM_C + (_COOLED_C - _WARM_C) * self.fan
        share = 1 - math.exp(-max(0.0, t_s - self._at_s) / _TIME_CONSTANT_S)
        self._true_c += (target - self._true_c) * share
        self._at_s = t_s
        return self._true_c + self._random.gauss(0.0, _SENSOR_NOISE_C)
