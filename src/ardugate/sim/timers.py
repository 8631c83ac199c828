"""Who needs which hardware timer of an ATmega328P, as the Arduino core, Servo and tone use them."""

from __future__ import annotations

from typing import Final

from ardugate.model import Mode

# Timer 0 keeps the time and makes the PWM of 5 and 6 beside that; nothing keeps anything else away from it.
_PWM_TIMER: Final = {3: 2, 11: 2, 9: 1, 10: 1}
_SERVO_TIMER: Final = 1
_TONE_TIMER: Final = 2


def timer_of(mode: Mode, pin: int) -> int | None:
    """The timer that a pin needs for a mode, None where it needs none that others may want."""
    match mode:
        case Mode.PWM:
            return _PWM_TIMER.get(pin)
        case Mode.SERVO:
            return _SERVO_TIMER
        case Mode.TONE:
            return _TONE_TIMER
        case _:
            return None


def may_share(mode: Mode, other: Mode) -> bool:
    """Whether two pins can use one timer so: for the same thing they can, but there is one tone at a time."""
    return mode is other and mode is not Mode.TONE
