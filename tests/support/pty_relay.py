"""A bad cable: a pty in front of a serial port, which damages a share of the bytes in both directions."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self


class PtyRelay:
    """Opens ``port`` and offers ``path``, a link to a pty of its own.

    ``damage`` is the chance that a byte becomes another one. ``damaged`` counts those that did, of
    ``passed`` in all. ``to_port`` is what the opener of ``path`` said, undamaged.
    """

    def __init__(self, port: str, path: Path, *, damage: float = 0, seed: int = 1) -> None:
        self.path = str(path)
        self.to_port = bytearray()
        self.passed = 0
        self.damaged = 0
        self._damage = damage
        self._random = Random(seed)
        self._port = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._port)
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self._slave = slave  # kept open, so that the master does not hang up between two openings
        path.symlink_to(os.ttyname(slave))
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._run, name="pty relay")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        os.write(self._stopped, b"x")
        self._thread.join()
        for fd in (self._port, self._master, self._slave, self._stop, self._stopped):
            os.close(fd)
        Path(self.path).unlink()

    def _run(self) -> None:
        other = {self._port: self._master, self._master: self._port}
        while True:
            readable, _, _ = select.select([*other, self._stop], [], [])
            if self._stop in readable:
                return
            for fd in readable:
                data = os.read(fd, 4_096)
                if fd == self._master:
                    self.to_port += data
                os.write(other[fd], self._spoil(data))

    def _spoil(self, data: bytes) -> bytes:
        out = bytearray(data)
        self.passed += len(out)
        for at in range(len(out)):
            if self._random.random() < self._damage:
                out[at] ^= self._random.randrange(1, 256)
                self.damaged += 1
        return bytes(out)
