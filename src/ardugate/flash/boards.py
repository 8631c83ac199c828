"""The boards whose bootloaders we speak with. Figures are those of Arduino's own ``boards.txt`` (AVR core 1.8.7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final


class Speaks(Enum):
    """What a bootloader speaks."""

    STK500V1 = "STK500v1"
    STK500V2 = "STK500v2"
    AVR109 = "AVR109"


@dataclass(frozen=True, slots=True)
class FlashBoard:
    """A kind of board.

    ``room_bytes`` is what a program may take, the bootloader's own part left out; ``page_bytes`` what is written at
    once; ``signature`` the processor's; ``bauds`` what bootloaders of this kind are set to, the likeliest first;
    ``touched``: with USB of its own, whose sketch gives way to the bootloader when its port is opened and closed at
    1200 baud, and which then comes back as another port; ``usb`` vendor and product ids; ``platformio`` what PlatformIO
    calls it.
    """

    name: str
    title: str
    fqbn: str
    processor: str
    signature: bytes
    room_bytes: int
    page_bytes: int
    speaks: Speaks
    bauds: tuple[int, ...]
    usb: frozenset[tuple[int, int]]
    platformio: frozenset[str]
    touched: bool = False


_ARDUINO: Final = (0x2341, 0x2A03)  # arduino.cc and, for some years, arduino.org


def _usb(*products: int) -> frozenset[tuple[int, int]]:
    return frozenset((vendor, product) for vendor in _ARDUINO for product in products)


_UNO: Final = FlashBoard(
    name="uno",
    title="Arduino Uno",
    fqbn="arduino:avr:uno",
    processor="ATmega328P",
    signature=bytes.fromhex("1e950f"),
    room_bytes=32_256,
    page_bytes=128,
    speaks=Speaks.STK500V1,
    bauds=(115_200, 57_600),  # 57,600: a Duemilanove, which is an Uno otherwise; of a Nano the "old bootloader"
    usb=_usb(0x0001, 0x0043, 0x0243, 0x006A),
    platformio=frozenset({"uno"}),
)
_NANO: Final = replace(
    _UNO,
    name="nano",
    title="Arduino Nano",
    fqbn="arduino:avr:nano:cpu=atmega328",
    room_bytes=30_720,  # the old bootloader takes 2 KiB, and one cannot see which it is before it has been asked
    usb=frozenset(),  # a converter (FTDI, CH340), which does not tell what is behind it
    platformio=frozenset({"nanoatmega328", "nanoatmega328new"}),
)
_MEGA: Final = FlashBoard(
    name="mega",
    title="Arduino Mega 2560",
    fqbn="arduino:avr:mega:cpu=atmega2560",
    processor="ATmega2560",
    signature=bytes.fromhex("1e9801"),
    room_bytes=253_952,
    page_bytes=256,
    speaks=Speaks.STK500V2,
    bauds=(115_200,),
    usb=_usb(0x0010, 0x0042, 0x0210, 0x0242),
    platformio=frozenset({"megaatmega2560"}),
)
_LEONARDO: Final = FlashBoard(
    name="leonardo",
    title="Arduino Leonardo",
    fqbn="arduino:avr:leonardo",
    processor="ATmega32U4",
    signature=bytes.fromhex("1e9587"),
    room_bytes=28_672,
    page_bytes=128,
    speaks=Speaks.AVR109,
    bauds=(57_600,),  # said, and without a meaning on USB
    usb=_usb(0x0036, 0x8036),  # its bootloader's, and its sketch's
    platformio=frozenset({"leonardo"}),
    touched=True,
)
_MICRO: Final = replace(
    _LEONARDO,
    name="micro",
    title="Arduino Micro",
    fqbn="arduino:avr:micro",
    usb=_usb(0x0037, 0x8037, 0x0237, 0x8237),
    platformio=frozenset({"micro"}),
)
BOARDS: Final = (_UNO, _NANO, _MEGA, _LEONARDO, _MICRO)
BY_NAME: Final = {board.name: board for board in BOARDS}


def board_of_usb(vid: int | None, pid: int | None) -> FlashBoard | None:
    """The board of these USB ids; None when they do not tell, as those of a converter."""
    return next((board for board in BOARDS if (vid, pid) in board.usb), None)
