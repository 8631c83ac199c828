"""At which rate to listen while no good frame comes (docs/reference/wire.md, 3.8): pure turns of rate and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ardugate.link.pulse import Pulse
from ardugate.wire.limits import HELLO_REPEAT_MS, LINE_LOST_MS, LINE_RATES

_MS: Final = 1_000_000

START_BAUD: Final = LINE_RATES[0]

# A board that was just reset is at the first rate, and its bootloader may be deaf for two seconds (3.1); a board that
# hears nothing comes back to the first rate after three. Before that there is little to look for elsewhere.
_PATIENCE_MS: Final = LINE_LOST_MS
# Two hellos, and the time to answer the second.
_TURN_MS: Final = 2 * HELLO_REPEAT_MS
# Where it was a moment ago it may still be: asked for after three hellos at the first rate.
_FIRST_LOOK_MS: Final = 3 * HELLO_REPEAT_MS
# Rates at which sketches print, the likeliest first. At these nothing is said: who prints may also read.
TEXT_RATES: Final = (9_600, 57_600, 38_400, 19_200, 74_880, 230_400, 4_800, 2_400, 1_200, 300)
# What is no text is another rate's at once. Else so long: a line a second is heard; and longer where nothing came at
# all, because something did come before.
_TEXT_TURN_MS: Final = 1_500
_TEXT_WAIT_MS: Final = 8_000
# Between two rounds: a reset board's unasked hello (each 500 ms) is heard.
_HOME_MS: Final = 1_000


class Search:
    """Looks for the board's rate, from :meth:`begin` to :meth:`found`."""

    def __init__(self) -> None:
        self._turns: Iterator[tuple[int, int]] | None = None
        self._until_ns = 0
        self._baud = START_BAUD
        self._began_ns = 0
        self._noise = False  # something talks at a rate that is not known

    @property
    def running(self) -> bool:
        """Whether it looks."""
        return self._turns is not None

    def begin(self, now_ns: int, last: int | None) -> int:
        """Start at the first rate, which is given back. ``last`` is the rate at which the board was a moment ago."""
        self._noise = False
        self._turns = _turns(last, lambda: self._noise)
        return self._turn(now_ns)

    @property
    def listening(self) -> bool:
        """Whether this is a rate at which only text is looked for, and nothing said."""
        return self.running and self._baud in TEXT_RATES

    def found(self) -> None:
        """A good frame came."""
        self._turns = None

    def due(self, now_ns: int, pulse: Pulse) -> int | None:
        """The rate to listen at from now on; None: where it is. While what is heard is text the rate is right, and the
        sketch another one."""
        if self._turns is None:
            return None
        self._noise = self._noise or pulse.noisy
        if self.listening and pulse.noisy:
            return self._turn(now_ns)
        if now_ns < self._until_ns:
            return None
        silent = self.listening and not pulse.bytes_heard and now_ns < self._began_ns + _TEXT_WAIT_MS * _MS
        if silent or (pulse.sure if self.listening else pulse.printing):
            self._until_ns = now_ns + _HOME_MS * _MS
            return None
        return self._turn(now_ns)

    def next_deadline(self) -> int | None:
        """When :meth:`due` has something new."""
        return self._until_ns if self._turns is not None else None

    def _turn(self, now_ns: int) -> int:
        assert self._turns is not None
        self._baud, for_ms = next(self._turns)
        self._began_ns, self._until_ns = now_ns, now_ns + for_ms * _MS
        return self._baud


def _turns(last: int | None, noise: Callable[[], bool]) -> Iterator[tuple[int, int]]:
    if last is not None:
        yield START_BAUD, _FIRST_LOOK_MS
        yield last, _TURN_MS
    yield START_BAUD, _PATIENCE_MS
    others = sorted(LINE_RATES[1:], key=lambda rate: rate != last)
    while True:
        if noise():
            yield TEXT_RATES[0], _TEXT_TURN_MS
        for rate in others:
            yield rate, _TURN_MS
        if noise():
            for rate in TEXT_RATES[1:]:
                yield rate, _TEXT_TURN_MS
        yield START_BAUD, _HOME_MS
