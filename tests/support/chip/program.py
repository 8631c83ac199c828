"""Small C programs for the chip: what the harness itself is tested with."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
from pathlib import Path

from tests.support.chip import Chip
from tests.support.firmware import symbol

_BUILD = Path(__file__).parents[3] / "build" / "chip"

_PRELUDE = """
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <avr/eeprom.h>
#include <util/delay.h>
volatile uint16_t out[64];
volatile uint8_t ready;
static void line(uint16_t divisor) { UCSR0A = _BV(U2X0); UBRR0 = divisor - 1; UCSR0B = _BV(RXEN0) | _BV(TXEN0); }
static void put(uint8_t byte) { while (!(UCSR0A & _BV(UDRE0))) {} UDR0 = byte; }
static uint8_t get(void) { while (!(UCSR0A & _BV(RXC0))) {} return UDR0; }
"""

# When a program has set its line up and can hear: before, bytes are lost, as they should be.
_SET_UP_S = 0.005


def compile_program(source: str) -> Path:
    """An ELF of this C; ``out`` and ``ready`` are where it leaves results, ``line put get`` talk."""
    text = _PRELUDE + source
    elf = _BUILD / "programs" / (hashlib.sha256(text.encode()).hexdigest()[:16] + ".elf")
    if not elf.exists():
        elf.parent.mkdir(parents=True, exist_ok=True)
        partial = elf.with_name(f"{elf.stem}.{os.getpid()}")
        flags = ["-Os", "-std=gnu11", "-Wno-unused-function", "-mmcu=atmega328p", "-DF_CPU=16000000UL"]
        command = ["avr-gcc", *flags, "-Wall", "-x", "c", "-", "-o", str(partial)]
        subprocess.run(command, input=text, text=True, check=True)
        partial.replace(elf)
    return elf


def run_program(source: str, *, seconds: float = 0.1, send: bytes = b"", volts: dict[str, float] | None = None) -> Ran:
    """Run a program for so long in a chip of its own; what it left and said."""
    elf = compile_program(source)
    with Chip(elf, pace="stepped") as chip:
        for pin, value in (volts or {}).items():
            chip.set_voltage(pin, value)
        said = chip.run(_SET_UP_S)
        chip.send(send)
        said += chip.run(seconds - _SET_UP_S)
        return Ran(struct.unpack("<64H", chip.data(symbol(elf, "out"), 128)), said, chip.cycles())


class Ran:
    """What a program left: ``out``, what it said, and when it was looked at."""

    def __init__(self, out: tuple[int, ...], said: bytes, cycles: int) -> None:
        self.out = out
        self.said = said
        self.cycles = cycles
