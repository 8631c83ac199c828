"""What every bootloader can do, however it is said."""

from __future__ import annotations

from typing import Protocol

from ardugate.errors import FlashRefused
from ardugate.flash.boards import FlashBoard
from ardugate.flash.conversation import NoAnswer, Read, Script

# An answer takes a few milliseconds on the line, and a page 10 ms more to be written; a converter or a hub may hold
# bytes back for 16 ms, and a busy computer for much longer. A bootloader itself gives up after 1 s.
ANSWER_MS = 1_000


class Dialect(Protocol):
    """One bootloader, spoken to. Addresses and sizes are in bytes, and even."""

    @property
    def block_bytes(self) -> int:
        """How much ``read`` and ``write`` take at most; a write begins at a multiple of it."""
        ...

    def enter(self) -> Script[bytes]:
        """Find the bootloader; its processor's signature. Raises NoBootloader."""
        ...

    def read(self, address: int, count: int) -> Script[bytes]:
        """So many bytes of flash. Raises FlashRefused."""
        ...

    def write(self, address: int, data: bytes) -> Script[None]:
        """Erase and write a page. Raises FlashRefused."""
        ...

    def leave(self) -> Script[None]:
        """Let the program start; nothing is said any more."""
        ...


def dialect_of(board: FlashBoard) -> Dialect:
    """Who speaks with the bootloader of this kind of board."""
    from ardugate.flash.avr109 import Avr109
    from ardugate.flash.boards import Speaks
    from ardugate.flash.stk500v1 import Stk500v1
    from ardugate.flash.stk500v2 import Stk500v2

    match board.speaks:
        case Speaks.STK500V1:
            return Stk500v1(board.page_bytes)
        case Speaks.STK500V2:
            return Stk500v2(board.page_bytes)
        case Speaks.AVR109:
            return Avr109(board.page_bytes)


def answer(count: int, what: str) -> Script[bytes]:
    """An answer that must come. Raises FlashRefused."""
    try:
        return (yield Read(count, ANSWER_MS))
    except NoAnswer:
        raise FlashRefused(what, f"no answer within {ANSWER_MS} ms") from None
