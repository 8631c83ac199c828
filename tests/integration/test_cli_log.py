"""``ardugate log``, as a user types it: while a gateway runs, and after it has ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.support.running import READY_S, running_gateway


def log(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARDUGATE_", "XDG_"))}
    command = [sys.executable, "-m", "ardugate", "log", *arguments]
    environment = {**kept, "HOME": str(home)}
    return subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=READY_S
    )


def test_the_journal_is_read_through_the_gateway_and_from_disk_when_there_is_none(tmp_path: Path) -> None:
    with running_gateway(tmp_path, "demo") as gateway:
        gateway.rpc("stop_all")
        while "stop" not in (running := log(tmp_path, "demo", "--since", "1h")).stdout:
            assert running.returncode == 0, running.stderr
        assert "demo was stopped by token" in running.stdout
        assert running.stderr == ""
    ended = log(tmp_path, "--json")
    entries = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [entry["kind"] for entry in entries][0 :: len(entries) - 1] == ["started", "ended"]
    assert ended.stderr == "no gateway is running: this is what the last one wrote down\n"
    stopped_s = next(entry["t_s"] for entry in entries if entry["kind"] == "stop")
    until = datetime.fromtimestamp(stopped_s, UTC).isoformat()  # which leaves out the parts of a microsecond
    before = [json.loads(line) for line in log(tmp_path, "--json", "--until", until).stdout.splitlines()]
    assert before[0] == entries[0]
    assert max(entry["t_s"] for entry in before) <= stopped_s
    newest = log(tmp_path, "-n", "1")
    assert newest.stdout.endswith("the gateway has ended\n")
    assert len(newest.stdout.splitlines()) == 1


def test_a_time_that_is_none_is_a_mistake_of_usage(tmp_path: Path) -> None:
    done = log(tmp_path, "--since", "yesterday")
    assert done.returncode == 2
    assert "03:00" in done.stderr


def test_an_empty_journal_says_so(tmp_path: Path) -> None:
    done = log(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing is in the journal" in done.stderr
