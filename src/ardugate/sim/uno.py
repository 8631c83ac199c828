"""The Uno that the simulated board is, and what a sketch on it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ardugate.model import Hold, Mode, ValueType
from ardugate.sim.signals import Signal
from ardugate.wire import modes as wire_modes
from ardugate.wire.calls import ArgumentValue
from ardugate.wire.descriptor import (
    NO_PIN,
    NO_RESULT,
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
ANALOG_PINS: Final = tuple(range(FIRST_ANALOG, FIRST_ANALOG + 6))

_INTERRUPT_PINS: Final = (2, 3)
_PWM_PINS: Final = (3, 5, 6, 9, 10, 11)
_INPUT: Final = wire_modes.MODE_BY_NAME[Mode.INPUT].number
_ANALOG: Final = wire_modes.MODE_BY_NAME[Mode.ANALOG].number
_OFF: Final = wire_modes.MODE_BY_NAME[Mode.OFF].number


Script = Callable[[tuple[ArgumentValue, ...]], list[tuple[float, int, int | str]]]
Result = Callable[[tuple[ArgumentValue, ...], float], ArgumentValue]


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
    changes: it may give the channel ``status`` (a text, "ready" at first) a new one. ``scripts`` are its commands, by
    their number: what one writes when it runs, as seconds since it began, a channel and a raw value, in order; it ends
    with the last. ``results`` are what commands give back, from their arguments and the seconds since power-on.
    """

    descriptor: Descriptor
    modes: dict[int, int]
    streams: tuple[Sampled, ...]
    volts: dict[int, Signal]
    levels: dict[int, Signal] = field(default_factory=dict[int, Signal])
    values: dict[int, Signal] = field(default_factory=dict[int, Signal])
    looks_hz: dict[int, int] = field(default_factory=dict[int, int])
    status: int | None = None
    on_output: Callable[[int, int], str | None] | None = None
    scripts: dict[int, Script] = field(default_factory=dict[int, "Script"])
    results: dict[int, Result] = field(default_factory=dict[int, "Result"])


def pins() -> tuple[PinRecord, ...]:
    """The Uno's pins."""
    everything = {"input", "pullup", "output", "edges", "servo", "tone"}
    records = list[PinRecord]()
    for number in range(20):
        abilities = set(everything)
        if number in _PWM_PINS:
            abilities.add("pwm")
        if number in _INTERRUPT_PINS:
            abilities |= {"count", "frequency", "quadrature"}
        if number >= FIRST_ANALOG:
            abilities.add("analog")
        # D0 and D1 are the line to the host.
        bits = wire_modes.bits_from_abilities(frozenset(abilities), locked=number < 2)
        name = f"D{number}" if number < FIRST_ANALOG else f"A{number - FIRST_ANALOG}"
        records.append(PinRecord(number, bits, 0, name))
    return tuple(records)


def start_modes() -> dict[int, int]:
    """What the shipped sketch's pins are at first."""
    modes = dict.fromkeys(range(2, FIRST_ANALOG), _INPUT)
    modes |= dict.fromkeys(ANALOG_PINS, _ANALOG)
    return {0: _OFF, 1: _OFF} | modes


def describe(
    name: str, channels: tuple[ChannelRecord, ...] = (), commands: tuple[CommandRecord, ...] = ()
) -> Descriptor:
    """The descriptor of a sketch on this Uno."""
    return Descriptor(
        tick_hz=TICK_HZ,
        max_streams=MAX_STREAMS,
        adc_bits=ADC_BITS,
        vref_mv=int(VREF_V * 1000),
        pwm_max=PWM_MAX,
        name=name,
        mcu="ATmega328P (simulated)",
        scan_step_us=CONVERSION_US,
        pins=pins(),
        channels=channels,
        commands=commands,
    )


def record(
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
    """A declared channel; ``limits`` are raw."""
    numbers = (wire_modes.TYPES.index(kind), flags, bits, wire_modes.HOLDS.index(hold), hold_ms)
    names = tuple(LabelRecord(value, label) for value, label in enumerate(labels))
    return ChannelRecord(channel, pin, *numbers, scale, 0.0, *limits, 0, name, unit, names)


def argument(kind: ValueType, name: str, minimum: float = 0, maximum: float = 0, unit: str = "") -> ArgumentRecord:
    """An argument of a command."""
    return ArgumentRecord(wire_modes.TYPES.index(kind), 0, minimum, maximum, name, unit)


def command(
    number: int, name: str, *arguments: ArgumentRecord, result: ValueType | None = None, unit: str = ""
) -> CommandRecord:
    """A command; ``result`` is the type of what it gives back."""
    kind = NO_RESULT if result is None else wire_modes.TYPES.index(result)
    return CommandRecord(number, 0, name, tuple(arguments), kind, unit)
