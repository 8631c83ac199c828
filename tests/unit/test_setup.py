"""What a machine lacks is said in a line of cause and a line of remedy (tests/support/setup.sh)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[1] / "support" / "setup.sh"


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def run(*arguments: str, path: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | ({"PATH": str(path)} if path else {}) | more
    return subprocess.run(["/bin/sh", str(SETUP), *arguments], capture_output=True, text=True, env=env, check=False)


@pytest.mark.parametrize(
    ("python", "cause", "remedy"),
    [
        (None, "there is no", "install Python 3.11 or newer"),
        ('case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac', "Python 3.9.2 is too old", "make PYTHON="),
        ('case "$2" in venv) exit 1;; esac', "cannot make virtual environments", "apt install python3-venv"),
    ],
    ids=["no python", "an old python", "no venv module"],
)
def test_a_python_that_will_not_do_is_named_with_its_remedy(
    tmp_path: Path, python: str | None, cause: str, remedy: str
) -> None:
    name = tmp_path / "python"
    if python is not None:
        program(name, python)
    done = run("venv", str(name), str(tmp_path / "venv"))
    lines = done.stderr.splitlines()[-2:]
    assert (done.returncode, done.stdout) == (1, "")
    assert lines[0].startswith("cause:")
    assert cause in lines[0]
    assert lines[1].startswith("remedy:")
    assert remedy in lines[1]
    assert not (tmp_path / "venv").exists()


def test_missing_packages_are_never_installed_with_sudo_but_named_in_one_line(tmp_path: Path) -> None:
    for tool in ("grep", "printf"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    program(tmp_path / "dpkg-query", 'echo "unknown ok not-installed"')
    program(tmp_path / "id", "echo 1000")
    done = run("system", path=tmp_path)
    assert done.returncode == 0
    assert "sudo apt install gcc g++ gcc-avr" in done.stderr


def test_without_node_the_page_s_sources_are_left_out_but_not_in_ci(tmp_path: Path) -> None:
    left_out = run("web", path=tmp_path, CI="")
    assert left_out.returncode == 0
    assert "install Node.js 20 or newer" in left_out.stderr
    failed = run("web", path=tmp_path, CI="true")
    assert failed.returncode == 1
    assert "remedy: install Node.js 20 or newer" in failed.stderr
