"""What is built for others to install: the wheel and the sdist."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from ardugate import library

ROOT = Path(__file__).resolve().parents[2]


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


def test_the_wheel_has_the_page_and_the_board_library_and_nothing_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"ardugate/dashboard/index.html", "ardugate/arduino/sketch.ino", "ardugate/py.typed"} <= set(names)
    assert {name.split("/")[0] for name in names} == {
        "ardugate",
        next(n for n in names if ".dist-info/" in n).split("/")[0],
    }


def test_the_sdist_has_what_the_wheel_is_built_of(tmp_path: Path) -> None:
    with tarfile.open(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"hatch_build.py", "LICENSE", "src/ardugate/dashboard/index.html", "arduino/library/library.properties"}
    assert wanted | {"arduino/src/ardugate/gate.h", "arduino/sketch.ino"} <= names
