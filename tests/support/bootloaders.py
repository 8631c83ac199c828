"""Bootloaders that do what a test wants: an STK500v2 as a Mega 2560 has it, an AVR109 as a Leonardo has it.

Written after the application notes (AVR068, AVR109), and held to them by Debian's avrdude, which must be content with
them (``tests/integration/cli/test_flashing.py``). Pure: bytes in, bytes out.
"""

from __future__ import annotations

from typing import Protocol

PAGE_BYTES = {"mega": 256, "leonardo": 128}


class Bootloader(Protocol):
    """Flash, and who gives access to it. ``left``: the host let the program start."""

    flash: bytearray
    left: bool

    def receive(self, data: bytes) -> bytes:
        """What it answers to these bytes."""
        ...


class Mega:
    """STK500v2, ATmega2560. ``damage`` makes so many of the next answers damaged ones."""

    def __init__(self, flash: bytes = b"") -> None:
        self.flash = bytearray(flash.ljust(256 * 1024, b"\xff"))
        self.left = False
        self.damage = 0
        self.signature = bytes.fromhex("1e9801")
        self._address = 0  # in words
        self._erased_to = 0
        self._came = bytearray()

    def receive(self, data: bytes) -> bytes:
        self._came += data
        said = b""
        while (start := self._came.find(0x1B)) >= 0 and len(self._came) >= start + 5:
            del self._came[:start]
            size = int.from_bytes(self._came[2:4], "big")
            if len(self._came) < size + 6:
                break
            message = bytes(self._came[: size + 6])
            if message[4] != 0x0E or _sum(message) or self.left:
                del self._came[:1]
                continue
            del self._came[: size + 6]
            said += self._answer(message[1], self._do(message[5:-1]))
        return said

    def _answer(self, number: int, body: bytes) -> bytes:
        message = bytes([0x1B, number, *len(body).to_bytes(2, "big"), 0x0E]) + body
        if self.damage:
            self.damage -= 1
            return message + bytes([_sum(message) ^ 0x40])
        return message + bytes([_sum(message)])

    def _do(self, body: bytes) -> bytes:
        command = body[:1]
        ok = command + b"\0"
        match body[0]:
            case 0x01:
                return ok + b"\x08AVRISP_2"
            case 0x03:
                return ok + b"\x02"
            case 0x06:
                # The highest bit asks for the extended address, which its processor needs.
                self._address = int.from_bytes(body[1:5], "big") & 0x7FFFFFFF
                return ok
            case 0x13:
                return self._program(ok, body)
            case 0x14:
                start, size = self._address * 2, int.from_bytes(body[1:3], "big")
                self._address += size // 2
                return ok + bytes(self.flash[start : start + size]) + b"\0"
            case 0x1B:
                return ok + self.signature[body[4] : body[4] + 1] + b"\0"
            case 0x1D:  # any of the processor's own commands; avrdude asks so for signature and fuses
                value = self.signature[body[6]] if body[4] == 0x30 else 0
                return ok + bytes([0, body[4], 0, value, 0])
            case 0x02 | 0x10:
                return ok
            case 0x11:
                self.left = True
                return ok
            case _:
                return command + b"\xc0"

    def _program(self, ok: bytes, body: bytes) -> bytes:
        """Pages are erased in their own order, one with each write, as the real one does it."""
        self.flash[self._erased_to : self._erased_to + 256] = b"\xff" * 256
        self._erased_to += 256
        size = int.from_bytes(body[1:3], "big")
        for place, byte in enumerate(body[10 : 10 + size], self._address * 2):
            self.flash[place] &= byte  # writing clears bits; only erasing sets them
        self._address += size // 2
        return ok


class Leonardo:
    """AVR109, ATmega32U4."""

    def __init__(self, flash: bytes = b"") -> None:
        self.flash = bytearray(flash.ljust(32 * 1024, b"\xff"))
        self.left = False
        self.signature = bytes.fromhex("1e9587")
        self._address = 0  # in words
        self._came = bytearray()

    def receive(self, data: bytes) -> bytes:
        self._came += data
        said = b""
        while self._came and not self.left:
            needed = {ord("A"): 3, ord("T"): 2, ord("g"): 4, ord("B"): 4, ord("x"): 2, ord("y"): 2}.get(
                self._came[0], 1
            )
            if len(self._came) < needed:
                break
            if self._came[0] == ord("B"):
                needed += int.from_bytes(self._came[1:3], "big")
                if len(self._came) < needed:
                    break
            command = bytes(self._came[:needed])
            del self._came[:needed]
            said += self._do(command)
        return said

    def _do(self, command: bytes) -> bytes:
        match command[:1]:
            case b"S":
                return b"CATERIN"
            case b"V":
                return b"10"
            case b"p":
                return b"S"
            case b"a":
                return b"Y"
            case b"b":
                return b"Y\x00\x80"
            case b"t":
                return b"\x44\x00"
            case b"s":
                return self.signature[::-1]
            case b"F" | b"N" | b"Q" | b"r":
                return b"\xff"
            case b"A":
                self._address = int.from_bytes(command[1:], "big")
                return b"\r"
            case b"e":
                self.flash[:28_672] = b"\xff" * 28_672
                return b"\r"
            case b"B":
                start, size = self._address * 2, len(command) - 4
                page = start // 128 * 128
                self.flash[page : page + 128] = b"\xff" * 128
                self.flash[start : start + size] = command[4:]
                self._address += size // 2
                return b"\r"
            case b"g":
                start, size = self._address * 2, int.from_bytes(command[1:3], "big")
                self._address += size // 2
                return bytes(self.flash[start : start + size])
            case b"P" | b"L" | b"T" | b"x" | b"y":
                return b"\r"
            case b"E":
                self.left = True
                return b"\r"
            case b"\x1b":
                return b""
            case _:
                return b"?"


def _sum(data: bytes) -> int:
    total = 0
    for byte in data:
        total ^= byte
    return total
