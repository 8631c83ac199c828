"""Doctor beside real things: simulated boards with one fault each, a port of this machine, the command itself."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from ardugate.client.examining import open_and_watch, try_speeds
from ardugate.doctor import BoardFacts, Facts, Level, examine
from ardugate.runtime.machine import look
from tests.integration.cli.shell import Here, Shell

# Longer than the longest period of a fault, and than a busy machine takes to meet ten boards.
WATCH_S = 6.0
# The check that names the fault; of a board that is silent before it was met, that nothing answers.
FAULTS = {
    "corrupt=2e-3": "line",
    "lose=2e-3": "line",
    "repeat=2e-3": "line",
    "chatter=10": "line",
    "drift_ppm=15000": "drift",
    "boot_ms=1500": "reset",
    "reset_every_s=4": "resets",
    "silent_every_s=4&silent_for_s=60": "silence|firmware",
    "hang_every_s=1&hang_for_s=60": "sketch",
    "other=hello": "firmware",
}
LINE = "sim://?baud=115200&max_baud=500000"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BoardFacts]:
    """Every board at once, by its port."""
    ports = [f"sim://?name=b{number}&{fault}" for number, fault in enumerate(FAULTS)]
    boards = asyncio.run(open_and_watch(ports, WATCH_S, tmp_path_factory.mktemp("state")))
    assert len(boards) == len(FAULTS)
    return {board.port.partition("&")[2]: board for board in boards}


@pytest.mark.parametrize(("fault", "check"), FAULTS.items())
def test_a_simulated_board_s_fault_is_named(watched: dict[str, BoardFacts], fault: str, check: str) -> None:
    findings = examine(Facts(boards=(watched[fault],)))
    wrong = [finding for finding in findings if finding.level not in (Level.OK, Level.SKIPPED)]
    assert set(check.split("|")) & {finding.check for finding in wrong}, watched[fault]


async def test_the_line_is_tried_at_each_rate(tmp_path: Path) -> None:
    noisy, deaf = await asyncio.gather(
        try_speeds(f"{LINE}&noisy_above=300000", (115_200, 500_000), 2.0, tmp_path / "a"),
        try_speeds(f"{LINE}&deaf_above=300000", (115_200, 500_000), 2.0, tmp_path / "b"),
    )
    # So noisy a line may not even be reached, and the link then goes back to the rate before.
    assert [each.bad_frames > 1 or not each.reached for each in noisy] == [False, True]
    assert [each.reached for each in deaf] == [True, False]


def test_a_port_is_looked_at_without_being_opened(tmp_path: Path) -> None:
    master, slave = os.openpty()
    try:
        facts = look(os.ttyname(slave), state_dir=tmp_path)
        (port, *_) = facts.ports
        assert (port.path, port.exists, port.is_tty, port.openable) == (os.ttyname(slave), True, True, True)
        assert look(str(tmp_path), state_dir=tmp_path).ports[0].is_tty is False
        assert look(str(tmp_path / "none"), state_dir=tmp_path).ports[0].exists is False
    finally:
        os.close(master)
        os.close(slave)


def test_the_command_says_it_writes_it_and_ends_with_1_where_something_is_wrong(
    tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path)
    report = tmp_path / "report.json"
    monkeypatch.setenv("HOME", str(tmp_path))
    status, out, err = here.run(shell, "doctor", "sim://?other=hello", "--for", "500ms", "--report", str(report))
    assert status == 1, err
    assert "PROBLEM  firmware: sim://?other=hello: another sketch is on the board" in out
    written = report.read_text("utf-8")
    assert json.loads(written)["facts"]["boards"][0]["state"] == "other_sketch"
    assert str(tmp_path) not in written
    status, out, err = here.run(shell, "doctor", "/dev/nowhere")
    assert (status, err) == (1, ""), "it was not opened"
    assert "PROBLEM  port: /dev/nowhere is not there" in out
    shell.folder.joinpath("ardugate.toml").write_text("listn = 1")
    status, out, _ = here.run(shell, "doctor", "--json")
    told = json.loads(out)
    assert (status, told["ok"]) == (1, False)
    (config,) = [finding for finding in told["findings"] if finding["check"] == "config"]
    assert "did you mean 'listen'?" in config["text"]
