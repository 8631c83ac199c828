"""A stranger installs from a checkout: with uv and with pipx, in a home and with caches that are empty."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.firmware import missing_tools

ROOT = Path(__file__).parents[2]
HARD_S = 1_200.0
UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])) or "uv"
INSTALLERS = {
    "uv": [UV, "tool", "install", "--verbose", "--python", sys.executable],
    "pipx": [UV, "tool", "run", "pipx", "install", "--verbose", "--python", sys.executable],
}


@pytest.mark.timeout(2 * HARD_S)
@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_checkout_is_installed_as_a_program_of_its_own(installer: str, tmp_path: Path) -> None:
    checkout, home = tmp_path / "checkout", tmp_path / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True, timeout=HARD_S)
    dropped = ("ARDUGATE_", "XDG_", "UV_", "PIPX_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment = kept | {"HOME": str(home)}
    done = subprocess.run(
        [*INSTALLERS[installer], str(checkout)],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    program = str(home / ".local" / "bin" / "ardugate")
    listed = subprocess.run(
        [program, "flash", "--list", "--json"], cwd=home, env=environment, capture_output=True, check=True, timeout=60
    )
    sizes = [board["bytes"] for board in json.loads(listed.stdout)["boards"]]
    assert all(sizes) or missing_tools(), done.stdout
    demo = [program, "demo", "--json", "--print-token", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(demo, cwd=home, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        request = urllib.request.Request(ready["url"], headers={"Authorization": f"Bearer {ready['token']}"})
        with urllib.request.urlopen(request, timeout=60) as page:
            assert "<ard-app>" in page.read().decode()
        process.terminate()
    assert process.returncode == 0
