"""What all tests share: which of them this machine can run, and the sketch in the chip.

Tests marked ``chip`` or ``browser`` need tools that a plain machine lacks. With ``CI=true`` a missing tool fails them;
elsewhere they are left out, and the summary says so.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import asyncapi, chip, firmware
from tests.support.turns import Turns, mix

# What make's set-up installs is said here too: one list, in one place.
_SETUP = (Path(__file__).parent / "support" / "setup.sh").read_text(encoding="utf-8")
_APT_LINE = "apt-get install " + re.findall(r'^PACKAGES="(.*)"$', _SETUP, re.MULTILINE)[0]
_left_out = pytest.StashKey[int]()
_missing = pytest.StashKey[dict[str, list[str]]]()


def _missing_tools() -> dict[str, list[str]]:
    return {
        "chip": [*firmware.missing_tools(), *chip.missing_tools()],
        "examples": [] if firmware.arduino_examples() else ["Arduino's example sketches"],
        "node": asyncapi.missing_tools(),
        "browser": [] if shutil.which("chromium") else ["chromium"],
    }


def _lacks(config: pytest.Config, item: pytest.Item) -> list[str]:
    found = config.stash[_missing]
    return [tool for marker, tools in found.items() if item.get_closest_marker(marker) for tool in tools]


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what it puts into the background with Ctrl-C ignored, and children inherit that: the commands under
    # test would not hear theirs.
    # Examples may take as long as this machine makes them take; what reproduces a failure is printed.
    settings.register_profile("ardugate", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("ardugate")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_missing] = _missing_tools()
    config.stash[_left_out] = 0


def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: one more than there are cores, for half of the tests wait for a real board's time; few on a machine
    of many, where the longest file decides."""
    return min(os.cpu_count() or 1, 4) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Who runs what is decided there, whatever ``--dist`` says."""
    return Turns(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Long runs only when they are named: ``pytest tests/soak``."""
    named = any("soak" in argument for argument in config.invocation_params.args)
    return True if collection_path.name == "soak" and not named else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        mix(items)
    if os.environ.get("CI") == "true":
        return
    left_out = [item for item in items if _lacks(config, item)]
    if left_out:
        config.stash[_left_out] = len(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the process that sums up."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[_left_out]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended: each of them collects all tests, so one's count is everybody's."""
    node.config.stash[_left_out] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if lacking := _lacks(item.config, item):
        pytest.fail(f"no {', '.join(lacking)}: {_APT_LINE}", pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash[_left_out]:
        tools = dict.fromkeys(tool for each in config.stash[_missing].values() for tool in each)
        ran = sum(len(terminalreporter.stats.get(outcome, [])) for outcome in ("passed", "failed", "error"))
        terminalreporter.section("left out")
        terminalreporter.write_line(f"{ran} ran, {count} left out: no {', '.join(tools)}")
        terminalreporter.write_line(f"for all of them: {_APT_LINE}")


@pytest.fixture(scope="session")
def sketch_elf() -> Path:
    """The shipped sketch, compiled for an Uno."""
    return firmware.build("uno")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "the wire's conformance suite on a board of your own")
    group.addoption("--conformance-port", help="a serial port: run the suite against the board there")
    group.addoption("--conformance-baud", type=int, default=115_200, help="its baud rate (115200)")
    group.addoption(
        "--conformance-reset",
        choices=("dtr", "none"),
        default="dtr",
        help="how the suite resets the board: by DTR, or not at all (what needs a reset is then left out)",
    )
    group.addoption("--conformance-pin", default="D13", help="the output that the suite moves (D13)")
