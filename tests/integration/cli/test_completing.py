"""What a shell is offered behind `ardugate`."""

from __future__ import annotations

import pytest

from tests.integration.cli.shell import Shell


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("get te", {"temp"}),
        ("tail demo/", set[str]()),
        ("set le", {"led="}),
        ("set program=", {"program=idle", "program=slow", "program=fast"}),
        ("mode D9 se", {"servo"}),
        ("mode D1", {"D10", "D11", "D12", "D13"}),
        ("call b", {"blink", "battery"}),
        ("call blink ti", {"times="}),
        ("identify ", {"demo"}),
        ("stop-all --board d", {"demo"}),
    ],
)
def test_a_shell_completes_what_the_running_gateway_knows(demo: Shell, words: str, offered: set[str]) -> None:
    assert set(completed(demo, words)) == offered


def test_a_shell_that_completes_without_a_gateway_says_nothing(alone: Shell) -> None:
    assert completed(alone, "get te") == []


def completed(shell: Shell, words: str) -> list[str]:
    """What bash is offered behind ``ardugate`` and these words; nothing may be said beside it."""
    line = f"ardugate {words}"
    count = line.count(" ")
    done = shell.run(_ARDUGATE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(count))
    assert done.stderr == ""
    return done.stdout.split()
