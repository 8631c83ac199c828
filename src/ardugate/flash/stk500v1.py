"""STK500, version 1 (Atmel's application note AVR061), as far as optiboot and its forerunner speak it: an Uno's, a
Nano's, a Pro Mini's bootloader.

Each command ends with a space and is answered by 0x14, what was asked for, 0x10. Addresses are in words, low byte
first; sizes in bytes, high byte first.
"""

from __future__ import annotations

from typing import Final

from ardugate.errors import FlashRefused, NoBootloader
from ardugate.flash.conversation import Forget, NoAnswer, Pause, Read, Script, Send
from ardugate.flash.dialects import answer

_GET_SYNC: Final = b"0"
_ENTER: Final = b"P"
_LEAVE: Final = b"Q"
_LOAD_ADDRESS: Final = b"U"
_PROGRAM_PAGE: Final = b"d"
_READ_PAGE: Final = b"t"
_READ_SIGNATURE: Final = b"u"
_FLASH: Final = b"F"
_END: Final = b" "
_IN_SYNC: Final = b"\x14"
_OK: Final = b"\x10"

# Optiboot blinks for 375 ms after a reset and listens for a second then. While it is deaf its processor keeps two
# bytes, which are one try; with more it would be out of step, and start the sketch. So tries are further apart.
_TRY_MS: Final = 400
_TRIES: Final = 10  # the older one blinks for longer, and a reset by hand may come a moment after the command


class Stk500v1:
    """One such bootloader."""

    name: Final = "STK500v1"

    def __init__(self, block_bytes: int) -> None:
        self.block_bytes: Final = block_bytes

    def enter(self) -> Script[bytes]:
        """See ``Dialect``."""
        for _ in range(_TRIES):
            try:
                # Twice: a sketch that talks may say the two bytes of an answer, once.
                if (yield from self._in_sync()) and (yield from self._in_sync()):
                    break
                yield Pause(_TRY_MS)
            except NoAnswer:
                continue
        else:
            raise NoBootloader(self.name)
        yield from self._do(_ENTER, 0, "to be programmed")
        return (yield from self._do(_READ_SIGNATURE, 3, "for its signature"))

    def _in_sync(self) -> Script[bool]:
        yield Forget()
        yield Send(_GET_SYNC + _END)
        return (yield Read(2, _TRY_MS)) == _IN_SYNC + _OK

    def read(self, address: int, count: int) -> Script[bytes]:
        """See ``Dialect``."""
        yield from self._go_to(address)
        return (yield from self._do(_READ_PAGE + count.to_bytes(2, "big") + _FLASH, count, f"to read at {address}"))

    def write(self, address: int, data: bytes) -> Script[None]:
        """See ``Dialect``."""
        yield from self._go_to(address)
        yield from self._do(_PROGRAM_PAGE + len(data).to_bytes(2, "big") + _FLASH + data, 0, f"to write at {address}")

    def leave(self) -> Script[None]:
        """See ``Dialect``."""
        yield from self._do(_LEAVE, 0, "to start the program")

    def _go_to(self, address: int) -> Script[None]:
        yield from self._do(_LOAD_ADDRESS + (address // 2).to_bytes(2, "little"), 0, f"to go to {address}")

    def _do(self, command: bytes, count: int, what: str) -> Script[bytes]:
        yield Send(command + _END)
        said = yield from answer(count + 2, what)
        if not (said.startswith(_IN_SYNC) and said.endswith(_OK)):
            raise FlashRefused(what, f"expected 14 … 10, got {said.hex(' ')[:40]}")
        return said[1:-1]
