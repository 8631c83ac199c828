"""What a real bash is offered behind `ardugate`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli.shell import HARD_S, Shell

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="needs bash")
# The words of the line as bash takes it apart: at spaces, and at each "=" of its COMP_WORDBREAKS.
PART = re.compile(r"=|[^=]+")
ASK = """
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_ardugate_completion ardugate && printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `ardugate --install-completion` installs, with a question behind it."""
    said = Shell(tmp_path_factory.mktemp("script")).run(_ARDUGATE_COMPLETE="source_bash")
    assert "complete -o default -F _ardugate_completion ardugate" in said.stdout
    return said.stdout + ASK


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("get te", {"temp"}),
        ("tail demo/te", {"demo/temp"}),
        ("set le", {"led=on", "led=off"}),
        ("set led=", {"on", "off"}),
        ("set led=on program=i", {"idle"}),
        ("mode D1", {"D10", "D11", "D12", "D13"}),
        ("call b", {"blink", "battery"}),
        ("call demo/bl", {"demo/blink"}),
        ("call blink ti", {"times=1", "times=20"}),
        ("stop-all --board d", {"demo"}),
        ("rep", {"replay"}),
    ],
)
def test_bash_completes_what_the_running_gateway_knows(demo: Shell, script: str, words: str, offered: set[str]) -> None:
    assert set(completed(demo, script, words)) == offered


def test_bash_without_a_gateway_is_offered_nothing(alone: Shell, script: str) -> None:
    assert completed(alone, script, "get te") == []


def completed(shell: Shell, script: str, words: str) -> list[str]:
    """What bash is offered behind ``ardugate`` and these words; nothing may be said beside it."""
    *before, last = words.split(" ")
    parts = ["ardugate", *(part for word in before for part in PART.findall(word)), *(PART.findall(last) or [""])]
    environ = shell.environ() | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    done = subprocess.run(
        [str(BASH), "--norc", "-c", script, "bash", *parts],
        cwd=shell.folder, env=environ, capture_output=True, text=True, timeout=HARD_S, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()
