"""AVR109 (Atmel's application note of that number), as far as a Leonardo's and a Micro's bootloader speaks it.

A command is a letter; it is answered by what was asked for, or by a carriage return. Addresses are in words, high byte
first. There is no check: the line is USB, which has its own.
"""

from __future__ import annotations

from typing import Final

from ardugate.errors import FlashRefused, NoBootloader
from ardugate.flash.conversation import Forget, NoAnswer, Pause, Read, Script, Send
from ardugate.flash.dialects import answer

_IDENTIFY: Final = b"S"
_IDENTIFIER_BYTES: Final = 7
_BLOCKS: Final = b"b"
_ENTER: Final = b"P"
_LEAVE: Final = b"L"
_EXIT: Final = b"E"
_SIGNATURE: Final = b"s"
_ADDRESS: Final = b"A"
_WRITE: Final = b"B"
_READ: Final = b"g"
_FLASH: Final = b"F"
_DONE: Final = b"\r"
_YES: Final = b"Y"

_TRIES: Final = 10  # 2 s; it listens for 8
_TRY_MS: Final = 200


class Avr109:
    """One such bootloader."""

    name: Final = "AVR109"

    def __init__(self, block_bytes: int) -> None:
        self.block_bytes: Final = block_bytes

    def enter(self) -> Script[bytes]:
        """See ``Dialect``."""
        for _ in range(_TRIES):
            yield Forget()
            yield Send(_IDENTIFY)
            try:
                # A sketch that talks could say seven bytes; a name is letters, and comes alone.
                if (yield Read(_IDENTIFIER_BYTES, _TRY_MS)).isalpha():
                    break
                yield Pause(_TRY_MS)
            except NoAnswer:
                continue
        else:
            raise NoBootloader(self.name)
        yield Send(_BLOCKS)
        said = yield from answer(3, "for blocks of flash")
        if said[:1] != _YES or int.from_bytes(said[1:], "big") < self.block_bytes:
            raise FlashRefused("for blocks of flash", f"expected {self.block_bytes} bytes, got {said.hex(' ')}")
        yield from self._do(_ENTER, "to be programmed")
        yield Send(_SIGNATURE)
        return (yield from answer(3, "for its signature"))[::-1]

    def read(self, address: int, count: int) -> Script[bytes]:
        """See ``Dialect``."""
        yield from self._go_to(address)
        yield Send(_READ + count.to_bytes(2, "big") + _FLASH)
        return (yield from answer(count, f"to read at {address}"))

    def write(self, address: int, data: bytes) -> Script[None]:
        """See ``Dialect``."""
        yield from self._go_to(address)
        yield from self._do(_WRITE + len(data).to_bytes(2, "big") + _FLASH + data, f"to write at {address}")

    def leave(self) -> Script[None]:
        """See ``Dialect``. It leaves USB a moment after the last answer."""
        yield from self._do(_LEAVE, "to end")
        yield from self._do(_EXIT, "to start the program")

    def _go_to(self, address: int) -> Script[None]:
        yield from self._do(_ADDRESS + (address // 2).to_bytes(2, "big"), f"to go to {address}")

    def _do(self, command: bytes, what: str) -> Script[None]:
        yield Send(command)
        said = yield from answer(1, what)
        if said != _DONE:
            raise FlashRefused(what, f"it answered {said.hex(' ')}")
