"""The serial ports of this machine: which there are, who holds them, which ``auto`` may open.

A board maker's own USB ids say that a board is there. A generic converter (CH340, FTDI, CP210x) may be a board, a
printer or a lathe: it is listed, and opened only by name, or once it has spoken our wire.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from ardugate.runtime.state import StateFolder

# USB vendor ids of makers of boards, from the makers' own board definitions (boards.txt).
MAKERS = {
    0x2341: "Arduino",
    0x2A03: "Arduino",
    0x239A: "Adafruit",
    0x1B4F: "SparkFun",
    0x2E8A: "Raspberry Pi",
    0x303A: "Espressif",
    0x2886: "Seeed",
}
# Trade names by Arduino's product ids (boards.txt of the AVR, megaAVR, SAMD, mbed and Renesas cores).
_ARDUINO_BOARDS = {
    0x0001: "Arduino Uno",
    0x0043: "Arduino Uno",
    0x0243: "Arduino Uno",
    0x006A: "Arduino Uno",
    0x0010: "Arduino Mega 2560",
    0x0042: "Arduino Mega 2560",
    0x0242: "Arduino Mega 2560",
    0x8036: "Arduino Leonardo",
    0x0036: "Arduino Leonardo",
    0x8037: "Arduino Micro",
    0x0037: "Arduino Micro",
    0x0058: "Arduino Nano Every",
    0x804D: "Arduino Zero",
    0x8057: "Arduino Nano 33 IoT",
    0x805A: "Arduino Nano 33 BLE",
    0x0069: "Arduino Uno R4 Minima",
    0x1002: "Arduino Uno R4 WiFi",
}
# Vendor ids of makers of converter chips.
CONVERTERS = {0x1A86: "CH340", 0x0403: "FTDI", 0x10C4: "CP210x", 0x067B: "PL2303"}


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
    location: str | None = None
    holders: tuple[str, ...] = ()
    auto: bool = False

    @property
    def key(self) -> str:
        """What the port is known by after a restart: the device's serial number, else the place it is plugged in."""
        if self.vid is not None and self.serial_number:
            return f"usb:{self.vid:04x}:{self.pid or 0:04x}:{self.serial_number}"
        return f"path:{self.location or self.path}"


def list_ports(state_dir: Path | None = None) -> list[PortInfo]:
    """Every serial port, by path. Opens none of them."""
    from ardugate.runtime.ports.serial_port import holders

    spoke = StateFolder(state_dir).known().ports
    return [replace(each, auto=is_auto(each, spoke), holders=holders(each.path)) for each in present_ports()]


def is_auto(port: PortInfo, spoke: frozenset[str]) -> bool:
    """Whether ``auto`` may open it: a board maker's own, or one that spoke our wire before."""
    return port.kind is PortKind.BOARD or port.key in spoke


def real_path(path: str) -> Path:
    """Where links lead. The path itself when it cannot be followed, as while a link is being replaced: Python fails
    then, though it was not asked to be strict."""
    try:
        return Path(path).resolve()
    except OSError:
        return Path(path)


def present_ports() -> list[PortInfo]:
    """The ports, without looking for who holds them (which reads all of /proc)."""
    from serial.tools.list_ports import comports

    found = (
        describe(each.device, each.vid, each.pid, each.serial_number, each.location, each.description)
        for each in comports()
    )
    return sorted(found, key=lambda port: port.path)


def describe(
    path: str, vid: int | None, pid: int | None, serial_number: str | None, location: str | None, description: str
) -> PortInfo:
    """A port from its USB ids (None: it is no USB device)."""
    board: str | None = None
    kind = PortKind.OTHER
    if vid in MAKERS:
        kind = PortKind.BOARD
        board = _ARDUINO_BOARDS.get(pid or 0) if MAKERS[vid] == "Arduino" else None
        board = board or f"{MAKERS[vid]} board"
    elif vid in CONVERTERS:
        kind = PortKind.CONVERTER
        description = f"{CONVERTERS[vid]} converter"
    text = "" if description == "n/a" else description
    return PortInfo(path, kind, text, board, serial_number, vid, pid, location)
