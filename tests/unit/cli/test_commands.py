"""The commands as a whole: help, cost, printing, docs."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from ardugate.cli import run
from ardugate.cli.output import colours, dim, put_table
from ardugate.cli.table import COMMANDS, GROUPS
from ardugate.cli.tailing import rows
from ardugate.client import Notification
from tests.support.make_cli_docs import PAGE, make

NAMES = [name for name, *_ in COMMANDS]
PLACES = [each[1] for each in COMMANDS] + [each[1] for each in GROUPS]


def test_there_is_every_command_of_the_public_face() -> None:
    promised = "serve demo boards open log ports flash lend reclaim info tail get set call mode name identify rate"
    promised += " stop-all sim bench record save export replay doctor"
    assert sorted(NAMES) == sorted(promised.split())


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        *(f"config {name}" for name in ("show", "check", "init", "schema")),
        "library install",
        "library zip",
        "link",
        "link list",
        "link revoke",
    ],
)
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split(), "--help"]) == 0
    out, err = capsys.readouterr()
    assert "Usage: ardugate" in out
    assert err == ""
    assert "Examples:" in out


def test_help_has_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert [title for title in ("Everyday", "Set up", "Developers") if title in out] == [
        "Everyday",
        "Set up",
        "Developers",
    ]


def test_help_is_cheap_it_loads_no_gateway() -> None:
    code = (
        "import sys; from ardugate.cli import run; run(['--help']);"
        "heavy = {'fastapi', 'uvicorn', 'pydantic', 'websockets', 'serial', 'ardugate.runtime', 'ardugate.config'};"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_reference_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == make(), "run `python -m tests.support.make_cli_docs`"


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["bord"], "no such command 'bord'"),
        (["serve", "--lisen", "x"], "no such option: --lisen"),
        (["get"], "missing argument"),
        (["tail", "--for", "5x"], "expected a time such as 500ms"),
        (["tail", "--json", "--csv"], "choose one of"),
        (["tail", "-n", "0"], "invalid value for '-n': expected at least 1\n"),
        (["tail", "-n", "x"], "invalid value for '-n': expected a whole number\n"),
        (["tail", "--max-hz", "x"], "invalid value for '--max-hz': expected a number\n"),
        (["link", "--role", "adm"], "'--role': 'adm' is not one of 'view', 'control'\n"),
        (["set", "led"], "expected CHANNEL=VALUE"),
        (["call", "water", "seconds"], "expected ARG=VALUE"),
        (["rate", "100"], "expected CHANNEL… HZ"),
        (["rate", "A0", "often"], "HZ: expected a number"),
        (["rate", "A0", "nan"], "HZ: expected a number"),
        (["mode", "D9"], "missing argument 'MODE'"),
        (["sim", "sim://?sed=1"], "did you mean 'seed'?"),
        (["serve", "--listen", "nowhere"], "--listen: expected HOST:PORT"),
        (["demo", "--boards", "99"], "invalid value for '--boards': expected at most 32\n"),
    ],
    ids=str,
)
def test_wrong_usage_is_two_lines_and_status_2(
    arguments: list[str], cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2
    assert cause in err


@pytest.mark.parametrize("arguments", [[], ["config"]], ids=str)
def test_a_group_by_itself_shows_its_help_and_complains_of_nothing(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert "Usage: ardugate" in out
    assert err == ""


def test_a_port_without_permission_is_status_4_after_udev_had_its_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    from ardugate.errors import PortDenied
    from ardugate.runtime.ports import opening, serial_port

    async def denied(path: str, *_: object) -> None:
        raise PortDenied(path, "permission denied")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(serial_port, "open_serial", denied)
    monkeypatch.setattr(opening, "DENIED_PATIENCE_S", 0.05)
    assert run(["serve", "--port", "/dev/ttyACM0", "--listen", "127.0.0.1:0"]) == 4
    cause, remedy = capsys.readouterr().err.splitlines()
    assert "/dev/ttyACM0: no permission to open the port (permission denied)" in cause
    assert "dialout" in remedy


def test_scans_are_taken_apart_with_their_times() -> None:
    regular = {"t0_s": 10.0, "dt_s": 0.01, "columns": {"b/A0": [1, 2], "b/A1": [3, None]}, "lost": 0}
    assert list(rows(Notification("samples", regular))) == [
        (10.0, {"b/A0": 1, "b/A1": 3}),
        (10.01, {"b/A0": 2, "b/A1": None}),
    ]
    irregular = {"t_s": [1.5], "columns": {"b/D2": [True]}, "lost": 0}
    assert list(rows(Notification("samples", irregular))) == [(1.5, {"b/D2": True})]
    assert list(rows(Notification("streams", {}))) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
    ],
    ids=["terminal", "NO_COLOR", "dumb", "pipe"],
)
def test_colours_are_for_terminals_that_want_them(
    terminal: bool, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if terminal else io.StringIO()
    assert colours(stream) is coloured
    assert (dim("x", stream) != "x") is coloured


def test_a_table_lines_up_and_is_nothing_without_rows(capsys: pytest.CaptureFixture[str]) -> None:
    put_table(["A", "B"], [["long", "x"], ["s", "y"]])
    put_table(["A"], [])
    assert capsys.readouterr().out == "A     B\nlong  x\ns     y\n"


# What the help of one command must not load: what draws, reads values, awaits, asks a gateway or is one.
NOT_FOR_HELP = [
    "rich",
    "pydantic",
    "pydantic_settings",
    "fastapi",
    "starlette",
    "uvicorn",
    "websockets",
    "serial",
    "numpy",
    "asyncio",
    "ssl",
    "socket",
    "http.client",
    "urllib.request",
    "email",
    "markdown_it",
    "pygments",
    "ardugate.runtime",
    "ardugate.client",
    "ardugate.config",
    "ardugate.session",
    "ardugate.hub",
    "ardugate.link",
    "ardugate.wire",
    "ardugate.sim",
    "ardugate.record",
    "ardugate.flash",
    "ardugate.doctor",
    "ardugate.model",
]


def test_a_pipe_gets_plain_help_and_nothing_is_loaded_for_it_but_that_command() -> None:
    modules = {f"ardugate.cli.{place.partition('.')[0]}" for place in PLACES} - {"ardugate.cli.asking"}
    code = (
        "import sys; from ardugate.cli import run; run(['ports', '--help']);"
        f"sys.exit(' '.join(sorted({modules | set(NOT_FOR_HELP)!r} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ardugate ports [OPTIONS]\n")
    assert done.stdout.isascii()


def test_a_command_that_does_not_exist_is_answered_by_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--verbose", "port"]) == 2
    assert "ports" in capsys.readouterr().err
