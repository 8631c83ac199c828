"""STK500, version 2 (Atmel's application note AVR068), as far as a Mega 2560's bootloader speaks it.

A message is 0x1B, its number, its length (high byte first), 0x0E, its body, and the exclusive or of all that. The
answer has the same number; its body begins with the command and a status, 0 for good.
"""

from __future__ import annotations

from typing import Final

from ardugate.errors import FlashRefused, NoBootloader
from ardugate.flash.conversation import Forget, NoAnswer, Pause, Read, Script, Send
from ardugate.flash.dialects import ANSWER_MS

_START: Final = 0x1B
_TOKEN: Final = 0x0E
_HEAD_BYTES: Final = 5

_SIGN_ON: Final = 0x01
_LOAD_ADDRESS: Final = 0x06
_ENTER: Final = 0x10
_LEAVE: Final = 0x11
_PROGRAM_FLASH: Final = 0x13
_READ_FLASH: Final = 0x14
_READ_SIGNATURE: Final = 0x1B
_OK: Final = 0

# The processor's own serial programming commands, which a hardware programmer is told with each request, and times that
# it is to keep. A bootloader looks at none of them; these are an ATmega2560's, as in its part description.
_ENTER_BODY: Final = bytes([200, 100, 25, 32, 0, 0x53, 3, 0xAC, 0x53, 0, 0])
_LEAVE_BODY: Final = bytes([1, 1])
_PROGRAM_HOW: Final = bytes([0xC1, 10, 0x40, 0x4C, 0x20, 0, 0])
_READ_HOW: Final = bytes([0x20])
_SIGNATURE_HOW: Final = (0x30, 0x00)
# An address with this bit means: beyond 64 Ki words, which the bootloader takes from the other bits anyway.
_FAR: Final = 1 << 31

_TRIES: Final = 15  # 3 s: it listens for 1 s after a reset, and a reset by hand may come late
_TRY_MS: Final = 200
# The bootloader drops what is damaged and says nothing; the message is then sent again, with its number.
_RESENDS: Final = 2


class Stk500v2:
    """One such bootloader."""

    name: Final = "STK500v2"

    def __init__(self, block_bytes: int) -> None:
        self.block_bytes: Final = block_bytes
        self._number = 0

    def enter(self) -> Script[bytes]:
        """See ``Dialect``."""
        for _ in range(_TRIES):
            yield Forget()
            try:
                if (yield from self._once(bytes([_SIGN_ON]), _TRY_MS))[:2] == bytes([_SIGN_ON, _OK]):
                    break
            except NoAnswer:
                continue
            except _Damaged:
                yield Pause(_TRY_MS)
        else:
            raise NoBootloader(self.name)
        yield from self._do(bytes([_ENTER]) + _ENTER_BODY, "to be programmed")
        signature = bytearray()
        for place in range(3):
            command = bytes([_READ_SIGNATURE, 4, *_SIGNATURE_HOW, place, 0])
            signature += (yield from self._do(command, "for its signature"))[:1]
        return bytes(signature)

    def read(self, address: int, count: int) -> Script[bytes]:
        """See ``Dialect``."""
        yield from self._go_to(address)
        command = bytes([_READ_FLASH]) + count.to_bytes(2, "big") + _READ_HOW
        said = yield from self._do(command, f"to read at {address}")
        if len(said) != count + 1:  # a status once more
            raise FlashRefused(f"to read at {address}", f"expected {count} bytes, got {len(said) - 1}")
        return said[:count]

    def write(self, address: int, data: bytes) -> Script[None]:
        """See ``Dialect``. The bootloader erases pages in their order, whatever the address: write from 0 on."""
        yield from self._go_to(address)
        command = bytes([_PROGRAM_FLASH]) + len(data).to_bytes(2, "big") + _PROGRAM_HOW + data
        yield from self._do(command, f"to write at {address}")

    def leave(self) -> Script[None]:
        """See ``Dialect``."""
        yield from self._do(bytes([_LEAVE]) + _LEAVE_BODY, "to start the program")

    def _go_to(self, address: int) -> Script[None]:
        words = address // 2 | (_FAR if address >= 0x20000 else 0)
        yield from self._do(bytes([_LOAD_ADDRESS]) + words.to_bytes(4, "big"), f"to go to {address}")

    def _do(self, body: bytes, what: str) -> Script[bytes]:
        """What follows command and status. Raises FlashRefused."""
        for again in range(_RESENDS + 1):
            try:
                said = yield from self._once(body, ANSWER_MS, again=again > 0)
            except (NoAnswer, _Damaged):
                yield Forget()
                continue
            if said[:2] != bytes([body[0], _OK]):
                raise FlashRefused(what, f"it answered {said[:2].hex(' ')}")
            return said[2:]
        raise FlashRefused(what, f"no answer within {ANSWER_MS} ms, asked {_RESENDS + 1} times")

    def _once(self, body: bytes, within_ms: int, *, again: bool = False) -> Script[bytes]:
        """Send a message; the answer's body. Raises NoAnswer and _Damaged."""
        if not again:
            self._number = (self._number + 1) & 0xFF
        yield Send(_message(self._number, body))
        head = yield Read(_HEAD_BYTES, within_ms)
        if head[:2] != bytes([_START, self._number]) or head[4] != _TOKEN:
            raise _Damaged
        size = int.from_bytes(head[2:4], "big")
        rest = yield Read(size + 1, within_ms)
        if _sum(head + rest):
            raise _Damaged
        return rest[:-1]


class _Damaged(Exception):
    """Something came that is no answer to what was asked."""


def _message(number: int, body: bytes) -> bytes:
    content = bytes([_START, number]) + len(body).to_bytes(2, "big") + bytes([_TOKEN]) + body
    return content + bytes([_sum(content)])


def _sum(data: bytes) -> int:
    total = 0
    for byte in data:
        total ^= byte
    return total
