"""Every error: an exit status, a line of cause, a line of remedy."""

from __future__ import annotations

import pytest

from ardugate.cli.exporting import adding
from ardugate.cli.problems import CommandError, Exit, problem_of, report
from ardugate.errors import (
    ArdugateError,
    ConfigError,
    GatewayUnreachable,
    ListenError,
    PortBusy,
    PortDenied,
    PortError,
    PortMissing,
    PortNotATty,
    Reason,
    RequestError,
    SeveralGateways,
)

STATUS_BY_REASON = {
    Reason.UNKNOWN_METHOD: 3,
    Reason.UNKNOWN_BOARD: 3,
    Reason.UNKNOWN_CHANNEL: 3,
    Reason.UNKNOWN_COMMAND: 3,
    Reason.UNKNOWN_SUBSCRIPTION: 3,
    Reason.AMBIGUOUS_BOARD: 3,
    Reason.OFFLINE: 3,
    Reason.NOT_ALLOWED: 4,
    Reason.TIMEOUT: 5,
    Reason.UNKNOWN_OUTCOME: 5,
}


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_of_a_refusal_has_its_status(reason: Reason) -> None:
    problem = problem_of(RequestError(reason, "it was not done"))
    assert problem.status == STATUS_BY_REASON.get(reason, 6)
    assert problem.cause == f"it was not done ({reason})"
    assert problem.remedy


def test_the_gateways_own_hint_comes_before_ours() -> None:
    assert problem_of(RequestError(Reason.OFFLINE, "gone", "plug it in")).remedy == "plug it in"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (PortMissing("/dev/x"), 3, "there is no such port"),
        (PortNotATty("/dev/x"), 3, "not a serial port"),
        (PortDenied("/dev/x"), 4, "dialout"),
        (PortBusy("/dev/x", "screen (12)"), 5, "screen (12)"),
        (PortError("foo://x", "unknown kind of URL", "use a path"), 3, "use a path"),
        (ListenError("127.0.0.1:8765", "address already in use"), 1, "--listen 127.0.0.1:0"),
        (ConfigError("a.toml", "lisen", "unknown key", "listen"), 7, "did you mean 'listen'"),
        (ConfigError("a.toml", "", "there is no such file"), 7, "no such file"),
        (ConfigError("flag", "allow_host", "bad"), 2, "--allow-host"),
        (GatewayUnreachable(""), 8, "ardugate serve"),
        (GatewayUnreachable("http://x/", "refused"), 8, "refused"),
        (SeveralGateways(("http://a/", "http://b/")), 2, "http://a/, http://b/"),
        (CommandError(Exit.OTHER, "cause", "remedy"), 1, "remedy"),
        (ArdugateError("something"), 1, "something"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else str(each),
)
def test_each_error_has_its_status_and_two_lines(
    error: ArdugateError, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = problem_of(error)
    report(problem)
    out, err = capsys.readouterr()
    assert problem.status == status
    assert out == ""
    cause, remedy = err.splitlines()
    assert cause.startswith("ardugate: ")
    assert remedy.startswith("  ")
    assert remedy.strip()
    assert said in err


@pytest.mark.parametrize(
    ("prefix", "remedy"),
    [
        ("/home/ada/.local/pipx/venvs/ardugate", "pipx inject ardugate mcap"),
        ("/home/ada/.local/share/uv/tools/ardugate", "uv pip install --python /there/python mcap"),
        ("/home/ada/venv", "/there/python -m pip install mcap"),
    ],
)
def test_a_missing_library_goes_where_ardugate_is(prefix: str, remedy: str) -> None:
    assert adding("mcap", prefix, "/there/python") == remedy
