"""The serial ports of this machine: which there are, who holds them, which ``auto`` may open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class PortKind(StrEnum):
    """What the USB ids say. Only ``board`` is opened by ``auto`` before it is named once."""

    BOARD = "board"
    CONVERTER = "converter"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One serial port. ``board`` is the board's trade name where the USB ids tell; ``holders`` are programs that have
    it open (``name (pid)``); ``auto`` tells whether ``--port auto`` opens it."""

    path: str
    kind: PortKind
    description: str = ""
    board: str | None = None
    serial_number: str | None = None
    vid: int | None = None
    pid: int | None = None
    holders: tuple[str, ...] = ()
    auto: bool = False


def list_ports(state_dir: Path | None = None) -> list[PortInfo]:
    """Every serial port, by path. Opens none of them."""
    raise NotImplementedError
