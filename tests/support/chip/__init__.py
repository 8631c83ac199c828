"""A simulated ATmega328P with a serial line, run as a process of its own (README.md says what it models).

    with Chip(elf) as chip:
        chip.set_voltage("A0", 1.25)
        ...  # talk to chip.port, a tty

Times are the chip's cycles (16 million a second) unless their name says otherwise.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

CLOCK_HZ = 16_000_000

# Debian ships optiboot's source beside a build of it that is too long for its place: so it is built here, for the boot
# section of 1 KiB.
_OPTIBOOT_SOURCE = Path("/usr/share/arduino/hardware/arduino/avr/bootloaders/optiboot/optiboot.c")
_OLD_BOOTLOADER_SOURCE = _OPTIBOOT_SOURCE.parents[1] / "atmega" / "ATmegaBOOT_168.c"

# How long the harness may be silent before a test is told that it hangs; waits for the chip's clock add to it.
_ANSWER_S = 30.0
# The slowest host that tests are made for runs the chip at this fraction of real time.
_SLOWEST = 0.1

_HERE = Path(__file__).parent
_BUILD = _HERE.parents[2] / "build" / "chip"

Pace = Literal["real", "fast", "stepped"]


class ChipError(Exception):
    """The harness refused a command, or the program in the chip crashed."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A pin changed. ``level`` is what the chip drives: 0, 1, a duty from 0.0 to 1.0 (PWM), or None (an input)."""

    cycle: int
    level: float | None


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Bytes on the serial line. ``overruns``: lost because the program read too late; ``ignored``: came while its
    receiver was off; ``dropped``: from the chip, and the host did not fetch them; ``garbled``: either way, while the
    two ends were at different rates."""

    to_chip: int
    from_chip: int
    overruns: int
    ignored: int
    dropped: int
    byte_cycles: int
    garbled: int


@dataclass(frozen=True, slots=True)
class InterruptsOff:
    """A place in flash (byte addresses) where interrupts went off, and the longest time until they were on again. An
    interrupt's own begins at its vector: 4 × its number."""

    pc: int
    cycles: int
    ended: int


def missing_tools() -> list[str]:
    """What this machine lacks to build the harness: an empty list when nothing."""
    missing = [tool for tool in ("gcc",) if shutil.which(tool) is None]
    return missing if Path("/usr/include/simavr/sim_avr.h").exists() else [*missing, "libsimavr"]


def build() -> Path:
    """The harness's program, compiled if its sources have changed."""
    sources = sorted(_HERE.glob("*.c"))
    content = b"".join(path.read_bytes() for path in [*sources, _HERE / "chip.h"])
    program = _BUILD / hashlib.sha256(content).hexdigest()[:16] / "chip"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        partial = program.with_name(f"chip.{os.getpid()}")
        warnings = ["-Wall", "-Wextra", "-Werror"]
        command = ["gcc", "-std=gnu11", "-O2", *warnings, "-o", str(partial), *map(str, sources), "-lsimavr", "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ChipError(f"the chip harness does not compile:\n{done.stderr}")
        partial.replace(program)
    return program


def build_optiboot() -> Path:
    """The Uno's bootloader as an ELF: deaf and talkative for a second after each reset by the reset line."""
    size = ["-fno-inline-small-functions", "-fno-split-wide-types", "-mrelax"]
    options = ["-DLED_START_FLASHES=3", "-DBAUD_RATE=115200"]
    place = ["-Wl,--section-start=.text=0x7c00", "-Wl,--section-start=.version=0x7ffe", "-Wl,--relax"]
    return _bootloader(_OPTIBOOT_SOURCE, [*size, *options, *place, "-nostartfiles", "-nostdlib"])


def build_old_bootloader() -> Path:
    """The one of older Nanos as an ELF: 57,600 baud, in the last 2 KiB."""
    options = ["-DMAX_TIME_COUNT=F_CPU>>4", "-DNUM_LED_FLASHES=1", "-DBAUD_RATE=57600"]
    return _bootloader(_OLD_BOOTLOADER_SOURCE, [*options, "-Wl,--section-start=.text=0x7800"])


def _bootloader(source: Path, options: list[str]) -> Path:
    program = _BUILD / hashlib.sha256(source.read_bytes()).hexdigest()[:16] / f"{source.stem}.elf"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        partial = program.with_name(f"{source.stem}.{os.getpid()}")
        target = ["-w", "-Os", "-mmcu=atmega328p", "-DF_CPU=16000000L"]
        subprocess.run(["avr-gcc", *target, *options, "-o", str(partial), str(source)], check=True)
        partial.replace(program)
    return program


class Chip:
    """One chip. Use it as a context manager, or call ``start`` and ``stop``.

    ``pace``: ``real`` runs at most as fast as a real chip, ``fast`` as fast as the host can, ``stepped`` only when
    ``run`` is called, the bytes then going through ``send`` and ``run`` instead of the tty. ``reset_on_open`` plays
    DTR: each opening of the tty resets the chip. ``patient``: the chip's clock stands still while the host has not
    fetched what the chip said, so that no byte is lost by a busy machine. ``eeprom`` is a file that outlives the
    process.
    """

    def __init__(
        self,
        elf: Path,
        *,
        pace: Pace = "real",
        bootloader: Path | None = None,
        reset_on_open: bool = False,
        patient: bool = False,
        eeprom: Path | None = None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="chip-"))
        self.port = str(self._folder / "tty")
        options: list[str] = ["--pty", self.port, "--pace", pace]
        if bootloader is not None:
            options += ["--bootloader", str(bootloader)]
        if eeprom is not None:
            options += ["--eeprom", str(eeprom)]
        if reset_on_open:
            options.append("--reset-on-open")
        if patient:
            options.append("--patient")
        self._options = options
        self._elf = elf
        self._process: subprocess.Popen[bytes] | None = None
        self._control = socket.socket(socket.AF_UNIX)
        self._unread = b""
        self.stepped_to = 0  # the cycle at which the last `run` ended

    def start(self) -> Self:
        """Power on."""
        path = self._folder / "control"
        command = [str(build()), str(self._elf), "--control", str(path), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise ChipError(f"the chip harness ended with status {self._process.wait()}")
        self._control.connect(str(path))
        return self

    def stop(self) -> None:
        """Power off: whoever has the tty open sees it vanish, as if the cable was pulled."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_ANSWER_S)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None
        self._control.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    # Electricity

    def set_voltage(self, pin: str, volts: float) -> None:
        """Put a constant voltage on an analog pin (``A0`` to ``A5``)."""
        self._ask(f"adc {pin} {volts * 1000:.3f}")

    def set_ramp(self, pin: str, low: float, high: float, period_s: float) -> None:
        """A sawtooth between two voltages; its phase is 0 at cycle 0."""
        self._ask(f"adc {pin} ramp {low * 1000:.3f} {high * 1000:.3f} {period_s * 1e6:.3f}")

    def set_sine(self, pin: str, middle: float, amplitude: float, period_s: float) -> None:
        """A sine around a middle voltage; its phase is 0 at cycle 0."""
        self._ask(f"adc {pin} sine {middle * 1000:.3f} {amplitude * 1000:.3f} {period_s * 1e6:.3f}")

    def set_pin(self, pin: str | int, level: bool | int | None, *, at_cycle: int | None = None) -> None:
        """Drive a digital pin from outside; None lets go of it. ``at_cycle`` plans it to the cycle (plan in order)."""
        word = "z" if level is None else str(int(level))
        self._ask(f"pin {_name(pin)} {word}" if at_cycle is None else f"at {at_cycle} pin {_name(pin)} {word}")

    def hold_bus(self, *, held: bool) -> None:
        """Keep the clock of I2C low, or let go of it."""
        self._ask("bus hold" if held else "bus free")

    def edges(self, pin: str | int, since_cycle: int = 0) -> list[Edge]:
        """What the chip did with a pin, in order (the last 262,144 events of all pins are kept)."""
        number = _number(pin)
        found: list[Edge] = []
        for cycle, at, kind, high, period in self._trace():
            if at == number and kind != "r" and cycle >= since_cycle:
                levels: dict[str, float | None] = {"0": 0, "1": 1, "z": None}
                found.append(Edge(cycle, high / max(period, 1) if kind == "p" else levels[kind]))
        return found

    def level(self, pin: str | int) -> float | None:
        """What the chip does with a pin now, as in ``Edge``."""
        edges = self.edges(pin)
        return edges[-1].level if edges else None

    def resets(self) -> list[int]:
        """The cycles of all resets, the power-on first."""
        return [cycle for cycle, _, kind, _, _ in self._trace() if kind == "r"]

    # Time

    def cycles(self) -> int:
        """The chip's clock; a reset does not stop it."""
        return int(self._ask("cycles"))

    def wait_until(self, cycle: int) -> int:
        """Wait until the chip's clock has come to a cycle; answers where it is."""
        seconds = max(0, cycle - self.cycles()) / CLOCK_HZ
        return int(self._ask(f"wait {cycle}", extra_s=seconds / _SLOWEST))

    def wait(self, seconds: float) -> int:
        """Wait for that much of the chip's time."""
        return self.wait_until(self.cycles() + round(seconds * CLOCK_HZ))

    def pause(self) -> None:
        """Stop the chip's clock."""
        self._ask("pause")

    def resume(self) -> None:
        """Let it go on."""
        self._ask("resume")

    def set_pace(self, pace: Pace) -> None:
        """Change the pace."""
        self._ask(f"pace {pace}")

    def run(self, seconds: float) -> bytes:
        """Stepped: let that much of the chip's time pass; answers what the chip said meanwhile."""
        cycle, _, said = self._ask(f"run {round(seconds * CLOCK_HZ)}", extra_s=seconds / _SLOWEST).partition(" ")
        self.stepped_to = int(cycle)
        return bytes.fromhex(said)

    def send(self, data: bytes) -> None:
        """Stepped: bytes from the host, which arrive at the line's rate; at most 512 may be on their way."""
        if data:
            self._ask(f"send {data.hex()}")

    def set_baud(self, baud: int) -> None:
        """Stepped: the rate at the host's end from now on; 0: whatever the chip's is, as at first. Bytes that pass
        while the two are more than 4 % apart are garbage. In other paces the tty's own settings say it."""
        self._ask(f"baud {baud}")

    # The program

    def reset(self, *, power: bool = False) -> int:
        """Pull the reset line, or cut the power for a moment; answers the cycle."""
        return int(self._ask("reset power" if power else "reset external"))

    def data(self, address: int, count: int) -> bytes:
        """Registers and SRAM, by the data address that avr-nm shows less 0x800000."""
        return bytes.fromhex(self._ask(f"data {address} {count}"))

    def eeprom(self, address: int, count: int) -> bytes:
        """What the EEPROM holds."""
        return bytes.fromhex(self._ask(f"eeprom {address} {count}"))

    def poke_eeprom(self, address: int, data: bytes) -> None:
        """Change what the EEPROM holds."""
        self._ask(f"poke eeprom {address} {data.hex()}")

    def stack(self) -> tuple[int, int]:
        """Bytes above .bss never touched since power-on, and how many there are in all."""
        untouched, room = self._ask("stack").split()
        return int(untouched), int(room)

    def meter_interrupts(self) -> None:
        """Measure from now on for how long interrupts are off; the chip then takes about twice the host's time."""
        self._ask("meter start")

    def interrupts_off(self) -> list[InterruptsOff]:
        """What the meter saw since it was started and since the first SEI after that, the longest first."""
        found = [InterruptsOff(*map(int, word.split(":"))) for word in self._ask("meter").split()]
        return sorted(found, key=lambda each: -each.cycles)

    def line(self) -> LineCounts:
        """The serial line's counts since power-on."""
        return LineCounts(*map(int, self._ask("line").split()))

    # The control socket

    def _trace(self) -> list[tuple[int, int, str, int, int]]:
        header = self._ask("trace 0").split()
        events: list[tuple[int, int, str, int, int]] = []
        for _ in range(int(header[2])):
            cycle, pin, kind, high, period = self._line().split()
            events.append((int(cycle), int(pin), kind, int(high), int(period)))
        return events

    def _ask(self, command: str, *, extra_s: float = 0.0) -> str:
        self._control.settimeout(_ANSWER_S + extra_s)
        self._control.sendall(command.encode() + b"\n")
        word, _, rest = self._line().partition(" ")
        if word != "ok":
            raise ChipError(f"{command}: {rest}")
        return rest.strip()

    def _line(self) -> str:
        while b"\n" not in self._unread:
            received = self._control.recv(1 << 16)
            if not received:
                raise ChipError("the chip harness has ended")
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()


def _number(pin: str | int) -> int:
    if isinstance(pin, int):
        return pin
    return int(pin[1:]) + (14 if pin[0] == "A" else 0)


def _name(pin: str | int) -> str:
    return f"D{pin}" if isinstance(pin, int) else pin


__all__: Sequence[str] = (
    "CLOCK_HZ", "Chip", "ChipError", "Edge", "InterruptsOff", "LineCounts", "Pace", "build", "build_old_bootloader",
    "build_optiboot", "missing_tools",
)  # fmt: skip
