"""The sketches that a simulated board can run: what they declare, and what their pins feel."""

from __future__ import annotations

from random import Random
from typing import Final

from ardugate.model import Hold, ValueType
from ardugate.sim.declaring import declaring
from ardugate.sim.greenhouse import greenhouse
from ardugate.sim.options import SketchName
from ardugate.sim.signals import Signal, Temperature, by_hand, constant, decay, noisy, sine, square, triangle
from ardugate.sim.uno import (
    ANALOG_PINS,
    FIRST_ANALOG,
    START_HZ,
    VREF_V,
    Sampled,
    Sketch,
    argument,
    command,
    describe,
    record,
    start_modes,
)
from ardugate.wire import modes as wire_modes
from ardugate.wire.calls import ArgumentValue

SINE_HZ: Final = 50
TEMP_HZ: Final = 2
POT_HZ: Final = 10

# Channel ids of the demo's declared channels, above all pins.
SINE: Final = 20
TEMP: Final = 21
POT: Final = 22
BUTTON: Final = 23
LED: Final = 24
FAN: Final = 25
PROGRAM: Final = 26
STATUS: Final = 27

# Its commands.
BLINK: Final = 0
SAY: Final = 1
MEASURE: Final = 2

_MOST_BLINKS: Final = 20
_BLINK_S: Final = 0.4  # on for half of it

_FAN_PIN: Final = 5  # its PWM is made by the timer that nobody else wants
# Longer than a laptop under load lets its page wait; what is held and let go can still be watched.
FAN_HOLD_MS: Final = 4_000
# A power of two, so that the scale is exact in the wire's f32 and full speed is 1.0 to the last digit.
FAN_MAX: Final = 1_024
_PROGRAM_LABELS: Final = ("idle", "slow", "fast")
_BATTERY_V: Final = 1.25  # on A4
_NOISE_V: Final = 0.02


def make_sketch(name: SketchName, board_name: str, random: Random) -> Sketch:
    """The sketch, with the randomness of its signals."""
    match name:
        case SketchName.PLAIN:
            return _plain(board_name)
        case SketchName.DEMO:
            return _demo(board_name, random)
        case SketchName.DECLARING:
            return declaring(board_name)
        case SketchName.GREENHOUSE:
            return greenhouse(board_name, random)


def _plain(name: str) -> Sketch:
    return Sketch(
        descriptor=describe(name),
        modes=start_modes(),
        streams=(Sampled(ANALOG_PINS, START_HZ),),
        volts={number: constant(0.0) for number in ANALOG_PINS},
    )


def _blink(arguments: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    begins = [_BLINK_S * number for number in range(int(arguments[0]))]
    return [step for at_s in begins for step in ((at_s, LED, 1), (at_s + _BLINK_S / 2, LED, 0))]


def _say(arguments: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    return [(0.0, STATUS, str(arguments[0]))]


def _demo(name: str, random: Random) -> Sketch:
    output = wire_modes.CHANNEL_OUTPUT | wire_modes.CHANNEL_IRREGULAR
    events = wire_modes.CHANNEL_IRREGULAR
    channels = (
        record(SINE, "sine", ValueType.FLOAT, unit="V", flags=wire_modes.CHANNEL_FLOAT),
        # As a DS18B20 says it: sixteenths of a degree.
        record(TEMP, "temp", ValueType.FLOAT, unit="°C", flags=events, bits=12, scale=1 / 16),
        record(POT, "pot", ValueType.INT, unit="%", flags=events, limits=(0, 100)),
        record(BUTTON, "button", ValueType.BOOL, flags=events | wire_modes.CHANNEL_MOMENTARY),
        record(LED, "led", ValueType.BOOL, flags=output, limits=(0, 1)),
        record(
            FAN,
            "fan",
            ValueType.FLOAT,
            flags=output,
            pin=_FAN_PIN,
            hold=Hold.CLIENT,
            hold_ms=FAN_HOLD_MS,
            scale=1 / FAN_MAX,
            limits=(0, FAN_MAX),
        ),
        record(PROGRAM, "program", ValueType.ENUM, flags=output, limits=(0, 2), labels=_PROGRAM_LABELS),
        record(STATUS, "status", ValueType.TEXT, flags=events),
    )
    commands = (
        command(BLINK, "blink", argument(ValueType.INT, "times", 1, _MOST_BLINKS)),
        command(SAY, "say", argument(ValueType.TEXT, "text")),
        command(MEASURE, "battery", result=ValueType.FLOAT, unit="V"),
    )
    modes = start_modes()
    del modes[_FAN_PIN]
    temperature = Temperature(Random(random.random()))
    pot = by_hand(0.0, 100.0, random)
    battery = noisy(constant(_BATTERY_V), _NOISE_V, Random(random.random()))
    start_s = random.uniform(0.0, 10.0)  # boards of one demo do not move in step

    def on_output(channel: int, raw: int) -> str | None:
        if channel == FAN:
            temperature.fan = raw / FAN_MAX
            return f"fan at {round(100 * raw / FAN_MAX)} %" if raw else "fan off"
        return f"program {_PROGRAM_LABELS[raw]}" if channel == PROGRAM else None

    def later(signal: Signal) -> Signal:
        return lambda t_s: signal(t_s + start_s)

    return Sketch(
        descriptor=describe(name, channels, commands),
        modes=modes,
        streams=(Sampled(ANALOG_PINS, START_HZ), Sampled((SINE,), SINE_HZ)),
        volts={
            FIRST_ANALOG: later(sine(0.5, 4.5, 4.0)),
            FIRST_ANALOG + 1: lambda t_s: pot(t_s) * VREF_V / 100,
            FIRST_ANALOG + 2: later(triangle(0.0, 5.0, 6.0)),
            FIRST_ANALOG + 3: later(decay(0.2, 4.8, 3.0)),
            FIRST_ANALOG + 4: noisy(constant(_BATTERY_V), _NOISE_V, random),
            FIRST_ANALOG + 5: noisy(constant(2.5), 0.5, random),  # a pin that floats
        },
        levels={2: later(square(0.0, 1.0, 2.0))},
        values={
            SINE: later(sine(-1.0, 1.0, 5.0)),
            TEMP: temperature,
            POT: pot,
            BUTTON: lambda t_s: 1.0 if (t_s + start_s) % 7.0 < 0.4 else 0.0,
        },
        looks_hz={TEMP: TEMP_HZ, POT: POT_HZ, BUTTON: START_HZ},
        status=STATUS,
        on_output=on_output,
        scripts={BLINK: _blink, SAY: _say, MEASURE: lambda _: []},
        results={MEASURE: lambda _, t_s: round(battery(t_s), 3)},
    )
