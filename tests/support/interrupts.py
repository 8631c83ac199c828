"""Whose code it was that kept interrupts off: the meter's places in flash, by an ELF's debugging lines."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.chip import Chip, InterruptsOff
from tests.support.firmware import symbol

_VECTORS = 26  # of an ATmega328P, four bytes each
_OURS = ("/src/ardugate/", "/libraries/Ardugate/")


@dataclass(frozen=True, slots=True)
class Blame:
    """A place where interrupts went off. ``file`` is whole, ``function`` as the compiler names it."""

    cycles: int
    file: str
    line: str
    function: str

    @property
    def is_ours(self) -> bool:
        """Whether it stands in the board library, and not in the core, a library or the sketch."""
        return any(part in self.file for part in _OURS)


def interrupts_off(chip: Chip, elf: Path) -> list[Blame]:
    """What the chip's meter saw, the longest first. ``elf`` is what runs in it."""
    found = chip.interrupts_off()
    if not found:
        return []
    addresses = [f"{_body(elf, each):#x}" for each in found]
    command = ["avr-addr2line", "-e", str(elf), "-f", "-C", *addresses]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [
        Blame(each.cycles, *_place(lines[2 * index + 1]), lines[2 * index].partition(" [")[0])
        for index, each in enumerate(found)
    ]


def _body(elf: Path, place: InterruptsOff) -> int:
    return symbol(elf, f"__vector_{place.pc // 4}") if place.pc < 4 * _VECTORS else place.pc


def _place(text: str) -> tuple[str, str]:
    file, _, line = text.rpartition(":")
    return file, line.partition(" ")[0]
