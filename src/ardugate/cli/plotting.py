"""``tail --plot`` on a terminal: each channel's curve, drawn anew in its place."""

from __future__ import annotations

import shutil
import sys
from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

from ardugate.cli.braille import DOTS_WIDE, curve
from ardugate.cli.output import ReaderLeft, dim

# Faster, and eyes see no more, but a terminal over a slow line lags.
REDRAW_S: Final = 0.1
# Lines a curve is high; less where many channels share a low terminal.
MOST_LINES: Final = 6
_LABEL_COLUMNS: Final = 12
_MOST_VALUES: Final = 2_000  # wider than any terminal

Describe = Callable[[str, Any], str]


class Screen:
    """The curves of all channels, oldest values at the left. ``describe`` gives a channel's name and newest value."""

    def __init__(self, describe: Describe) -> None:
        self._describe = describe
        self._values: dict[str, deque[float | None]] = {}
        self._newest: dict[str, Any] = {}
        self._drawn_lines = 0
        self._drawn_s = 0.0

    def add(self, values: Mapping[str, Any]) -> None:
        """One scan; drawn at once, unless that was done a moment ago."""
        for address, value in values.items():
            self._newest[address] = value
            number = None if value is None or isinstance(value, str) else float(value)
            self._values.setdefault(address, deque(maxlen=_MOST_VALUES)).append(number)
        if monotonic() - self._drawn_s >= REDRAW_S:
            self.draw()

    def draw(self) -> None:
        """Over what was drawn before. Raises ReaderLeft."""
        size = shutil.get_terminal_size()
        lines = self.lines(size.columns, size.lines)
        up = f"\x1b[{self._drawn_lines}A" if self._drawn_lines else ""
        try:
            sys.stdout.write(up + "".join(f"\r{line}\x1b[K\n" for line in lines) + "\x1b[J")
            sys.stdout.flush()
        except BrokenPipeError:
            raise ReaderLeft from None
        self._drawn_lines, self._drawn_s = len(lines), monotonic()

    def lines(self, columns: int, rows: int) -> list[str]:
        """What fits into a terminal of this size: the channels that came first."""
        width = max(DOTS_WIDE, columns - _LABEL_COLUMNS - 1)
        height = max(1, min(MOST_LINES, (rows - 1) // max(1, len(self._values)) - 1))
        lines = list[str]()
        for address, values in list(self._values.items())[: max(1, (rows - 1) // (height + 1))]:
            lines.append(self._describe(address, self._newest[address])[: columns - 1])
            known = [value for value in list(values)[-width * DOTS_WIDE :] if value is not None]
            labels = [""] * height
            labels[0], labels[-1] = (f"{max(known):.4g}", f"{min(known):.4g}") if known else ("", "")
            drawn = curve(list(values), width, height)
            lines += [dim(f"{label:>{_LABEL_COLUMNS}} ") + line for label, line in zip(labels, drawn, strict=True)]
        return lines
