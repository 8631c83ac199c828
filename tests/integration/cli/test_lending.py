"""`lend` and `reclaim`: a port for another program, through a gateway that has it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from ardugate.cli.lending import carry_out
from ardugate.runtime.ports.listing import PortInfo, PortKind
from tests.integration.cli.shell import HARD_S, Here, Shell, line_of, two_lines

# What `-- COMMAND` finds: whether it can have the port for itself, and what the gateway says of it.
LOOK = """
import fcntl, os, subprocess, sys
port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
said = subprocess.run([sys.executable, "-m", "ardugate", "boards"], capture_output=True, text=True)
print("alone", "lent to" in said.stdout, sys.argv[2])
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Shell, str]]:
    """A shell beside a gateway that has a board on a port, and that port."""
    shell = Shell(tmp_path_factory.mktemp("lending"))
    place = str(shell.folder / "board")
    with (
        shell.ready("sim", "sim://?name=greenhouse&sketch=plain", "--pty", place),
        shell.ready("serve", "--port", place, "--listen", "127.0.0.1:0"),
    ):
        yield shell, place


def state(shell: Shell, here: Here) -> str:
    return str(here.object(shell, "boards")["boards"][0]["state"])


def test_boards_and_ports_tell_the_rate_of_each_line(
    bench: tuple[Shell, str], here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, place = bench
    # Of the ports of this machine, only what is asked of the gateway is under test.
    ports = [PortInfo("/dev/ttyNONE", PortKind.BOARD), PortInfo(place, PortKind.BOARD)]
    monkeypatch.setattr("ardugate.runtime.list_ports", lambda: ports)
    head, row = here.out(shell, "boards").splitlines()
    (board,) = here.object(shell, "boards")["boards"]
    assert board["link"]["baud"] == 115_200
    assert row[head.index("BAUD") :].split()[0] == "115,200"
    assert [port["baud"] for port in here.object(shell, "ports")["ports"]] == [None, 115_200]
    head, *rows = here.out(shell, "ports").splitlines()
    assert [row[head.index("BAUD") :].split()[:1] for row in rows] == [["only"], ["115,200"]]


def test_a_command_has_the_port_for_itself_and_its_exit_status_is_passed_on(
    bench: tuple[Shell, str], here: Here
) -> None:
    shell, port = bench
    ended = shell.run("lend", port, "--to", "make", "--", sys.executable, "-c", LOOK, port, "3")
    assert (ended.returncode, ended.stdout) == (3, "alone True 3\n"), ended.stderr
    assert ended.stderr.splitlines() == [f"{port} is lent to make", f"{port} is the gateway's again"]
    assert state(shell, here) in ("connecting", "live")


def test_a_port_is_taken_back_from_a_command_that_a_signal_ends(bench: tuple[Shell, str], here: Here) -> None:
    shell, port = bench
    sleep = "import time; print('here', flush=True); time.sleep(600)"
    with shell.running("lend", port, "--", sys.executable, "-c", sleep) as process:
        assert line_of(process) == "here\n"
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=HARD_S)
        assert process.returncode == 128 + signal.SIGTERM
        assert said.splitlines()[-1] == f"{port} is the gateway's again"
    assert state(shell, here) != "lent"


def test_a_port_is_lent_by_hand_until_it_is_taken_back(bench: tuple[Shell, str], here: Here) -> None:
    shell, port = bench
    assert here.object(shell, "lend", port, "--to", "the IDE") == {"port": port, "board": "greenhouse", "to": "the IDE"}
    assert here.object(shell, "boards")["boards"][0]["reason"] == "lent to the IDE"
    code, _, said = here.run(shell, "lend", "greenhouse")
    assert (code, "is lent to the IDE" in two_lines(said)) == (6, True)
    assert here.out(shell, "reclaim", "greenhouse") == f"greenhouse  {port} is the gateway's again\n"
    assert here.run(shell, "reclaim", "/dev/ttyNONE")[0] == 3


def test_without_a_gateway_the_command_runs_all_the_same(alone: Shell) -> None:
    ended = alone.run("lend", "/dev/ttyNONE", "--", sys.executable, "-c", "print(json := 1)")
    assert (ended.returncode, ended.stdout) == (0, "1\n")
    assert ended.stderr == "no gateway is running: nobody has the port\n"


def test_a_program_that_is_not_there_is_said_before_the_port_is_lent(alone: Shell, here: Here) -> None:
    code, _, said = here.run(alone, "lend", "/dev/ttyNONE", "--", "no-such-program")
    assert (code, "no-such-program" in two_lines(said)) == (2, True)


def test_what_the_gateway_says_is_heard_while_the_command_runs(tmp_path: Path) -> None:
    heard: list[int] = []
    script = "import sys, time; time.sleep(0.3); sys.exit(5)"
    assert carry_out([sys.executable, "-c", script], lambda: heard.append(1)) == 5
    assert heard
