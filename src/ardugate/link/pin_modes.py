"""What a pin can be used for, and who says when it cannot (docs/reference/wire.md, 4.2)."""

from __future__ import annotations

from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link.jobs import Refusal
from ardugate.link.known import Known
from ardugate.model import Channel, Mode, ModeRequest, Value
from ardugate.wire import modes, ops
from ardugate.wire.descriptor import PinRecord
from ardugate.wire.messages import Status
from ardugate.wire.modes import MODE_BY_NAME

_EDGES: Final = ("rising", "falling", "both")
_SERVO: Final = MODE_BY_NAME[Mode.SERVO]
_DEGREES: Final = (_SERVO.raw_maximum or 0) * (_SERVO.scale or 1.0)


def claim(known: Known, request: ModeRequest) -> ops.SetMode:
    """What claims a pin for a mode. Raises RequestError ``wrong_mode`` for a channel that is no pin, ``refused`` for
    what a pin cannot do, ``bad_request`` and ``unknown_channel`` for options."""
    channel = known.resolve(request.channel)
    pin = known.pin(channel)
    if pin is None:
        taken = f", which takes {channel.pin}" if channel.pin else ""
        raise RequestError(Reason.WRONG_MODE, f"{channel.name} is a channel of the sketch{taken}; it has no other mode")
    refuse_locked(channel, pin)
    spec = MODE_BY_NAME.get(request.mode)
    if spec is None:
        raise RequestError(Reason.BAD_REQUEST, f"{request.mode} is no mode that a pin can be given")
    if spec.ability and spec.ability not in modes.abilities_from_bits(pin.abilities):
        able = ", ".join(known.able(spec.ability))
        raise RequestError(
            Reason.REFUSED, f"{channel.name} cannot do {request.mode}", f"{able} can" if able else "no pin can"
        )
    return ops.SetMode(channel.number, spec.number, _option(known, request))


def explained(known: Known, channel: Channel, mode: Mode, refusal: Refusal) -> RequestError:
    """A board's refusal of a mode, with who holds the timer (``servo``, ``pwm D3``) and how it is freed."""
    if refusal.status != Status.TIMER_IN_USE or not refusal.text:
        return refusal
    message = f"{mode} on {channel.name} needs a timer that is in use: {refusal.text}"
    words = refusal.text.split()
    holders = [each for each in known.channels.values() if each.name in words or each.pin in words]
    holders = holders or [each for each in known.channels.values() if each.mode in words]
    if not holders:
        return RequestError(Reason.TIMER_IN_USE, message, "choose another pin")
    if any(known.pin(each) is None for each in holders):
        return RequestError(Reason.TIMER_IN_USE, message, f"{holders[0].name} is the sketch's: choose another pin")
    names = ", ".join(each.name for each in holders)
    hint = f"put {names} to off (`ardugate mode {holders[0].name} off`), or choose another pin"
    return RequestError(Reason.TIMER_IN_USE, message, hint)


def no_output(known: Known, channel: Channel, pin: PinRecord, value: Value) -> RequestError:
    """Why a pin that is no output cannot be set to this, and which mode could."""
    mode = _mode_for(value)
    message = f"{channel.name} is in mode {channel.mode}, which cannot be set to {value!r}"
    if mode in modes.abilities_from_bits(pin.abilities):
        return RequestError(Reason.WRONG_MODE, message, f"first `ardugate mode {channel.name} {mode}`")
    able = ", ".join(known.able(mode))
    return RequestError(Reason.WRONG_MODE, message, f"{channel.name} cannot do {mode}; {able} can" if able else "")


def refuse_locked(channel: Channel, pin: PinRecord) -> None:
    """Raises RequestError for a pin that talks to the computer."""
    if pin.abilities & modes.LOCKED:
        message = f"{channel.name} talks to the computer and cannot be used"
        raise RequestError(Reason.REFUSED, message, "take another pin")


def is_bool(value: Value) -> bool:
    """Whether an output that is on or off could be set to this."""
    return not isinstance(value, str) and value is not None and value in (0, 1)


def _mode_for(value: Value) -> Mode:
    """The likeliest: on or off, a fraction, degrees, Hz."""
    if is_bool(value):
        return Mode.OUTPUT
    if isinstance(value, str) or value is None or value <= 1:
        return Mode.PWM
    return Mode.SERVO if value <= _DEGREES else Mode.TONE


def _option(known: Known, request: ModeRequest) -> int:
    options = dict(request.options)
    option = 0
    if request.mode is Mode.COUNT:
        edge = options.pop("edge", _EDGES[0])
        if edge not in _EDGES:
            raise RequestError(Reason.BAD_REQUEST, f"edge is rising, falling or both, not {edge!r}")
        option = _EDGES.index(str(edge))
    elif request.mode is Mode.QUADRATURE:
        partner = options.pop("partner", None)
        if partner is None:
            others = ", ".join(name for name in known.able("quadrature") if name != request.channel)
            hint = f"the encoder's other pin, such as partner={others}" if others else "the encoder's other pin"
            raise RequestError(Reason.BAD_REQUEST, "quadrature needs partner=PIN", hint)
        option = known.resolve(str(partner)).number
    if options:
        known_options = {Mode.COUNT: "edge=rising, falling or both", Mode.QUADRATURE: "partner=PIN"}.get(request.mode)
        hint = f"it takes {known_options}" if known_options else "it takes none"
        raise RequestError(Reason.BAD_REQUEST, f"mode {request.mode} has no option {next(iter(options))}", hint)
    return option
