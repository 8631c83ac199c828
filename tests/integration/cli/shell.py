"""How the tests run commands: in real processes, or in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ardugate.cli import run

# Far above what a command takes, on a machine that is busy with other tests.
HARD_S = 60.0


@dataclass(frozen=True)
class Shell:
    """Runs commands with a state folder of their own."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state" / "ardugate"

    def environ(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ARDUGATE_")}
        own = {"XDG_STATE_HOME": str(self.folder / "state"), "XDG_CONFIG_HOME": str(self.folder / "config")}
        return kept | own | {"BROWSER": "true", "PYTHONWARNINGS": "error"} | more

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ardugate", *arguments],
            cwd=self.folder,
            env=self.environ(**more),
            capture_output=True,
            text=True,
            timeout=HARD_S,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str) -> Generator[subprocess.Popen[str]]:
        """A command that goes on; killed at the end if it has not ended."""
        with subprocess.Popen(
            [sys.executable, "-m", "ardugate", *arguments],
            cwd=self.folder,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def ready(self, *arguments: str) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
        """A command that prints a ready line."""
        with self.running(*arguments, "--json") as process:
            yield process, json.loads(line_of(process))


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    return line


def two_lines(stderr: str) -> str:
    """A line of cause, a line of remedy, no more; talk that comes before is let go."""
    lines = [line for line in stderr.splitlines() if not line.startswith("no gateway is running: opening ")]
    assert len(lines) == 2, stderr
    cause, remedy = lines
    assert cause.startswith("ardugate: ")
    assert remedy.startswith("  ")
    assert "Traceback" not in stderr
    return stderr


class Here:
    """Runs commands in this process: the same, without the time that starting one takes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, shell: Shell, *arguments: str) -> tuple[int, str, str]:
        """Status, stdout, stderr."""
        for name in [name for name in os.environ if name.startswith("ARDUGATE_")]:
            self._monkeypatch.delenv(name)
        for name, value in shell.environ().items():
            self._monkeypatch.setenv(name, value)
        self._monkeypatch.chdir(shell.folder)
        status = run(arguments)
        out, err = self._capsys.readouterr()
        return status, out, err

    def out(self, shell: Shell, *arguments: str) -> str:
        """The stdout of a command that works."""
        status, out, err = self.run(shell, *arguments)
        assert status == 0, err
        return out

    def object(self, shell: Shell, *arguments: str) -> Any:
        """The one JSON object that a command prints."""
        (line,) = self.out(shell, *arguments, "--json").splitlines()
        return json.loads(line)
