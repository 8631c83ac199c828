"""Curves in a terminal: braille characters, of two by four dots each. No terminal here, only text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

DOTS_WIDE: Final = 2
DOTS_HIGH: Final = 4
_BLANK: Final = 0x2800
# The bit of each dot of a character, by column and row from the top (Unicode, Braille Patterns).
_BITS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def curve(values: Sequence[float | None], width: int, height: int) -> list[str]:
    """``values``, the newest last, as ``height`` lines of ``width`` characters, from the least to the greatest of them.

    A dot a value, joined to the one before; None is a gap. Fewer values than dots begin at the right.

    >>> curve([0, 1, 2, 3, 3, 2, 1, 0], 4, 1)
    ['⡠⠊⠑⢄']
    """
    shown = list(values)[-width * DOTS_WIDE :]
    known = [value for value in shown if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    most = height * DOTS_HIGH - 1
    cells = [[0] * width for _ in range(height)]
    before: int | None = None
    for place, value in enumerate(shown, width * DOTS_WIDE - len(shown)):
        if value is None:
            before = None
            continue
        # A value that never moves runs along the middle.
        dot = most - round((value - low) / (high - low) * most) if high > low else most // 2
        for row in _between(before, dot):
            cells[row // DOTS_HIGH][place // DOTS_WIDE] |= _BITS[place % DOTS_WIDE][row % DOTS_HIGH]
        before = dot
    return ["".join(chr(_BLANK + cell) for cell in line) for line in cells]


def _between(before: int | None, dot: int) -> range:
    """The rows from the one after ``before`` to ``dot``, so that a jump is a line."""
    if before is None or before == dot:
        return range(dot, dot + 1)
    return range(before + 1, dot + 1) if before < dot else range(dot, before)
