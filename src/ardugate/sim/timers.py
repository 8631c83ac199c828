"""Who needs the hardware timer that an Uno's pins share, as our firmware uses it (docs/reference/firmware.md)."""

from __future__ import annotations

from typing import Final

from ardugate.model import Mode

# Timer 0 keeps the time, timer 1 is the sampler's; both make their pins' PWM beside that. Timer 2 belongs to who takes
# it first: the PWM of these pins, servos, one tone.
_PWM_PINS: Final = (3, 11)
MAX_SERVOS: Final = 8


def needs_timer(mode: Mode, pin: int) -> bool:
    """Whether a pin in this mode needs the timer."""
    return mode in (Mode.SERVO, Mode.TONE) or (mode is Mode.PWM and pin in _PWM_PINS)


def may_share(mode: Mode, other: Mode) -> bool:
    """Whether two pins can use it so: for the same thing they can, but there is one tone at a time."""
    return mode is other and mode is not Mode.TONE


def holder(mode: Mode, pin: str) -> bytes:
    """What a board says of who has it: ``servo``, ``tone D8``, ``pwm D3``."""
    return (mode.value if mode is Mode.SERVO else f"{mode.value} {pin}").encode()
