"""Builds sketches with Debian's Arduino tools, once per content, for all tests that need an ELF.

``build("uno")`` gives the shipped sketch's ELF. Builds live in ``build/firmware/`` (ignored by git), named by the hash
of everything that goes into them, so that the suite compiles each sketch once, across runs and processes too.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ardugate import library

ROOT = Path(__file__).resolve().parents[2]
SKETCH = ROOT / "arduino" / "sketch.ino"
CACHE = ROOT / "build" / "firmware"
_LIBRARY = ROOT / "arduino" / "src" / "ardugate"
_HOST = ROOT / "tests" / "firmware" / "host"
_CORE = _HOST / "arduino"
# As on an ARM, where char has no sign.
_PORTABLE = ["-DARDUINO=10819", "-funsigned-char", f"-I{_CORE}"]

BOARDS = ("uno", "mega", "leonardo", "micro")

# Boards of several processors, and which.
_PROCESSORS = {"mega": ":cpu=atmega2560", "nano": ":cpu=atmega328"}

# Debian's places: the core, and the builder's own platform.txt, which knows ctags.
_HARDWARE = (Path("/usr/share/arduino/hardware"), Path("/usr/share/arduino-builder"))
_PROGRAMS = ("arduino-builder", "arduino-ctags", "avr-gcc", "avr-g++", "avr-size", "avr-nm")
_PACKAGES = "gcc-avr avr-libc binutils-avr arduino-core-avr arduino-builder"

# What needs Arduino.h or registers.
_ARDUINO_ONLY = ("Ardugate", "hal_avr")

# What the compiler makes of a source, beside it; and what it says of the board library's own files.
_MADE = re.compile(r"\.[do]$")
_OF_LIBRARY = re.compile(r"/libraries/|/sketch/src/ardugate/")

# Debian's core 1.8.7 names a macro that its compiler spells with underscores.
_EXTRA_FLAGS = "-DDECIMAL_DIG=__DECIMAL_DIG__"


class ToolsMissingError(RuntimeError):
    """A program that builds sketches is not installed; the message says which and how to get it."""


class BuildFailedError(RuntimeError):
    """A sketch does not compile; the message is what the compiler said."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a program takes, in bytes: ``flash`` with its initial values, ``ram`` before anything runs."""

    flash: int
    ram: int


def missing_tools() -> tuple[str, ...]:
    """The programs and folders that are needed and not there; empty when sketches can be built."""
    programs = [name for name in _PROGRAMS if shutil.which(name) is None]
    return (*programs, *(str(folder) for folder in _HARDWARE if not folder.is_dir()))


def arduino_examples() -> Path | None:
    """Arduino's own example sketches, as Debian packs them: installed, or fetched by ``setup.sh system``; None where
    they are not there."""
    places = (Path("/usr/share/doc/arduino/examples"), ROOT / "build" / "arduino-examples")
    return next((place for place in places if place.is_dir()), None)


def build(board: str = "uno", sketch: Path = SKETCH) -> Path:
    """Compile ``sketch`` (a file beside its ``src/``, or a sketch's folder) for ``board``; return the ELF's path.

    Raises ToolsMissingError or BuildFailedError. Safe to call from several processes at once.
    """
    return _built(board, sketch) / "sketch.elf"


def warnings(board: str = "uno", sketch: Path = SKETCH) -> tuple[str, ...]:
    """What the compiler said under ``-Wall -Wextra`` about files of the sketch's own folder, and of the board library
    where that is installed, a line each."""
    text = (_built(board, sketch) / "compiler.txt").read_text()
    own = re.escape(str(sketch.parent.resolve() if sketch.is_file() else sketch.resolve()))
    # The builder compiles a copy of the folder `src`, below its build path.
    place = re.compile(rf"^(?:{own}/|\S*/sketch/|\S*/libraries/Ardugate/)[^:]*:\d+(?::\d+)?: (?:warning|error)")
    return tuple(line for line in text.splitlines() if place.match(line))


def build_host(program: str, *, wire_only: bool = False) -> Path:
    """Compile ``tests/firmware/host/<program>.cpp`` with the board library (or its wire.cpp alone) for this computer,
    under ASan and UBSan.

    Raises ToolsMissingError or BuildFailedError. Warnings are errors.
    """
    sources = [path for path in _LIBRARY.glob("wire.cpp" if wire_only else "*.cpp") if path.stem not in _ARDUINO_ONLY]
    objects = _objects("wire" if wire_only else "library", sorted(sources), ["-std=gnu++11"])
    return _program(_HOST / f"{program}.cpp", objects, ["-std=gnu++11", f"-I{_LIBRARY}"])


def build_fuzzer() -> Path:
    """Compile ``tests/fuzz/firmware.cpp`` with the board library under libFuzzer, ASan and UBSan.

    Raises ToolsMissingError or BuildFailedError.
    """
    sources = [path for path in sorted(_LIBRARY.glob("*.cpp")) if path.stem not in _ARDUINO_ONLY]
    main = ROOT / "tests" / "fuzz" / "firmware.cpp"
    flags = ["-g", "-O1", "-std=gnu++11", "-fno-sanitize-recover=all", "-fsanitize=fuzzer,address,undefined"]
    target = CACHE / f"fuzzer-{_digest([main, _HOST / 'board.cpp', *sources], flags)}"
    compiler = shutil.which("clang++")
    if compiler is None:
        raise ToolsMissingError("cannot build the fuzzer: no clang++ (sudo apt install clang libclang-rt-14-dev)")
    if not target.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [compiler, *flags, f"-I{_LIBRARY}", *map(str, [main, *sources]), "-o", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildFailedError(f"the fuzzer does not compile:\n{done.stderr}")
    return target


def build_portable(sketch: Path = SKETCH) -> Path:
    """Compile a sketch and the whole board library, as for a processor that is no AVR, for this computer with the fake
    Arduino core of ``tests/firmware/host/arduino``, under ASan and UBSan.

    Raises ToolsMissingError or BuildFailedError. Warnings are errors.
    """
    flags = [*_PORTABLE, "-std=gnu++11"]
    objects = _objects("portable", [*sorted(_LIBRARY.glob("*.cpp")), _CORE / "core.cpp"], flags)
    folders = [_LIBRARY.parents[1] / "library", _LIBRARY.parent, sketch.parent]
    return _program(sketch, objects, [*flags, *(f"-I{folder}" for folder in folders), "-include", "Arduino.h"])


def check_portable(standard: str) -> None:
    """Look at the board library with another C++ standard, as newer cores have; nothing is built.

    Raises ToolsMissingError or BuildFailedError. Warnings are errors.
    """
    sources = map(str, sorted(_LIBRARY.glob("*.cpp")))
    _compile_here([*_PORTABLE, f"-std={standard}", "-fsyntax-only", *sources], _LIBRARY)


def _objects(name: str, sources: list[Path], flags: list[str]) -> list[Path]:
    """What many programs for this computer share, compiled once."""
    folder = CACHE / f"host-{name}-{_digest(sources, flags)}"
    with _alone(name):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as work:
                _compile_here([*flags, "-c", *map(str, sources)], Path(work))
                shutil.copytree(work, folder)
    return sorted(folder.glob("*.o"))


def _program(main: Path, objects: list[Path], flags: list[str]) -> Path:
    target = CACHE / f"host-{main.stem}-{_digest([main, *objects], flags)}"
    with _alone(main.stem):
        if not target.exists():
            partial = target.with_suffix(".partial")
            linked = ["-x", "c++", str(main), "-x", "none", *map(str, objects), "-o", str(partial)]
            _compile_here([*flags, *linked], _HOST)
            partial.replace(target)
    return target


def _digest(files: list[Path], flags: list[str]) -> str:
    digest = hashlib.sha256(f"{flags}\n".encode())
    for path in [*files, *sorted(_LIBRARY.glob("*.h")), *sorted(_HOST.rglob("*.h"))]:
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone(name: str) -> Generator[None]:
    """Among all processes that build this."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"host-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile_here(arguments: list[str], folder: Path) -> None:
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        raise ToolsMissingError("cannot build the board library for this computer: no g++ (sudo apt install g++)")
    strict = ["-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-sanitize-recover=all", "-fsanitize=address,undefined"]
    done = subprocess.run(
        [compiler, *strict, "-pthread", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildFailedError(f"the board library does not compile for this computer:\n{done.stderr}")


def memory(elf: Path) -> Memory:
    """The sizes of an ELF, as ``avr-size`` tells them."""
    text = _run(["avr-size", "-A", str(elf)]).stdout
    sizes = {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)", text, re.MULTILINE)}
    data = sizes.get(".data", 0)
    return Memory(flash=sizes[".text"] + data, ram=data + sizes.get(".bss", 0) + sizes.get(".noinit", 0))


def flash_image(elf: Path) -> bytes:
    """What a bootloader is given of an ELF: flash from address 0 on."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image"
        done = _run(["avr-objcopy", "-O", "binary", "-R", ".eeprom", str(elf), str(image)])
        if done.returncode != 0:
            raise BuildFailedError(done.stderr)
        return image.read_bytes()


def symbol(elf: Path, name: str) -> int:
    """The address of a symbol; of a variable without the 0x800000 by which the linker marks the data space."""
    for line in _run(["avr-nm", str(elf)]).stdout.splitlines():
        words = line.split()  # an undefined symbol has no address
        if len(words) == 3 and words[2] == name:
            return int(words[0], 16) & 0x7FFFFF
    raise KeyError(name)


def symbols(elf: Path) -> tuple[str, ...]:
    """The names of all functions and variables that are in an ELF, as C++ spells them."""
    lines = _run(["avr-nm", "-C", str(elf)]).stdout.splitlines()
    return tuple(line.split(" ", 2)[2] for line in lines if line[:1].strip())


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    missing = missing_tools()
    if missing:
        raise ToolsMissingError(
            f"cannot build sketches, not found: {', '.join(missing)} (sudo apt install {_PACKAGES})"
        )
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _uses_library(sketch: Path) -> bool:
    """Whether a sketch takes the board library as an installed one."""
    files = [sketch] if sketch.is_file() else sorted(sketch.glob("*.ino"))
    return any("<Ardugate.h>" in path.read_text(encoding="utf-8") for path in files)


def _sources(sketch: Path) -> list[Path]:
    folder = sketch.parent if sketch.is_file() else sketch
    found = [path for path in (folder / "src").rglob("*") if path.is_file()]
    if _uses_library(sketch):
        for part in ("src", "library"):
            found += [path for path in (ROOT / "arduino" / part).rglob("*") if path.is_file()]
    beside = [path for path in folder.iterdir() if path.suffix in {".ino", ".cpp", ".h", ".c"}]
    return sorted([*found, *beside])


def _key(board: str, sketch: Path) -> str:
    digest = hashlib.sha256(f"{board}\n{sketch.name}\n{_EXTRA_FLAGS}\n".encode())
    folder = sketch.parent if sketch.is_file() else sketch
    for path in _sources(sketch):
        name = path.relative_to(folder if path.is_relative_to(folder) else ROOT)
        digest.update(f"{name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _built(board: str, sketch: Path) -> Path:
    name = sketch.stem if sketch.is_file() else sketch.name
    # Beside one that brings the library along, one that uses an installed library can be built.
    shop = f"{board}-{'installed' if _uses_library(sketch) else 'own'}-shop"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{shop}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        target = CACHE / f"{board}-{name}-{_key(board, sketch)}"
        if not target.is_dir():
            _compile(board, sketch, target, CACHE / f"{shop}-{_library_key()}")
    return target


def _compile(board: str, sketch: Path, target: Path, shop: Path) -> None:
    """Under the shop's lock. What no sketch changes (the core, the board library) is compiled once and kept there."""
    for name in ("tools", "build"):
        (shop / name).mkdir(parents=True, exist_ok=True)
    hardware = [part for path in _HARDWARE for part in ("-hardware", str(path))]
    if _uses_library(sketch):
        if not (shop / "libraries").is_dir():
            library.install(shop / "libraries")
        hardware += ["-libraries", str(shop / "libraries")]
    _clear(shop / "build", sketch if sketch.is_dir() else sketch.parent)
    done = _run(
        [
            "arduino-builder",
            *hardware,
            "-tools",
            str(shop / "tools"),
            "-fqbn",
            f"arduino:avr:{board}{_PROCESSORS.get(board, '')}",
            f"-prefs=compiler.cpp.extra_flags={_EXTRA_FLAGS}",
            "-build-path",
            str(shop / "build"),
            "-warnings",
            "all",
            "-compile",
            str(sketch),
        ]
    )
    said = (done.stdout + done.stderr).replace(str(shop / "build"), "")
    elves = sorted((shop / "build").glob("*.elf"))
    if done.returncode != 0 or not elves:
        raise BuildFailedError(f"{sketch} does not compile for {board}:\n{said}")
    # The compiler speaks once of the library's files, which then are kept: of each sketch, for `warnings`.
    earlier = shop / "library.txt"
    with earlier.open("a") as kept:
        kept.writelines(line + "\n" for line in said.splitlines() if _OF_LIBRARY.search(line))
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        finished = Path(folder) / "done"
        finished.mkdir()
        shutil.copy(elves[0], finished / "sketch.elf")
        (finished / "compiler.txt").write_text(said + earlier.read_text())
        finished.rename(target)


def _clear(build_path: Path, folder: Path) -> None:
    """Forget the sketch before, whose files would be compiled into this one; but not what both have in folders."""
    for old in build_path.glob("*.elf"):
        old.unlink()
    # It names the sketch: with another one the builder would begin anew.
    (build_path / "build.options.json").unlink(missing_ok=True)
    copy = build_path / "sketch"
    for path in copy.rglob("*"):
        source = folder / path.relative_to(copy)
        if path.is_file() and (path.parent == copy or not source.with_name(_MADE.sub("", path.name)).is_file()):
            path.unlink()


def _library_key() -> str:
    digest = hashlib.sha256()
    for name, data in sorted(library.files().items()):
        digest.update(f"{name}\n".encode() + data)
    return digest.hexdigest()[:16]
