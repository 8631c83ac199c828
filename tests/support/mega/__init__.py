"""An ATmega2560 with the bootloader of a Mega (Debian's arduino-core-avr), its serial line on a pseudo-terminal.

The processor is libsimavr's as it is (GPL-3; compiled against in the tests, never shipped), and runs as fast as it can:
for what a bootloader does, not for when. ``tests/support/chip`` is the timed one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.support.chip import ChipError

BOOTLOADER = Path("/usr/share/arduino/hardware/arduino/avr/bootloaders/stk500v2/stk500boot_v2_mega2560.hex")

_SOURCE = Path(__file__).with_name("mega.c")
_BUILD = Path(__file__).parents[3] / "build" / "chip"
_HARD_S = 30.0


def _build() -> Path:
    program = _BUILD / f"mega-{hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        partial = program.with_name(f"{program.name}.{os.getpid()}")
        command = [
            "gcc",
            "-std=gnu11",
            "-O2",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-o",
            str(partial),
            str(_SOURCE),
            "-lsimavr",
        ]
        done = subprocess.run([*command, "-lelf"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ChipError(f"the Mega does not compile:\n{done.stderr}")
        partial.replace(program)
    return program


@contextmanager
def running_mega(folder: Path) -> Generator[str]:
    """The path of its port. It is in its bootloader, where it stays for as long as it is spoken to."""
    port = folder / "mega"
    # simavr says on stdout and stderr what it thinks of the hex file.
    process = subprocess.Popen(
        [str(_build()), str(BOOTLOADER), str(port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        said = list[str]()
        while (line := process.stdout.readline()) != "ready\n":
            said.append(line)
            if not line:
                raise ChipError(f"the Mega ended: {''.join(said)}")
        yield str(port)
    finally:
        process.terminate()
        process.wait(_HARD_S)
        if process.stdout is not None:
            process.stdout.close()
