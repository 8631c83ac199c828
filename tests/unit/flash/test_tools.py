"""Which tool compiles a sketch, and how it is asked. The tools are stand-ins that note how they were called: of the
real ones, the tests' machine has arduino-builder alone, which the firmware's own builds use."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ardugate.errors import NoSketchTools, SketchDoesNotCompile
from ardugate.flash import BY_NAME, parse_hex
from ardugate.flash.tools import Compiler, Tool, compile_sketch, find_compiler

UNO = BY_NAME["uno"]
HEX = ":0100000007F8\n:00000001FF\n"
# Notes how it was called; writes a program where the real one would, and the one with the bootloader too.
STAND_IN = f"""#!{sys.executable}
import json, os, pathlib, sys
given = sys.argv[1:]
if given[:2] == ["project", "config"]:  # as PlatformIO 6.2.0 answers
    assert [given[2], given[4]] == ["--project-dir", "--json-output"]
    project = pathlib.Path(given[3], "platformio.ini")
    lines = project.read_text().split() if project.exists() else []
    names = [line[5:-1] for line in lines if line.startswith("[env:")]
    print("If you like PlatformIO, please:")
    print(json.dumps([["env:" + name, [["board", name], ["framework", ["arduino"]]]] for name in names]))
    sys.exit()
folders = [given[at + 1] for at, each in enumerate(given) if each in ("--output-dir", "-build-path")]
folder = pathlib.Path((folders or [os.environ.get("PLATFORMIO_BUILD_DIR")])[0]) / "made"
folder.mkdir()
(folder / "sketch.ino.with_bootloader.hex").write_text("not this one")
(folder / "sketch.ino.hex").write_text({HEX!r})
extra = os.environ.get("PLATFORMIO_LIB_EXTRA_DIRS")
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps([given, extra]))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without Arduino's tools or settings."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("ARDUINO_DIRECTORIES_USER", raising=False)
    monkeypatch.delenv("PLATFORMIO_LIB_EXTRA_DIRS", raising=False)
    return folder


@pytest.fixture
def sketch(tmp_path: Path) -> Path:
    folder = tmp_path / "blink"
    folder.mkdir()
    (folder / "blink.ino").write_text("void setup() {} void loop() {}\n")
    return folder


def program(path: Path, text: str = STAND_IN) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def asked(compiler: str) -> tuple[list[str], str | None]:
    given, extra = json.loads(Path(compiler).with_suffix(".json").read_text())
    return given, extra


def test_arduino_cli_comes_before_arduino_builder_and_ide_2_brings_one(
    tmp_path: Path, home: Path, sketch: Path
) -> None:
    path = tmp_path / "bin"
    builder = program(path / "arduino-builder")
    environment = {"PATH": str(path)}
    assert find_compiler(sketch, environment, "linux", home) == Compiler(Tool.ARDUINO_BUILDER, builder)
    inside = "app/lib/backend/resources/arduino-cli"
    ide = program(home / "arduino-ide_2.3.4_Linux_64bit" / "resources" / inside)
    assert find_compiler(sketch, environment, "linux", home) == Compiler(Tool.ARDUINO_CLI, ide)
    mac = program(home / "Applications" / "Arduino IDE.app" / "Contents" / "Resources" / inside)
    assert find_compiler(sketch, environment, "darwin", home) == Compiler(Tool.ARDUINO_CLI, mac)
    windows = program(home / "AppData/Local/Programs/Arduino IDE/resources" / f"{inside}.exe")
    assert find_compiler(sketch, environment, "win32", home) == Compiler(Tool.ARDUINO_CLI, windows)
    cli = program(path / "arduino-cli")
    assert find_compiler(sketch, environment, "linux", home) == Compiler(Tool.ARDUINO_CLI, cli)


def test_a_platformio_project_is_platformio_s(tmp_path: Path, home: Path, sketch: Path) -> None:
    program(tmp_path / "bin" / "arduino-cli")
    environment = {"PATH": str(tmp_path / "bin")}
    (sketch / "platformio.ini").write_text("[env:uno]\n")
    with pytest.raises(NoSketchTools, match="PlatformIO"):
        find_compiler(sketch, environment, "linux", home)
    inside = program(home / ".platformio" / "penv" / "bin" / "pio")
    assert find_compiler(sketch, environment, "linux", home) == Compiler(Tool.PLATFORMIO, inside)


def test_without_any_tool_that_is_said(home: Path, sketch: Path) -> None:
    with pytest.raises(NoSketchTools) as caught:
        find_compiler(sketch, {"PATH": ""}, "linux", home)
    assert "ardugate lend" in caught.value.remedy


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("tool", Tool, ids=lambda tool: tool.value)
def test_each_tool_makes_a_program_with_our_library_given_along(tool: Tool, tmp_path: Path, sketch: Path) -> None:
    stand_in = program(tmp_path / "bin" / "tool")
    work = tmp_path / "work"
    work.mkdir()
    assert parse_hex(compile_sketch(Compiler(tool, stand_in), sketch, UNO, work)) == b"\x07"
    given, extra = asked(stand_in)
    libraries = str(work / "libraries")
    assert (work / "libraries" / "Ardugate" / "library.properties").is_file()
    match tool:
        case Tool.ARDUINO_CLI:
            assert given[:3] == ["compile", "--fqbn", "arduino:avr:uno"]
            assert given[-3:] == ["--libraries", libraries, str(sketch)]
        case Tool.ARDUINO_BUILDER:
            assert given[given.index("-fqbn") + 1] == "arduino:avr:uno"
            assert libraries in given
            assert given[-2:] == ["-compile", str(sketch / "blink.ino")]
        case Tool.PLATFORMIO:
            assert given == ["run", "--project-dir", str(sketch)]
            assert extra == libraries


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("name", "chosen"),
    [("uno", ["--environment", "uno"]), ("nano", ["--environment", "nanoatmega328"]), ("mega", None)],
)
def test_of_platformio_s_environments_that_for_the_board_is_built(
    name: str, chosen: list[str] | None, tmp_path: Path, sketch: Path
) -> None:
    (sketch / "platformio.ini").write_text("[env:leonardo]\n[env:nanoatmega328]\n[env:uno]\n")
    stand_in = Compiler(Tool.PLATFORMIO, program(tmp_path / "bin" / "tool"))
    work = tmp_path / "work"
    work.mkdir()
    if chosen is None:
        with pytest.raises(SketchDoesNotCompile) as caught:
            compile_sketch(stand_in, sketch, BY_NAME[name], work)
        assert "for leonardo, nanoatmega328, uno, and none for the Arduino Mega 2560" in caught.value.said
    else:
        compile_sketch(stand_in, sketch, BY_NAME[name], work)
        assert asked(stand_in.program)[0] == ["run", "--project-dir", str(sketch), *chosen]


def test_a_library_of_the_user_s_sketchbook_is_left_as_it_is(tmp_path: Path, home: Path, sketch: Path) -> None:
    (home / "Arduino" / "libraries" / "Ardugate").mkdir(parents=True)
    stand_in = program(tmp_path / "bin" / "tool")
    work = tmp_path / "work"
    work.mkdir()
    compile_sketch(Compiler(Tool.ARDUINO_CLI, stand_in), sketch, UNO, work)
    assert "--libraries" not in asked(stand_in)[0]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("text", ["echo broken.ino:1: what >&2; exit 1", "echo made nothing"], ids=["fails", "no hex"])
def test_what_a_compiler_says_is_kept(text: str, tmp_path: Path, sketch: Path) -> None:
    stand_in = program(tmp_path / "bin" / "tool", f"#!/bin/sh\n{text}\n")
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(SketchDoesNotCompile) as caught:
        compile_sketch(Compiler(Tool.ARDUINO_CLI, stand_in), sketch, UNO, work)
    assert caught.value.said.splitlines() == [text.split(";")[0].removeprefix("echo ").removesuffix(" >&2")]
