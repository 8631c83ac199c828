"""The commands as users run them: real processes, a real gateway, a simulated board."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ardugate.cli import run
from ardugate.cli.tailing import rows
from ardugate.client import connect, find_gateway

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


# ---- through the gateway


def test_get_tells_value_unit_and_age(demo: Shell, here: Here) -> None:
    (temp, led) = here.object(demo, "get", "temp", "demo/led")["channels"]
    assert temp["channel"] == "demo/temp"
    assert 10 < temp["value"] < 35
    assert temp["unit"] == "°C"
    assert led["value"] is False
    done = demo.run("get", "led")
    assert (done.returncode, done.stdout, done.stderr) == (0, "demo/led  off\n", "")


def test_boards_info_and_ports_tell_what_there_is(demo: Shell, here: Here) -> None:
    (board,) = here.object(demo, "boards")["boards"]
    assert (board["id"], board["state"]) == ("demo", "live")
    told = here.object(demo, "info")
    assert {channel["name"] for channel in told["descriptor"]["channels"]} >= {"A0", "D13", "sine", "temp", "led"}
    assert isinstance(here.object(demo, "ports")["ports"], list)
    table = here.out(demo, "info")
    assert "client 2000 ms" in table
    assert re.search(r"round trip \d+\.\d ms, (nothing lost or damaged|[1-9])", table)


def test_set_waits_for_the_board_and_says_what_it_really_does(demo: Shell, here: Here) -> None:
    led, fan = here.object(demo, "set", "led=on", "fan=0.5")["receipts"]
    assert (led["value"], led["hold"]) == (True, "link")
    assert fan["value"] == 0.5
    assert fan["until_s"] == pytest.approx(fan["executed_t_s"] + 2.0, abs=0.05)
    assert here.object(demo, "get", "led")["channels"][0]["value"] is True
    assert demo.run("set", "led=off").stdout.startswith("demo/led  off  (confirmed in ")


def test_call_runs_a_command_of_the_sketch_and_waits_for_its_end(demo: Shell, here: Here) -> None:
    assert "blink    times int 1 to 20" in here.out(demo, "info")
    result = here.object(demo, "call", "blink", "times=2")
    assert (result["board"], result["command"]) == ("demo", "blink")
    assert 0.5 < result["executed_t_s"] - result["accepted_t_s"] < 2.0
    assert here.run(demo, "call", "demo/say", "text=on time")[1].startswith("demo/say  done in ")
    assert here.object(demo, "get", "status")["channels"][0]["value"] == "on time"


def test_call_prints_what_the_command_gives_back_in_its_unit(demo: Shell, here: Here) -> None:
    assert re.search(r"battery +float V\n", here.out(demo, "info"))
    assert re.fullmatch(r"demo/battery  1\.\d+ V  \(done in 0\.\d s\)\n", here.out(demo, "call", "battery"))
    result = here.object(demo, "call", "battery")
    assert (1.1 < result["result"] < 1.4, result["unit"]) == (True, "V")


def test_a_board_is_named_and_shows_itself(demo: Shell, here: Here) -> None:
    assert here.out(demo, "name", "demo", "Bench 7") == "demo  is called Bench 7\n"
    assert re.search(r"^demo +live +\S+ +Bench 7 *$", here.out(demo, "boards"), re.MULTILINE)
    assert here.object(demo, "name", "demo", "demo")["name"] == "demo"
    code, _, said = here.run(demo, "name", "demo", "ä" * 17)
    assert (code, "34 bytes" in said) == (6, True)
    assert here.out(demo, "identify", "demo", "--for", "500ms") == "demo  blinks for 0.5 s\n"
    assert here.run(demo, "identify", "attic")[0] == 3


def test_pins_are_put_to_other_uses_and_say_what_holds_a_timer(demo: Shell, here: Here) -> None:
    assert here.out(demo, "mode", "D10", "servo") == "demo/D10  servo\n"
    assert here.out(demo, "set", "D10=90").startswith("demo/D10  90°  (confirmed in ")
    code, _, said = here.run(demo, "mode", "D11", "pwm")
    assert (code, "in use: servo" in said, "`ardugate mode D10 off`" in said) == (6, True, True)
    code, out, said = here.run(demo, "mode", "D2", "count", "edge=both")
    assert (code, out, "ardugate rate D2 10" in said) == (0, "demo/D2  count\n", True)
    assert here.out(demo, "rate", "D2", "10") == "demo/D2  10 Hz\n"
    rows = [json.loads(line) for line in here.out(demo, "tail", "D2", "--json", "-n", "3").splitlines()]
    assert {type(row["values"]["demo/D2"]) for row in rows} == {int}
    for pin in ("D2", "D10"):
        here.run(demo, "mode", pin, "off")


@pytest.mark.parametrize(
    ("arguments", "status", "cause"),
    [
        (["blnk"], 3, "no command blnk"),
        (["blink", "times=many"], 6, "times: expected a whole number"),
        (["blink", "times=21"], 6, "times takes 1 to 20"),
        (["blink", "time=1"], 6, "no argument 'time'"),
        (["attic/blink", "times=1"], 3, "no board 'attic'"),
    ],
    ids=["unknown", "wrong type", "out of range", "another argument", "another board"],
)
def test_a_call_that_cannot_be_says_why(demo: Shell, here: Here, arguments: list[str], status: int, cause: str) -> None:
    code, _, said = here.run(demo, "call", *arguments)
    assert code == status
    assert cause in said


def test_set_for_a_time_holds_longer_than_the_board_would_and_then_lets_go(demo: Shell) -> None:
    with connect(find_gateway(state_dir=demo.state)) as gateway:
        gateway.call("set", {"channel": "fan", "value": 0})  # a test before this one may hold it still
        gateway.call("subscribe", {"channels": ["fan"]})
        changes = list[tuple[float, Any]]()
        with demo.running("set", "fan=1", "--for", "3s") as process:
            while len(changes) < 2:
                notification = gateway.next_notification(HARD_S)
                assert notification is not None
                for t_s, values in rows(notification):
                    if values["demo/fan"] != (changes[-1][1] if changes else 0.0):
                        changes.append((t_s, values["demo/fan"]))
            assert process.wait(HARD_S) == 0
    (began_s, full), (ended_s, off) = changes
    assert (full, off) == (1.0, 0.0)
    assert ended_s - began_s > 2.5  # beyond the board's own 2 s


def test_hold_ends_with_ctrl_c_and_the_output_is_safe_at_once(demo: Shell, here: Here) -> None:
    with demo.running("set", "led=on", "--hold") as process:
        line_of(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(HARD_S) == 130
    assert here.object(demo, "get", "led")["channels"][0]["value"] is False


def test_a_killed_hold_leaves_nothing_on(demo: Shell) -> None:
    with (
        connect(find_gateway(state_dir=demo.state)) as gateway,
        demo.running("set", "led=on", "D11=on", "--hold") as process,
    ):
        line_of(process)
        gateway.call("subscribe", {"channels": ["led", "D11", "A0"]})
        on = {"demo/led": True, "demo/D11": True}
        offs = dict[str, float]()
        began_s = killed_s = time.time()
        while on.keys() - offs.keys():
            notification = gateway.next_notification(HARD_S)
            assert notification is not None
            for t_s, values in rows(notification):
                offs |= {address: t_s for address in on.keys() & values.keys() if not values[address]}
            if killed_s == began_s and time.time() > began_s + 2.5:
                assert not offs, "renewed beyond its time"
                process.kill()
                killed_s = time.time()
    assert all(0 < off_s - killed_s < 2.1 for off_s in offs.values())


def test_an_unclaimed_pin_becomes_an_output_and_modes_and_rates_change(demo: Shell, here: Here) -> None:
    assert here.object(demo, "set", "D12=on")["receipts"][0]["value"] is True
    assert here.object(demo, "mode", "D10", "pwm")["value"] == "pwm"
    assert here.object(demo, "rate", "A0", "50")["rates"] == {"demo/A0": 50.0}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("get te", {"temp"}),
        ("tail demo/", set()),
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


def test_stop_all_latches_and_clear_lets_go(demo: Shell, here: Here) -> None:
    try:
        assert "executed_t_s" in here.object(demo, "stop-all")["boards"]["demo"]
        status, _, err = here.run(demo, "set", "led=on")
        assert status == 6
        assert "stop-all --clear" in two_lines(err)
    finally:
        assert here.out(demo, "stop-all", "--clear") == "demo  cleared\n"
    assert here.run(demo, "set", "led=on")[0] == 0


def test_tail_prints_a_scan_a_line_in_each_form(demo: Shell, here: Here) -> None:
    lines = [json.loads(line) for line in here.out(demo, "tail", "A1", "--json", "-n", "5").splitlines()]
    assert len(lines) == 5
    assert all(list(line["values"]) == ["demo/A1"] for line in lines)
    steps = {round(later["t_s"] - line["t_s"], 3) for line, later in pairwise(lines[1:])}
    assert steps == {0.01}
    table = list(csv.reader(here.out(demo, "tail", "A1", "sine", "--csv", "-n", "5").splitlines()))
    assert table[0][0] == "t_s"
    assert set(table[0][1:]) == {"demo/A1", "demo/sine"}
    assert len(table) == 6
    plot = here.out(demo, "tail", "sine", "--plot", "-n", "2").splitlines()
    assert all("|" in line and "*" in line for line in plot)


def test_tail_for_a_time_ends_by_itself(demo: Shell, here: Here) -> None:
    assert here.out(demo, "tail", "--for", "500ms", "--max-hz", "5")


def test_tail_into_a_reader_that_leaves_is_quiet(demo: Shell) -> None:
    with demo.running("tail", "--json") as process:
        line_of(process)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(HARD_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_ctrl_c_ends_tail_with_130_and_without_a_word(demo: Shell) -> None:
    with demo.running("tail", "--json") as process:
        line_of(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(HARD_S) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_open_prints_a_link_that_signs_in_once(demo: Shell, here: Here) -> None:
    assert "?ticket=" in here.out(demo, "open")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["get", "nosuch"], 3, "unknown_channel"),
        (["get", "attic/A0"], 3, "unknown_board"),
        (["info", "attic"], 3, "attic"),
        (["tail", "nosuch"], 3, "unknown_channel"),
        (["set", "nosuch=1"], 3, "unknown_channel"),
        (["rate", "nosuch", "10"], 3, "unknown_channel"),
        (["mode", "nosuch", "pwm"], 3, "unknown_channel"),
        (["stop-all", "--board", "attic"], 3, "unknown_board"),
        (["set", "fan=7"], 6, "out_of_range"),
        (["set", "led=maybe"], 6, "wrong_type"),
        (["set", "temp=1"], 6, "read_only"),
        (["set", "A3=512"], 6, "wrong_mode"),
        (["set", "D7=0.5"], 6, "wrong_mode"),
        (["mode", "D7", "pwm"], 6, "refused"),
        (["mode", "D0", "output"], 6, "refused"),
        (["mode", "D5", "output"], 6, "wrong_mode"),
        (["mode", "D7", "disco"], 6, "the modes: off input"),
        (["rate", "A*", "100000"], 6, "rate_too_high"),
    ],
    ids=str,
)
def test_a_refusal_is_two_lines_and_a_status(
    demo: Shell, here: Here, arguments: list[str], status: int, said: str
) -> None:
    done, out, err = here.run(demo, *arguments)
    assert (done, out) == (status, ""), err
    assert said in two_lines(err)


def test_a_wrong_token_is_status_4(demo: Shell) -> None:
    done = demo.run("boards", ARDUGATE_TOKEN="wrong")
    assert done.returncode == 4
    assert "ARDUGATE_TOKEN" in two_lines(done.stderr)


def test_with_several_gateways_the_list_is_status_2(demo: Shell, here: Here) -> None:
    with demo.ready("serve", "--port", "sim://?name=other", "--listen", "127.0.0.1:0") as (_, ready):
        status, _, err = here.run(demo, "boards")
        assert status == 2
        assert "--gateway URL" in two_lines(err)
        assert ready["url"] in err
        chosen = here.object(demo, "boards", "--gateway", ready["url"])
    assert [board["name"] for board in chosen["boards"]] == ["other"]


# ---- without a gateway


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["boards"], 8, "ardugate serve"),
        (["open"], 8, "ardugate serve"),
        (["boards", "--gateway", "http://127.0.0.1:1"], 8, "connection refused"),
        (["set", "led=on", "--port", "sim://"], 8, "--hold"),
        (["mode", "D9", "pwm", "--port", "sim://"], 8, "--for 5s"),
        (["rate", "A0", "10", "--port", "sim://"], 8, "--hold"),
        (["get", "A0", "--port", "/dev/nowhere"], 3, "no such port"),
        (["serve", "--port", "/dev/nowhere", "--listen", "127.0.0.1:0"], 3, "no such port"),
        (["serve", "--port", "a-file", "--listen", "127.0.0.1:0"], 3, "not a serial port"),
        (["serve", "--port", "foo://x", "--listen", "127.0.0.1:0"], 3, "sim://"),
        (["serve", "--port", "sim://?corupt=1", "--listen", "127.0.0.1:0"], 3, "did you mean 'corrupt'"),
        (["serve", "--config", "bad.toml"], 7, "did you mean 'listen'"),
        (["serve", "--config", "missing.toml"], 7, "no such file"),
        (["serve", "--pages", "nowhere", "--listen", "127.0.0.1:0"], 2, "nowhere"),
        (["demo", "--config", "pages.toml", "--listen", "127.0.0.1:0"], 7, "there is no folder 'nowhere'"),
        (["config", "check", "bad.toml"], 7, "bad.toml: lisen"),
        (["config", "init", "bad.toml"], 7, "there already"),
    ],
    ids=str,
)
def test_without_a_gateway_a_mistake_is_two_lines_and_a_status(
    alone: Shell, here: Here, arguments: list[str], status: int, said: str
) -> None:
    (alone.folder / "a-file").write_text("")
    (alone.folder / "bad.toml").write_text('lisen = "127.0.0.1:0"\n')
    (alone.folder / "pages.toml").write_text('pages = "nowhere"\n')
    done, out, err = here.run(alone, *arguments)
    assert (done, out) == (status, ""), err
    assert said in two_lines(err)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["get", "nosuch"], 3), (["set", "fan=7"], 6), (["rate", "100"], 2)],
    ids=str,
)
def test_a_real_process_ends_with_that_status(demo: Shell, arguments: list[str], status: int) -> None:
    done = demo.run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    two_lines(done.stderr)


def test_a_folder_of_ones_own_is_served(alone: Shell) -> None:
    (alone.folder / "www").mkdir()
    (alone.folder / "www" / "mine.html").write_text("mine")
    arguments = ["demo", "--pages", "www", "--print-token", "--listen", "127.0.0.1:0"]
    with alone.ready(*arguments) as (_, ready):
        headers = {"Authorization": f"Bearer {ready['token']}"}
        with urllib.request.urlopen(urllib.request.Request(f"{ready['url']}pages/mine.html", headers=headers)) as page:
            assert page.read() == b"mine"


def test_a_tcp_port_in_use_is_status_1_and_names_the_way_out(alone: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = alone.run("demo", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 1
    assert "--listen 127.0.0.1:0" in two_lines(done.stderr)


def test_a_busy_port_is_waited_for_5_s_and_then_status_5(alone: Shell) -> None:
    master, slave = os.openpty()
    try:
        fcntl.flock(slave, fcntl.LOCK_EX)  # as whoever has the port open takes it
        began = time.monotonic()
        done = alone.run("get", "A0", "--port", os.ttyname(slave))
        assert done.returncode == 5
        assert time.monotonic() - began >= 5.0
        said = two_lines(done.stderr)
        assert "the port is in use" in said
        assert said.count("(") == said.count(")")
    finally:
        os.close(master)
        os.close(slave)


def test_get_tail_info_and_stop_all_open_the_port_themselves_and_say_so(alone: Shell, here: Here) -> None:
    done = alone.run("get", "temp", "--port", "sim://")
    assert done.returncode == 0
    assert done.stdout.startswith("demo/temp  ")
    assert "opening sim:// for this command (this may reset the board)" in done.stderr
    assert len(here.run(alone, "tail", "A0", "-n", "3", "--port", "sim://")[1].splitlines()) == 3
    assert here.run(alone, "info", "--port", "sim://")[0] == 0
    assert here.run(alone, "stop-all", "--port", "sim://")[1] == "demo  stopped\n"


def test_set_keeps_the_port_for_as_long_as_it_is_told(alone: Shell) -> None:
    done = alone.run("set", "led=on", "--for", "500ms", "--port", "sim://")
    assert done.returncode == 0
    assert done.stdout.startswith("demo/led  on")


def test_another_sketch_is_told_from_ours(alone: Shell) -> None:
    done = alone.run("get", "A0", "--port", "sim://?other=temp=21.5")
    assert done.returncode == 3
    assert "another sketch" in two_lines(done.stderr)


def test_demo_prints_one_ready_line_and_ends_after_its_time(alone: Shell) -> None:
    done = alone.run("demo", "--boards", "2", "--json", "--for", "500ms", "--listen", "127.0.0.1:0", "--print-token")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    ready = json.loads(line)
    assert ready["event"] == "ready"
    assert ready["ws"] == ready["url"].replace("http", "ws") + "ws"
    assert ready["token"] == Path(ready["token_file"]).read_text().strip()
    assert {board["id"] for board in ready["boards"]} == {"demo", "demo-2"}


def test_serve_prints_the_link_on_stdout_and_never_the_token_unasked(alone: Shell) -> None:
    done = alone.run("demo", "--for", "500ms", "--listen", "127.0.0.1:0")
    (link,) = done.stdout.splitlines()
    assert "?ticket=" in link
    token = (alone.state / "token").read_text().strip()
    assert token not in done.stdout + done.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_a_gateway_cleanly(alone: Shell, number: signal.Signals, status: int) -> None:
    with alone.ready("demo", "--listen", "127.0.0.1:0") as (process, _):
        process.send_signal(number)
        assert process.wait(HARD_S) == status
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert list((alone.state / "gateways").iterdir()) == []


def test_a_simulated_board_on_a_pty_is_served_like_a_real_one(alone: Shell) -> None:
    port = str(alone.folder / "board")
    with alone.ready("sim", "sim://?name=bench", "--pty", port) as (process, ready):
        assert ready["port"] == port
        with alone.ready("serve", "--port", port, "--listen", "127.0.0.1:0"):
            done = alone.run("set", "led=on")
            assert done.stdout.startswith("bench/led  on"), done.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(HARD_S) == 0
    assert not Path(port).is_symlink()


def test_config_init_show_and_schema(alone: Shell, here: Here) -> None:
    here.out(alone, "config", "init")
    here.out(alone, "config", "check", "ardugate.toml")
    shown = alone.run("config", "show", "--origin", ARDUGATE_LISTEN="127.0.0.1:9000").stdout
    assert 'listen = "127.0.0.1:9000"  # ARDUGATE_LISTEN' in shown
    assert "baud = 115200  # ardugate.toml" in shown
    assert "properties" in json.loads(here.out(alone, "config", "schema"))
