"""A bootloader double at the other end of a pseudo-terminal, served by a thread."""

from __future__ import annotations

import os
import pty
import select
import termios
import threading
import tty
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.bootloaders import Bootloader

_HARD_S = 30.0


@dataclass(frozen=True)
class Line:
    """``path`` is the computer's end; ``device`` the board's."""

    path: str
    device: int

    @property
    def baud(self) -> int:
        """What the computer has set it to; both ends of a pseudo-terminal share it."""
        names = {getattr(termios, name): int(name[1:]) for name in ("B1200", "B57600", "B115200")}
        return names.get(termios.tcgetattr(self.device)[5], 0)


@contextmanager
def line_to(loader: Bootloader | None) -> Generator[Line]:
    """A pseudo-terminal with this at its other end; None: a board that is silent."""
    device, computer = pty.openpty()
    tty.setraw(computer)
    line = Line(os.ttyname(computer), device)
    end, ended = os.pipe()

    def serve() -> None:
        while end not in select.select([device, end], [], [])[0]:
            data = os.read(device, 4_096)
            if loader is not None and (said := loader.receive(data)):
                os.write(device, said)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield line
    finally:
        os.write(ended, b"x")
        thread.join(_HARD_S)
        for each in (device, computer, end, ended):
            os.close(each)
