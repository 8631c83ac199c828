"""What an installation is run with (contrib/) says what is so."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ardugate.runtime.ports.listing import CONVERTERS, MAKERS

CONTRIB = Path(__file__).parents[2] / "contrib"
# systemd's own figure for how far a service reaches: 0 is nothing, 10 everything; below 3 it says OK.
MOST_EXPOSED = 3.0


def test_the_udev_rules_are_about_every_maker_and_converter_that_ports_knows() -> None:
    rules = (CONTRIB / "60-ardugate.rules").read_text()
    assert {int(each, 16) for each in re.findall(r'ATTRS\{idVendor\}=="(\w+)"', rules)} == {*MAKERS, *CONVERTERS}
    beside_brltty = (CONTRIB / "90-ardugate-brltty.rules").read_text()
    vendors = re.search(r'ATTR\{idVendor\}=="([\w|]+)"', beside_brltty)
    assert vendors is not None
    assert {int(each, 16) for each in vendors[1].split("|")} == set(CONVERTERS)
    for text in (rules, beside_brltty):
        assert set(re.findall(r'GOTO="(\w+)"', text)) == set(re.findall(r'LABEL="(\w+)"', text))


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there on any machine."""
    path = tmp_path / "ardugate.service"
    path.write_text((CONTRIB / "ardugate.service").read_text().replace("/opt/ardugate/bin/ardugate", "/bin/true"))
    return path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit_and_finds_it_shut_in(unit: Path) -> None:
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    exposure = re.search(r"exposure level for \S+ (\d+\.\d+)", judged.stdout)
    assert exposure is not None
    assert float(exposure[1]) < MOST_EXPOSED


@pytest.mark.parametrize("name", ["ardugate.service", "60-ardugate.rules", "90-ardugate-brltty.rules", "Dockerfile"])
def test_the_readme_names_each_file(name: str) -> None:
    assert (CONTRIB / name).is_file()
    assert f"`{name}`" in (CONTRIB / "README.md").read_text()
