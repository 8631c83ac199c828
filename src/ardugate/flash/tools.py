"""A user's sketch, compiled by the Arduino tools that are there: which ones, and how each is asked.

Nothing is uploaded by them: all make a .hex, and that goes through our own bootloader scripts, with their verification.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ardugate import library
from ardugate.errors import NoSketchTools, SketchDoesNotCompile
from ardugate.flash.boards import FlashBoard

# Where Debian's arduino-builder has cores and tools; it is told nothing by itself.
_DEBIAN_HARDWARE = (Path("/usr/share/arduino/hardware"), Path("/usr/share/arduino-builder"))
_DEBIAN_TOOLS = Path("/usr/share/arduino/hardware/tools")
# Debian's AVR core names a macro as newer compilers do; its own compiler has it with underscores.
_DEBIAN_FLAGS = "compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__"
# A first build compiles the whole core, on a slow computer too; a tool that hangs must not hang us.
_TIMEOUT_S = 600
# Reading its settings takes PlatformIO a second or two.
_ASKED_S = 60


class Tool(Enum):
    """What compiles sketches."""

    ARDUINO_CLI = "arduino-cli"
    ARDUINO_BUILDER = "arduino-builder"
    PLATFORMIO = "PlatformIO"


@dataclass(frozen=True, slots=True)
class Compiler:
    """A tool, and the program that it is."""

    tool: Tool
    program: str


def find_compiler(sketch: Path, environment: Mapping[str, str], platform: str, home: Path) -> Compiler:
    """Who compiles ``sketch``: PlatformIO for its own projects, else arduino-cli (the one on PATH, else Arduino IDE
    2's), else arduino-builder.

    :raises NoSketchTools: there is none.
    """
    path = environment.get("PATH", "")
    if _is_platformio(sketch):
        for name in ("pio", "platformio"):
            if found := shutil.which(name, path=path):
                return Compiler(Tool.PLATFORMIO, found)
        inside = home / ".platformio" / "penv" / ("Scripts/pio.exe" if platform == "win32" else "bin/pio")
        if inside.is_file():  # as its plugin for VS Code installs it
            return Compiler(Tool.PLATFORMIO, str(inside))
        raise NoSketchTools("PlatformIO", str(sketch))
    if found := shutil.which("arduino-cli", path=path):
        return Compiler(Tool.ARDUINO_CLI, found)
    for place in _ide_2(environment, platform, home):
        if place.is_file():
            return Compiler(Tool.ARDUINO_CLI, str(place))
    if found := shutil.which("arduino-builder", path=path):
        return Compiler(Tool.ARDUINO_BUILDER, found)
    raise NoSketchTools("arduino-cli, Arduino IDE 2 or arduino-builder", str(sketch))


def _is_platformio(sketch: Path) -> bool:
    return (sketch / "platformio.ini").is_file()


def _ide_2(environment: Mapping[str, str], platform: str, home: Path) -> list[Path]:
    """Where Arduino IDE 2 keeps the arduino-cli that it works with, where it is usually installed."""
    inside = Path("app", "lib", "backend", "resources")
    match platform:
        case "darwin":
            roots = [Path("/Applications"), home / "Applications"]
            return [root / "Arduino IDE.app" / "Contents" / "Resources" / inside / "arduino-cli" for root in roots]
        case "win32":
            local = Path(environment.get("LOCALAPPDATA", home / "AppData" / "Local")) / "Programs"
            roots = [local, Path(environment.get("PROGRAMFILES", "C:/Program Files"))]
            return [root / "Arduino IDE" / "resources" / inside / "arduino-cli.exe" for root in roots]
        case _:  # the zip, unpacked; an AppImage's inside is there only while it runs
            roots = [Path("/opt"), home, home / "Applications"]
            found = [each for root in roots for each in sorted(root.glob("[Aa]rduino-[Ii][Dd][Ee]*"))]
            return [each / "resources" / inside / "arduino-cli" for each in found]


def compile_sketch(compiler: Compiler, sketch: Path, board: FlashBoard, work: Path) -> str:
    """The program as Intel HEX. ``work`` is an empty folder. Our board library is given along, unless the user's
    sketchbook has it.

    :raises SketchDoesNotCompile: with what the tool said.
    """
    command, environment, built = _how(compiler, sketch, board, work)
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SketchDoesNotCompile(str(sketch), compiler.tool.value, f"not done within {_TIMEOUT_S} s") from None
    programs = [each for each in sorted(built.rglob("*.hex")) if not each.name.endswith("with_bootloader.hex")]
    if done.returncode != 0 or not programs:
        raise SketchDoesNotCompile(str(sketch), compiler.tool.value, done.stdout)
    newest = max(programs, key=lambda each: each.stat().st_mtime_ns)
    return newest.read_text("ascii")


def _how(compiler: Compiler, sketch: Path, board: FlashBoard, work: Path) -> tuple[list[str], dict[str, str], Path]:
    """The command, its environment, and the folder in which its .hex will be."""
    output, libraries = work / "output", work / "libraries"
    output.mkdir()
    environment = dict(os.environ)
    ours = [] if _has_library() else [str(library.install(libraries).path.parent)]
    match compiler.tool:
        case Tool.ARDUINO_CLI:
            more = [part for path in ours for part in ("--libraries", path)]
            command = [compiler.program, "compile", "--fqbn", board.fqbn, "--output-dir", str(output), *more]
            return [*command, str(sketch)], environment, output
        case Tool.ARDUINO_BUILDER:
            tools = work / "tools"
            tools.mkdir()
            folders = [
                *((path, "-hardware") for path in _DEBIAN_HARDWARE),
                (_DEBIAN_TOOLS, "-tools"),
                (tools, "-tools"),
            ]
            more = [part for path, option in folders if path.is_dir() for part in (option, str(path))]
            more += [part for path in [*ours, *_sketchbook_libraries()] for part in ("-libraries", path)]
            command = [compiler.program, *more, "-fqbn", board.fqbn, f"-prefs={_DEBIAN_FLAGS}"]
            return [*command, "-build-path", str(output), "-compile", str(_main_file(sketch))], environment, output
        case Tool.PLATFORMIO:
            environment["PLATFORMIO_BUILD_DIR"] = str(output)
            if ours:
                before = environment.get("PLATFORMIO_LIB_EXTRA_DIRS", "")
                environment["PLATFORMIO_LIB_EXTRA_DIRS"] = ", ".join([*ours, *filter(None, [before])])
            chosen = _environment(compiler.program, sketch, board)
            more = [] if chosen is None else ["--environment", chosen]
            return [compiler.program, "run", "--project-dir", str(sketch), *more], environment, output


def _environment(program: str, sketch: Path, board: FlashBoard) -> str | None:
    """The one of a PlatformIO project's environments that is for ``board``; None where there is no choice.

    :raises SketchDoesNotCompile: there are several, for other boards.
    """
    command = [program, "project", "config", "--project-dir", str(sketch), "--json-output"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_ASKED_S, check=False)
    try:
        # Before it, at its very first run, comes a greeting.
        sections: list[tuple[str, list[tuple[str, object]]]] = json.loads(done.stdout[done.stdout.find("[[") :])
        boards = {
            name.removeprefix("env:"): dict(options).get("board")
            for name, options in sections
            if name.startswith("env:")
        }
    except ValueError:
        return None  # what is wrong with it is said when it is built
    if len(boards) < 2:
        return None
    for name, theirs in boards.items():
        if theirs in board.platformio:
            return name
    known = ", ".join(sorted({str(each) for each in boards.values()}))
    said = f"platformio.ini has environments for {known}, and none for the {board.title}"
    raise SketchDoesNotCompile(str(sketch), Tool.PLATFORMIO.value, said)


def _main_file(sketch: Path) -> Path:
    """The .ino that has its folder's name, which is the sketch to arduino-builder."""
    return sketch if sketch.is_file() else sketch / f"{sketch.resolve().name}.ino"


def _sketchbook_libraries() -> list[str]:
    folder = library.sketchbook(os.environ, sys.platform, Path.home()).path / "libraries"
    return [str(folder)] if folder.is_dir() else []


def _has_library() -> bool:
    return any((Path(folder) / library.NAME).is_dir() for folder in _sketchbook_libraries())
