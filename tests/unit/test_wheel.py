"""What is built for others to install: the wheel, installed and used, and the sdist."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from ardugate import library
from tests.support.firmware import missing_tools
from tests.unit.test_page_build import load_hook

ROOT = Path(__file__).resolve().parents[2]
HARD_S = 120.0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


def test_an_installed_wheel_makes_the_same_library_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "from ardugate import library; import sys; library.write_zip(__import__('pathlib').Path(sys.argv[1]))"
    made = tmp_path / "installed.zip"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    subprocess.run([sys.executable, "-c", code, str(made)], env=environment, cwd=tmp_path, check=True, timeout=60)
    library.write_zip(tmp_path / "checkout.zip")
    assert made.read_bytes() == (tmp_path / "checkout.zip").read_bytes()


def test_the_wheel_has_the_page_the_board_library_the_measurements_and_nothing_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"ardugate/dashboard/index.html", "ardugate/arduino/sketch.ino", "ardugate/py.typed"} <= set(names)
    assert {"ardugate/bench/benchmarks/published.json", "ardugate/bench/benchmarks/wire.py"} <= set(names)
    assert {name.split("/")[0] for name in names} == {
        "ardugate",
        next(n for n in names if ".dist-info/" in n).split("/")[0],
    }


def test_the_sdist_has_what_the_wheel_is_built_of(tmp_path: Path) -> None:
    with tarfile.open(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"hatch_build.py", "LICENSE", "src/ardugate/dashboard/index.html", "arduino/library/library.properties"}
    assert wanted | {"arduino/src/ardugate/gate.h", "arduino/sketch.ino"} <= names


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of a fresh environment into which the wheel and what it needs were installed, as a stranger does it;
    the versions are those of the day that the project names."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert uv is not None, "there is no uv: run the tests by `make test`"
    day = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["exclude-newer"]
    venv = tmp_path_factory.mktemp("fresh") / "venv"
    python = str(venv / "bin" / "python")
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(venv)],
        [uv, "pip", "install", "--quiet", "--exclude-newer", day, "--python", python, str(wheel)],
    ):
        subprocess.run(command, cwd=venv.parent, check=True, timeout=HARD_S)
    return venv / "bin" / "ardugate"


def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARDUGATE_", "PYTHON"))}
    return kept | {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def test_an_installed_ardugate_has_the_demo_its_page_and_the_boards_programs(installed: Path, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        command = [str(installed), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=True, timeout=HARD_S
        ).stdout

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert said("--version") == f"ardugate {version}\n"
    boards = {board["name"]: board["bytes"] for board in json.loads(said("flash", "--list", "--json"))["boards"]}
    assert set(boards) == {"uno", "nano", "mega", "leonardo", "micro"}
    if not missing_tools():
        assert all(15_000 < size < 28_672 for size in boards.values()), boards
    else:
        assert set(boards.values()) == {None}
    with subprocess.Popen(
        [str(installed), "demo", "--json", "--print-token", "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        try:
            assert demo.stdout is not None
            ready = json.loads(demo.stdout.readline())
            assert ready["boards"][0]["state"] == "live"
            request = urllib.request.Request(ready["url"], headers={"Authorization": f"Bearer {ready['token']}"})
            with urllib.request.urlopen(request, timeout=HARD_S) as page:
                assert "<ard-app>" in page.read().decode()
        finally:
            demo.terminate()


def test_the_builder_of_the_programs_is_found_where_the_working_directory_does_not_count(tmp_path: Path) -> None:
    """As under pipx."""
    environment = load_hook().build_environment(ROOT) | {"PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-c", "import tests.support.make_firmware"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=HARD_S)


def test_a_wheel_built_without_the_arduino_tools_has_no_programs_and_no_stale_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = load_hook()
    (tmp_path / "arduino" / "src").mkdir(parents=True)
    (tmp_path / "arduino" / "sketch.ino").write_text("new\n")
    firmware = tmp_path / hook.FIRMWARE
    firmware.mkdir(parents=True)
    (firmware / "uno.hex").write_text("old\n")
    (firmware / "sources.sha256").write_text("of the old sketch\n")
    monkeypatch.setenv("PATH", "")
    assert not hook.build_firmware(tmp_path)
    assert "there is no arduino-builder, avr-gcc, avr-objcopy" in capsys.readouterr().err
    (firmware / "sources.sha256").write_text(hook.firmware_digest(tmp_path / "arduino") + "\n")
    assert hook.build_firmware(tmp_path)
