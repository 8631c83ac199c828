"""A shell beside a gateway, one without, and this process."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.integration.cli.shell import Here, Shell


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shell]:
    """A shell beside a gateway with a simulated board."""
    shell = Shell(tmp_path_factory.mktemp("demo"))
    with shell.ready("demo", "--listen", "127.0.0.1:0"):
        yield shell


@pytest.fixture
def alone(tmp_path: Path) -> Shell:
    """A shell on a machine without a gateway."""
    return Shell(tmp_path)
