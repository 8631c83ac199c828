"""Each example of the docs, run as it stands beside a gateway with a simulated greenhouse."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import IO

import pytest

from tests.support.running import RunningGateway, running_gateway

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("how-to/script.md", "reference/python.md")
HARD_S = 60.0
EXAMPLES = [
    pytest.param(code, id=f"{page} {number}")
    for page in PAGES
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL))
]
ENDLESS = EXAMPLES[0]


@pytest.fixture(scope="module")
def greenhouse(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningGateway]:
    port = "sim://?name=greenhouse&sketch=greenhouse"
    with running_gateway(tmp_path_factory.mktemp("greenhouse"), "serve", "--port", port) as found:
        yield found


def environ(greenhouse: RunningGateway) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARDUGATE_", "XDG_"))}
    return kept | {"HOME": str(greenhouse.home), "PYTHONWARNINGS": "error", "PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize("code", EXAMPLES[1:])
def test_an_example_runs_as_it_stands(greenhouse: RunningGateway, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    for name, value in environ(greenhouse).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    exec(compile(code, "example", "exec"), {"__name__": "__main__"})


def test_the_first_example_goes_on_until_ctrl_c_and_leaves_the_pump_off(greenhouse: RunningGateway) -> None:
    code = str(ENDLESS.values[0])
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environ(greenhouse), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as script:
        lines = [line_of(script.stdout) for _ in range(2)]
        script.send_signal(signal.SIGINT)
        _, said = script.communicate(timeout=HARD_S)
    for line in lines:
        assert re.fullmatch(r"\d\d:\d\d:\d\d  \d+ %  \d+\.\d °C\n", line), line
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert script.returncode == -signal.SIGINT


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()
