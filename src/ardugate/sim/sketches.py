"""The two sketches that a simulated board can run: what they declare, and what their pins feel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from ardugate.model import Hold, Mode, ValueType
from ardugate.sim.options import SketchName
from ardugate.sim.signals import Signal, Temperature, by_hand, constant, decay, noisy, sine, square, triangle
from ardugate.wire import modes as wire_modes
from ardugate.wire.calls import ArgumentValue
from ardugate.wire.descriptor import (
    NO_PIN,
    ArgumentRecord,
    ChannelRecord,
    CommandRecord,
    Descriptor,
    LabelRecord,
    PinRecord,
)

# Timer 1 of an ATmega328P at 16 MHz / 8: half a microsecond a tick.
TICK_HZ: Final = 2_000_000
MAX_STREAMS: Final = 3
ADC_BITS: Final = 10
VREF_V: Final = 5.0
PWM_MAX: Final = 255
# One conversion of the ADC at its full accuracy (16 MHz / 128, 13 clocks).
CONVERSION_US: Final = 104

FIRST_ANALOG: Final = 14  # A0's number on an Uno
START_HZ: Final = 100  # A0 to A5 in the shipped sketch
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

_MOST_BLINKS: Final = 20
_BLINK_S: Final = 0.4  # on for half of it

_FAN_PIN: Final = 9
FAN_HOLD_MS: Final = 2_000
# A power of two, so that the scale is exact in the wire's f32 and full speed is 1.0 to the last digit.
FAN_MAX: Final = 1_024
_PROGRAM_LABELS: Final = ("idle", "slow", "fast")

_INPUT: Final = wire_modes.MODE_BY_NAME[Mode.INPUT].number
_ANALOG: Final = wire_modes.MODE_BY_NAME[Mode.ANALOG].number
_OFF: Final = wire_modes.MODE_BY_NAME[Mode.OFF].number


Script = Callable[[tuple[ArgumentValue, ...]], list[tuple[float, int, int | str]]]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A stream that the start configuration runs."""

    channels: tuple[int, ...]
    hz: int


@dataclass(frozen=True, slots=True)
class Sketch:
    """A sketch at its start.

    ``modes`` of plain pins; ``volts`` on analog pins and ``levels`` on digital ones (above 0.5 is high), as functions
    of the seconds since power-on. ``values`` are what declared inputs measure, in their own unit; ``looks_hz`` is how
    often irregular ones look. ``on_output`` is what the sketch does when a declared output (its id and raw value)
    changes: it may give the status channel a new text. ``scripts`` are its commands, by their number: what one writes
    when it runs, as seconds since it began, a channel and a raw value, in order; it ends with the last.
    """

    descriptor: Descriptor
    modes: dict[int, int]
    streams: tuple[Sampled, ...]
    volts: dict[int, Signal]
    levels: dict[int, Signal] = field(default_factory=dict[int, Signal])
    values: dict[int, Signal] = field(default_factory=dict[int, Signal])
    looks_hz: dict[int, int] = field(default_factory=dict[int, int])
    on_output: Callable[[int, int], str | None] | None = None
    scripts: dict[int, Script] = field(default_factory=dict[int, "Script"])


def make_sketch(name: SketchName, board_name: str, random: Random) -> Sketch:
    """The sketch, with the randomness of its signals."""
    match name:
        case SketchName.PLAIN:
            return _plain(board_name)
        case SketchName.DEMO:
            return _demo(board_name, random)


def _pins() -> tuple[PinRecord, ...]:
    everything = {"input", "pullup", "output", "edges", "servo", "tone"}
    pins = list[PinRecord]()
    for number in range(20):
        abilities = set(everything)
        if number in (3, 5, 6, 9, 10, 11):
            abilities.add("pwm")
        if number in (2, 3):
            abilities.add("count")
        if number >= FIRST_ANALOG:
            abilities.add("analog")
        # D0 and D1 are the line to the host.
        bits = wire_modes.bits_from_abilities(frozenset(abilities), locked=number < 2)
        name = f"D{number}" if number < FIRST_ANALOG else f"A{number - FIRST_ANALOG}"
        pins.append(PinRecord(number, bits, 0, name))
    return tuple(pins)


def _start_modes() -> dict[int, int]:
    modes = dict.fromkeys(range(2, FIRST_ANALOG), _INPUT)
    modes |= dict.fromkeys(range(FIRST_ANALOG, FIRST_ANALOG + 6), _ANALOG)
    return {0: _OFF, 1: _OFF} | modes


def _descriptor(
    name: str, channels: tuple[ChannelRecord, ...] = (), commands: tuple[CommandRecord, ...] = ()
) -> Descriptor:
    return Descriptor(
        tick_hz=TICK_HZ,
        max_streams=MAX_STREAMS,
        adc_bits=ADC_BITS,
        vref_mv=int(VREF_V * 1000),
        pwm_max=PWM_MAX,
        name=name,
        mcu="ATmega328P (simulated)",
        scan_step_us=CONVERSION_US,
        pins=_pins(),
        channels=channels,
        commands=commands,
    )


_ANALOG_PINS: Final = tuple(range(FIRST_ANALOG, FIRST_ANALOG + 6))


def _plain(name: str) -> Sketch:
    return Sketch(
        descriptor=_descriptor(name),
        modes=_start_modes(),
        streams=(Sampled(_ANALOG_PINS, START_HZ),),
        volts={number: constant(0.0) for number in _ANALOG_PINS},
    )


def _record(
    channel: int,
    name: str,
    kind: ValueType,
    *,
    unit: str = "",
    flags: int = 0,
    pin: int = NO_PIN,
    bits: int = 0,
    hold: Hold = Hold.LINK,
    hold_ms: int = 0,
    scale: float = 1.0,
    limits: tuple[int, int] = (0, 0),
    labels: tuple[str, ...] = (),
) -> ChannelRecord:
    numbers = (wire_modes.TYPES.index(kind), flags, bits, wire_modes.HOLDS.index(hold), hold_ms)
    names = tuple(LabelRecord(value, label) for value, label in enumerate(labels))
    return ChannelRecord(channel, pin, *numbers, scale, 0.0, *limits, 0, name, unit, names)


def _argument(kind: ValueType, name: str, minimum: float = 0, maximum: float = 0) -> ArgumentRecord:
    return ArgumentRecord(wire_modes.TYPES.index(kind), 0, minimum, maximum, name, "")


def _blink(arguments: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    begins = [_BLINK_S * number for number in range(int(arguments[0]))]
    return [step for at_s in begins for step in ((at_s, LED, 1), (at_s + _BLINK_S / 2, LED, 0))]


def _say(arguments: tuple[ArgumentValue, ...]) -> list[tuple[float, int, int | str]]:
    return [(0.0, STATUS, str(arguments[0]))]


def _demo(name: str, random: Random) -> Sketch:
    output = wire_modes.CHANNEL_OUTPUT | wire_modes.CHANNEL_IRREGULAR
    events = wire_modes.CHANNEL_IRREGULAR
    channels = (
        _record(SINE, "sine", ValueType.FLOAT, unit="V", flags=wire_modes.CHANNEL_FLOAT),
        # As a DS18B20 says it: sixteenths of a degree.
        _record(TEMP, "temp", ValueType.FLOAT, unit="°C", flags=events, bits=12, scale=1 / 16),
        _record(POT, "pot", ValueType.INT, unit="%", flags=events, limits=(0, 100)),
        _record(BUTTON, "button", ValueType.BOOL, flags=events | wire_modes.CHANNEL_MOMENTARY),
        _record(LED, "led", ValueType.BOOL, flags=output, limits=(0, 1)),
        _record(
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
        _record(PROGRAM, "program", ValueType.ENUM, flags=output, limits=(0, 2), labels=_PROGRAM_LABELS),
        _record(STATUS, "status", ValueType.TEXT, flags=events),
    )
    commands = (
        CommandRecord(BLINK, 0, "blink", (_argument(ValueType.INT, "times", 1, _MOST_BLINKS),)),
        CommandRecord(SAY, 0, "say", (_argument(ValueType.TEXT, "text"),)),
    )
    modes = _start_modes()
    del modes[_FAN_PIN]
    temperature = Temperature(Random(random.random()))
    pot = by_hand(0.0, 100.0, random)
    start_s = random.uniform(0.0, 10.0)  # boards of one demo do not move in step

    def on_output(channel: int, raw: int) -> str | None:
        if channel == FAN:
            temperature.fan = raw / FAN_MAX
            return f"fan at {round(100 * raw / FAN_MAX)} %" if raw else "fan off"
        return f"program {_PROGRAM_LABELS[raw]}" if channel == PROGRAM else None

    def later(signal: Signal) -> Signal:
        return lambda t_s: signal(t_s + start_s)

    return Sketch(
        descriptor=_descriptor(name, channels, commands),
        modes=modes,
        streams=(Sampled(_ANALOG_PINS, START_HZ), Sampled((SINE,), SINE_HZ)),
        volts={
            FIRST_ANALOG: later(sine(0.5, 4.5, 4.0)),
            FIRST_ANALOG + 1: lambda t_s: pot(t_s) * VREF_V / 100,
            FIRST_ANALOG + 2: later(triangle(0.0, 5.0, 6.0)),
            FIRST_ANALOG + 3: later(decay(0.2, 4.8, 3.0)),
            FIRST_ANALOG + 4: noisy(constant(1.25), 0.02, random),
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
        on_output=on_output,
        scripts={BLINK: _blink, SAY: _say},
    )
