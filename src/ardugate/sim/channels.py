"""The simulated board's channels: modes, values, holds and their deadlines (docs/reference/wire.md, 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ardugate.model import Hold, Mode
from ardugate.sim.counting import BOTH, Counter, Encoder, FrequencyMeter, Meter
from ardugate.sim.timers import MAX_SERVOS, holder, may_share, needs_timer
from ardugate.sim.uno import ADC_BITS, PWM_MAX, VREF_V, Sketch
from ardugate.wire import modes as wire_modes
from ardugate.wire.descriptor import NO_PIN, ChannelRecord, PinRecord
from ardugate.wire.messages import Status
from ardugate.wire.modes import RawForm

_MS: Final = 1_000_000

Raw = int | float | str

_DEGREES: Final = wire_modes.MODE_BY_NAME[Mode.SERVO].unit
_HIGH: Final = 0.5  # levels above this are high


@dataclass(slots=True)
class ChannelState:
    """One channel as it is now. ``raw`` is what it is worth, ``safe`` what it falls back to; ``deadline_ns`` ends a
    client's hold. ``seq`` counts the samples of its irregular stream since the boot began. ``meter`` counts what a pin
    feels, ``partner`` is the other pin of an encoder."""

    number: int
    name: str
    pin: PinRecord | None
    declared: ChannelRecord | None
    mode: int
    form: RawForm | None
    output: bool = False
    events: bool = False
    claimed: bool = False
    hold: Hold = Hold.LINK
    hold_ms: int = 0
    minimum: int | None = None
    maximum: int | None = None
    safe: int = 0
    raw: Raw = 0
    keeps: bool = False
    deadline_ns: int | None = None
    seq: int = 0
    meter: Meter | None = None
    partner: int | None = None

    @property
    def analog(self) -> bool:
        """Whether a value is one conversion of the ADC."""
        return self.mode == _ANALOG


class Refusal(Exception):
    """A command that is not done. ``text`` fits into a reply."""

    def __init__(self, status: Status, data: bytes = b"") -> None:
        super().__init__(status)
        self.status = status
        self.data = data


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody holds to the pins, by channel id: voltages, and levels (0.0 or 1.0). It goes on over resets."""

    volts: dict[int, float] = field(default_factory=dict[int, float])
    levels: dict[int, float] = field(default_factory=dict[int, float])

    def hold_volts(self, number: int, volts: float | None) -> None:
        """Put a voltage on a pin; None gives it back to its own signal."""
        self.volts.pop(number, None)
        if volts is not None:
            self.volts[number] = volts

    def hold_level(self, number: int, level: bool | None) -> None:
        """Drive a pin high or low; None lets go of it."""
        self.levels.pop(number, None)
        if level is not None:
            self.levels[number] = float(level)


class Channels:
    """All channels of a board in one boot.

    ``changed(state, t_ns)`` is called after each change of an output or input, in the order in which they happen.
    """

    def __init__(
        self, sketch: Sketch, outside: Outside, power_on_ns: int, changed: Callable[[ChannelState, int], None]
    ) -> None:
        self._sketch = sketch
        self._outside = outside
        self._power_on_ns = power_on_ns
        self._changed = changed
        taken = {record.pin for record in sketch.descriptor.channels if record.pin != NO_PIN}
        states = [_plain(pin) for pin in sketch.descriptor.pins if pin.channel not in taken]
        states += [_declared(record) for record in sketch.descriptor.channels]
        self.by_number = {state.number: state for state in states}
        for number, mode in sketch.modes.items():
            _apply_mode(self.by_number[number], mode)

    def keep_from(self, before: Channels) -> None:
        """Take over the outputs that the board holds by itself (hold ``board``) from the boot before."""
        for old in before:
            new = self.by_number[old.number]
            if old.output and old.hold is Hold.BOARD and new.output:
                new.raw, new.deadline_ns = old.raw, old.deadline_ns

    def __iter__(self) -> Iterator[ChannelState]:
        """All of them, pins first."""
        return iter(self.by_number.values())

    def get(self, number: int) -> ChannelState:
        """The channel with this id. Raises Refusal; for a pin that a declared channel has taken too."""
        if number in self.by_number:
            return self.by_number[number]
        if any(record.pin == number for record in self._sketch.descriptor.channels if record.pin != NO_PIN):
            raise Refusal(Status.WRONG_MODE)
        raise Refusal(Status.UNKNOWN_CHANNEL)

    def named(self, name: str) -> ChannelState:
        """The channel with this name. Raises KeyError."""
        for state in self:
            if state.name == name:
                return state
        raise KeyError(name)

    # what the world does

    def look(self, state: ChannelState, t_ns: int) -> None:
        """Measure an input afresh; says so if it changed."""
        for each in self:
            if each.meter is not None and state.number in (each.number, each.partner):
                partner = 0 if each.partner is None else self._high(self.by_number[each.partner], t_ns)
                each.meter.look(self._high(each, t_ns), partner, t_ns)
        if state.output or state.form is None or state.meter is not None:
            return
        raw = self.measure(state, t_ns)
        if raw != state.raw:
            state.raw = raw
            self._changed(state, t_ns)

    def measure(self, state: ChannelState, t_ns: int) -> Raw:
        """What a channel is worth at this moment."""
        if state.output or state.form in (None, RawForm.TEXT):
            return state.raw
        if state.declared is not None:
            signal = self._sketch.values.get(state.number)
            held = self._outside.levels.get(state.number)
            if held is None and signal is None:
                return state.raw
            value = signal(self.seconds(t_ns)) if held is None and signal else held or 0.0
            if state.form is RawForm.BOOL:
                return int(value > _HIGH)
            raw = (value - state.declared.offset) / state.declared.scale
            return raw if state.form is RawForm.F32 else round(raw)
        if state.analog:
            signal = self._sketch.volts.get(state.number)
            volts = self._outside.volts.get(state.number)
            if volts is None:
                volts = signal(self.seconds(t_ns)) if signal else 0.0
            return min(max(int(volts / VREF_V * (1 << ADC_BITS)), 0), (1 << ADC_BITS) - 1)
        if state.meter is not None:
            return state.meter.value(t_ns)
        return self._high(state, t_ns) if state.form is RawForm.BOOL else state.raw

    def seconds(self, t_ns: int) -> float:
        """Since power-on."""
        return (t_ns - self._power_on_ns) / 1e9

    def _high(self, state: ChannelState, t_ns: int) -> int:
        return int(self._level(state, t_ns) > _HIGH)

    def _level(self, state: ChannelState, t_ns: int) -> float:
        if state.number in self._outside.levels:
            return self._outside.levels[state.number]
        if state.number in self._sketch.levels:
            return self._sketch.levels[state.number](self.seconds(t_ns))
        return 1.0 if state.mode == _PULLUP else 0.0

    # what the gateway does

    def write(self, state: ChannelState, raw: int, ttl_ms: int, t_ns: int) -> int:
        """Set an output; the time in ms that it will hold, 0 for as long as its hold says. Raises Refusal."""
        if state.pin is not None and state.pin.abilities & wire_modes.LOCKED:
            raise Refusal(Status.REFUSED, b"host pin")
        if not state.output:
            raise Refusal(Status.WRONG_MODE if state.declared is None else Status.READ_ONLY)
        low, high = state.minimum, state.maximum
        if (low is not None and raw < low) or (high is not None and raw > high) or ttl_ms > (state.hold_ms or ttl_ms):
            raise Refusal(Status.OUT_OF_RANGE)
        until_ms = ttl_ms or state.hold_ms
        state.deadline_ns = t_ns + until_ms * _MS if until_ms else None
        self._put(state, raw, t_ns)
        return until_ms

    def check_ttl(self, state: ChannelState, ttl_ms: int) -> None:
        """Raises Refusal when a client may not hold this output for so long."""
        if ttl_ms > (state.hold_ms or ttl_ms) and state.output:
            raise Refusal(Status.OUT_OF_RANGE)

    def renew(self, state: ChannelState, ttl_ms: int, t_ns: int) -> None:
        """Move a client's deadline, unless it has passed."""
        until_ms = ttl_ms or state.hold_ms
        if state.deadline_ns is not None and until_ms:
            state.deadline_ns = t_ns + until_ms * _MS

    def check_mode(self, state: ChannelState, mode: int, option: int) -> None:
        """Raises Refusal when this channel cannot be used so."""
        spec = wire_modes.MODE_BY_NUMBER.get(mode)
        if state.pin is None:
            raise Refusal(Status.WRONG_MODE)
        if state.pin.abilities & wire_modes.LOCKED:
            raise Refusal(Status.REFUSED, b"host pin")
        if spec is None:
            raise Refusal(Status.REFUSED, b"no such mode")
        if spec.ability is not None and spec.ability not in wire_modes.abilities_from_bits(state.pin.abilities):
            raise Refusal(Status.REFUSED, f"no {spec.ability}".encode()[:12])
        if spec.mode is Mode.QUADRATURE:
            self._check_partner(state, option)
        elif option > (BOTH if spec.mode is Mode.COUNT else 0):
            raise Refusal(Status.BAD_REQUEST)
        self._check_timer(state, spec.mode)

    def change_mode(self, state: ChannelState, mode: int, option: int, t_ns: int) -> None:
        """Claim a pin for a mode that was checked."""
        _apply_mode(state, mode)
        state.claimed = True
        level = self._high(state, t_ns)
        match wire_modes.MODE_BY_NUMBER[mode].mode:
            case Mode.COUNT:
                state.meter = Counter(option, level)
            case Mode.FREQUENCY:
                state.meter = FrequencyMeter(level)
            case Mode.QUADRATURE:
                state.meter = Encoder(level, self._high(self.by_number[option], t_ns))
                state.partner = option
            case _:
                pass
        if not state.output:
            state.raw = self.measure(state, t_ns)
        self._changed(state, t_ns)

    def _check_partner(self, state: ChannelState, number: int) -> None:
        partner = self.get(number)
        able = partner.pin is not None and "quadrature" in wire_modes.abilities_from_bits(partner.pin.abilities)
        if partner is state or not able or partner.output:
            raise Refusal(Status.REFUSED, b"partner")

    def _check_timer(self, state: ChannelState, mode: Mode) -> None:
        if not needs_timer(mode, state.number):
            return
        others = [_use_of(other) for other in self if other is not state]
        uses = [use for use in others if use is not None]
        for use, pin in uses:
            if needs_timer(use, pin) and not may_share(mode, use):
                name = next(record.name for record in self._sketch.descriptor.pins if record.channel == pin)
                raise Refusal(Status.TIMER_IN_USE, holder(use, name))
        if mode is Mode.SERVO and sum(use is Mode.SERVO for use, _ in uses) >= MAX_SERVOS:
            raise Refusal(Status.REFUSED, b"all taken")

    # what time does

    def next_deadline(self) -> int | None:
        """The end of the hold that ends first."""
        return min((s.deadline_ns for s in self if s.deadline_ns is not None), default=None)

    def end_holds(self, t_ns: int) -> None:
        """Put outputs whose deadline has come at their safe values."""
        for state in self:
            if state.deadline_ns is not None and state.deadline_ns <= t_ns:
                self._put_safe(state, t_ns)

    def link_lost(self, t_ns: int) -> None:
        """The watchdog: outputs that a client or the link holds go to their safe values."""
        for state in self:
            # What has a deadline is a client's, whatever its own hold.
            if state.output and (state.hold is not Hold.BOARD or state.deadline_ns is not None):
                self._put_safe(state, t_ns)

    def make_safe(self, t_ns: int) -> None:
        """The sketch hangs: every output to its safe value, whoever holds it, but for those that keep theirs."""
        for state in self:
            if state.output:
                self._put_safe(state, t_ns)

    def stop(self, t_ns: int) -> None:
        """Every output at its safe value, also those that keep theirs otherwise."""
        for state in self:
            if state.output:
                state.deadline_ns = None
                self._put(state, state.safe, t_ns)

    def say(self, state: ChannelState, raw: Raw, t_ns: int) -> None:
        """The sketch gives a declared channel a value."""
        if raw != state.raw:
            state.raw = raw
            self._changed(state, t_ns)

    def sketch_writes(self, state: ChannelState, raw: Raw, t_ns: int) -> None:
        """The sketch sets one of its channels; a client's hold on it ends."""
        state.deadline_ns = None
        self.say(state, raw, t_ns)

    def _put_safe(self, state: ChannelState, t_ns: int) -> None:
        state.deadline_ns = None
        if not state.keeps:
            self._put(state, state.safe, t_ns)

    def _put(self, state: ChannelState, raw: int, t_ns: int) -> None:
        if state.raw != raw:
            state.raw = raw
            self._changed(state, t_ns)


_ANALOG: Final = wire_modes.MODE_BY_NAME[Mode.ANALOG].number
_PULLUP: Final = wire_modes.MODE_BY_NAME[Mode.INPUT_PULLUP].number


def _use_of(state: ChannelState) -> tuple[Mode, int] | None:
    """In which mode a channel uses its pin, as far as timers go; None for one without a pin."""
    if state.declared is None:
        return wire_modes.MODE_BY_NUMBER[state.mode].mode, state.number
    # A declared output that is more than on and off is a servo in degrees, else a PWM.
    if state.declared.pin == NO_PIN or not state.output or state.form is RawForm.BOOL:
        return None
    return Mode.SERVO if state.declared.unit == _DEGREES else Mode.PWM, state.declared.pin


def _plain(pin: PinRecord) -> ChannelState:
    return ChannelState(pin.channel, pin.name, pin, None, 0, None)


def _declared(record: ChannelRecord) -> ChannelState:
    kind = wire_modes.TYPES[record.type]
    limited = (record.minimum, record.maximum) != (0, 0)
    return ChannelState(
        number=record.channel,
        name=record.name,
        pin=None,
        declared=record,
        mode=wire_modes.DECLARED,
        form=wire_modes.declared_form(kind, record.flags),
        output=bool(record.flags & wire_modes.CHANNEL_OUTPUT),
        events=bool(record.flags & wire_modes.CHANNEL_IRREGULAR),
        claimed=True,
        hold=wire_modes.HOLDS[record.hold],
        hold_ms=record.hold_ms,
        minimum=record.minimum if limited else None,
        maximum=record.maximum if limited else None,
        safe=record.safe,
        raw="" if kind == "text" else record.safe,
        keeps=bool(record.flags & wire_modes.CHANNEL_KEEPS),
    )


def _apply_mode(state: ChannelState, mode: int) -> None:
    """Give a plain pin the properties of a mode that it can do."""
    spec = wire_modes.MODE_BY_NUMBER[mode]
    state.mode = mode
    state.form = spec.raw
    state.output = spec.output
    state.events = spec.events
    state.hold = spec.hold or Hold.LINK
    state.hold_ms = spec.hold_ms
    state.minimum = 0
    state.maximum = PWM_MAX if spec.mode is Mode.PWM else spec.raw_maximum
    state.safe = state.pin.safe if state.pin else 0
    state.raw = state.safe if spec.output else 0
    state.deadline_ns = None
    state.meter = None
    state.partner = None
