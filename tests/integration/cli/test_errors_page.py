"""Each error of docs/reference/errors.md, made to happen: status, cause and remedy are those of the page."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ardugate import errors
from ardugate.cli.problems import problem_of, report
from ardugate.client import Connection, connect, find_gateway
from ardugate.client import waiting as patience
from ardugate.errors import ArdugateError, Reason, RequestError
from ardugate.flash import bundled, serialize_hex, stk500v2
from ardugate.runtime.ports import opening, serial_port
from ardugate.runtime.state import RunningGateway, StateFolder
from tests.integration.cli.shell import Here, Shell, two_lines
from tests.support.bootloader_line import line_to
from tests.support.bootloaders import Bootloader, Mega
from tests.unit.record.build import T0, pot, scans, tape

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "errors.md").read_text("utf-8")
STATUS_BY_REASON = {
    name: int(status) for name, status in re.findall(r"^\| `(\w+)` \| -[\d, -]+ \| (\d+) \|", PAGE, flags=re.MULTILINE)
}
BY_NAME = {
    name: (int(status), cause, remedy)
    for name, status, cause, remedy in re.findall(
        r"^\| `([\w ]+)` \| (\d+) \| ([^|]+) \| ([^|]+) \|$", PAGE, flags=re.MULTILINE
    )
}
Calls = list[tuple[str, dict[str, Any]]]
PROGRAM = bytes(range(256)) * 4
# A mistake in ardugate itself is the one thing that nobody outside can bring about.
NOT_FROM_OUTSIDE = {Reason.INTERNAL}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shell]:
    """A shell beside a gateway with a quiet board and one that is reset every two seconds."""
    shell = Shell(tmp_path_factory.mktemp("two"))
    quiet, restless = "sim://?name=demo", "sim://?name=attic&reset_every_s=2"
    with shell.ready("serve", "--port", quiet, "--port", restless, "--listen", "127.0.0.1:0"):
        yield shell


@contextmanager
def session(shell: Shell) -> Generator[Connection]:
    with connect(find_gateway(environ={}, state_dir=shell.state)) as connection:
        yield connection


def when_live(connection: Connection) -> None:
    """Wait until the quiet board is live: the tests before this one took it away for a while."""
    states = {board["id"]: board["state"] for board in connection.boards}
    while states.get("demo") != "live" or "attic" not in states:
        told = connection.next_notification(60.0)
        assert told is not None, states
        if told.method == "board" and "board" in told.params:
            states[told.params["board"]["id"]] = told.params["board"]["state"]


# Reasons that a command meets: what is done before it, the command, what is done after it.
BY_COMMAND: dict[Reason, tuple[Calls, list[str], Calls]] = {
    Reason.UNKNOWN_BOARD: ([], ["get", "cellar/A0"], []),
    Reason.UNKNOWN_CHANNEL: ([], ["get", "demo/nosuch"], []),
    Reason.UNKNOWN_COMMAND: ([], ["call", "demo/nosuch"], []),
    Reason.AMBIGUOUS_BOARD: ([], ["get", "A0"], []),
    Reason.WRONG_MODE: ([], ["set", "demo/A3=512"], []),
    Reason.WRONG_TYPE: ([], ["set", "demo/led=maybe"], []),
    Reason.OUT_OF_RANGE: ([], ["set", "demo/fan=7"], []),
    Reason.RATE_TOO_HIGH: ([], ["rate", "demo/A*", "100000"], []),
    Reason.TIMER_IN_USE: (
        [("mode", {"channel": "demo/D9", "mode": "servo"})],
        ["mode", "demo/D11", "pwm"],
        [("mode", {"channel": "demo/D9", "mode": "off"})],
    ),
    Reason.READ_ONLY: ([], ["set", "demo/temp=1"], []),
    Reason.LEASED: ([("lease_take", {"channels": ["demo/led"], "ttl_ms": 60_000})], ["set", "demo/led=on"], []),
    Reason.OFFLINE: (
        [("port_lend", {"port": "demo"})],
        ["set", "demo/led=on"],
        [("port_reclaim", {"port": "demo"})],
    ),
    Reason.STOPPED: (
        [("stop_all", {"board": "demo"})],
        ["set", "demo/led=on"],
        [("clear_stop", {"board": "demo"})],
    ),
    Reason.REFUSED: ([], ["mode", "demo/D0", "output"], []),
    Reason.TOO_LARGE: ([], ["set", *["demo/led=on"] * 65], []),
}

# Reasons that only a program meets which speaks to the gateway itself.
BY_REQUEST: dict[Reason, Calls] = {
    Reason.BAD_REQUEST: [("get", {"chanel": "demo/temp"})],
    Reason.UNKNOWN_METHOD: [("gett", {})],
    Reason.UNKNOWN_SUBSCRIPTION: [("unsubscribe", {"subscription": "q9"})],
    Reason.KEY_REUSED: [
        ("set", {"channel": "demo/led", "value": True, "key": "k"}),
        ("set", {"channel": "demo/led", "value": False, "key": "k"}),
    ],
    Reason.CURSOR_EXPIRED: [("subscribe", {"channels": ["demo/temp"], "cursor": "7f3a-1"})],
    Reason.TOO_MANY: [("subscribe", {"channels": ["demo/temp"]})] * 65,
}


def ask(connection: Connection, calls: Calls) -> None:
    for method, params in calls:
        connection.call(method, params)


@pytest.mark.parametrize("reason", BY_COMMAND, ids=str)
def test_a_command_that_is_refused_ends_as_the_page_says(reason: Reason, two: Shell, here: Here) -> None:
    before, command, after = BY_COMMAND[reason]
    with session(two) as connection:
        when_live(connection)
        ask(connection, before)
        status, out, err = here.run(two, *command)
        ask(connection, after)
    assert (status, out) == (STATUS_BY_REASON[reason], ""), err
    assert two_lines(err).splitlines()[0].endswith(f"({reason})")


@pytest.mark.parametrize("reason", BY_REQUEST, ids=str)
def test_a_request_that_is_refused_would_end_a_command_as_the_page_says(
    reason: Reason, two: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    with session(two) as connection:
        when_live(connection)
        with pytest.raises(RequestError) as caught:
            ask(connection, BY_REQUEST[reason])
    assert caught.value.reason is reason
    problem = problem_of(caught.value)
    report(problem)
    assert problem.status == STATUS_BY_REASON[reason]
    two_lines(capsys.readouterr().err)


def test_a_command_whose_board_is_reset_meanwhile_ends_as_the_page_says(two: Shell, here: Here) -> None:
    """The board blinks for ten seconds, and is reset every two. Between two of its lives it is offline."""
    with session(two) as connection:
        when_live(connection)
    while "(offline)" in (said := here.run(two, "call", "attic/blink", "times=20"))[2]:
        continue
    assert said[:2] == (STATUS_BY_REASON["unknown_outcome"], "")
    assert "(unknown_outcome)" in two_lines(said[2])


def test_a_wrong_token_and_a_silent_board_end_as_the_page_says(
    two: Shell, alone: Shell, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = two.run("boards", ARDUGATE_TOKEN="wrong")
    assert done.returncode == STATUS_BY_REASON["not_allowed"]
    assert "(not_allowed)" in two_lines(done.stderr)
    monkeypatch.setattr(patience, "HELLO_S", 0.2)
    with line_to(None) as line:
        status, _, err = here.run(alone, "get", "A0", "--port", line.path)
    assert status == STATUS_BY_REASON["timeout"]
    assert "(timeout)" in two_lines(err)


def test_every_reason_of_the_page_was_made_to_happen() -> None:
    above = {Reason.NOT_ALLOWED, Reason.TIMEOUT, Reason.UNKNOWN_OUTCOME}
    assert set(STATUS_BY_REASON) == set(Reason)
    assert BY_COMMAND.keys() | BY_REQUEST.keys() | above | NOT_FROM_OUTSIDE == set(Reason)


@dataclass(frozen=True)
class Scene:
    """Where a command goes wrong: a shell without a gateway, and what may be changed for it."""

    shell: Shell
    patch: pytest.MonkeyPatch
    stack: ExitStack

    @property
    def folder(self) -> Path:
        return self.shell.folder

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return name

    def line(self, loader: Bootloader | None) -> str:
        """A port with this bootloader at its other end."""
        return self.stack.enter_context(line_to(loader)).path


def port_denied(scene: Scene) -> list[str]:
    """Whoever runs the tests may be one who may open every port."""

    async def denied(path: str, *_: object) -> None:
        raise errors.PortDenied(path, "permission denied")

    scene.patch.setattr(serial_port, "open_serial", denied)
    scene.patch.setattr(opening, "DENIED_PATIENCE_S", 0.05)
    return ["serve", "--port", "/dev/ttyACM0", "--listen", "127.0.0.1:0"]


def port_busy(scene: Scene) -> list[str]:
    master, slave = os.openpty()
    scene.stack.callback(os.close, master)
    scene.stack.callback(os.close, slave)
    fcntl.flock(slave, fcntl.LOCK_EX)  # as whoever has the port open takes it
    scene.patch.setattr(patience, "BUSY_S", 0.05)
    return ["get", "A0", "--port", os.ttyname(slave)]


def listen_error(scene: Scene) -> list[str]:
    taken = scene.stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return ["demo", "--listen", f"127.0.0.1:{taken.getsockname()[1]}"]


def several_gateways(scene: Scene) -> list[str]:
    """Two processes that are alive, and say that they are gateways."""
    folder = StateFolder(scene.shell.state)
    for port in (8765, 8766):
        url = f"http://127.0.0.1:{port}/"
        folder.write_running(port, RunningGateway(url, f"ws://127.0.0.1:{port}/ws", os.getpid(), folder.token_file))
    return ["boards"]


def library_in_the_way(scene: Scene) -> list[str]:
    (scene.folder / "Ardugate").mkdir()
    (scene.folder / "Ardugate" / "mine.txt").write_text("mine")
    return ["library", "install", "--into", "."]


def no_library(scene: Scene) -> list[str]:
    scene.patch.setitem(sys.modules, "pyarrow", None)
    return ["export", recorded(scene), "--to", "parquet"]


def recorded(scene: Scene) -> str:
    made = tape()
    data = made.preamble(T0)
    made.take()
    made.samples(1, *scans(pot(), 0))
    (scene.folder / "night.ardcap").write_bytes(data + made.take())
    return "night.ardcap"


def flashing(scene: Scene, loader: Bootloader | None, *more: str) -> list[str]:
    program = scene.file("program.hex", serialize_hex(PROGRAM))
    return ["flash", scene.line(loader), program, "--board", "mega", *more]


def no_bootloader(scene: Scene) -> list[str]:
    scene.patch.setattr(stk500v2, "_TRY_MS", 1)
    return flashing(scene, None)


def wrong_processor(scene: Scene) -> list[str]:
    loader = Mega()
    loader.signature = bytes.fromhex("1e950f")
    return flashing(scene, loader)


class Refusing(Mega):
    """Will not write."""

    def _do(self, body: bytes) -> bytes:
        return body[:1] + b"\xc0" if body[0] == 0x13 else super()._do(body)


class Forgetful(Mega):
    """Writes, and gives back something else."""

    def _program(self, ok: bytes, body: bytes) -> bytes:
        answer = super()._program(ok, body)
        self.flash[0] = 0x55
        return answer


def no_firmware(scene: Scene) -> list[str]:
    scene.patch.setattr(bundled.bundled, "__defaults__", (scene.folder,))
    return ["flash", "/dev/nowhere", "--board", "uno"]


def sketch(scene: Scene) -> str:
    (scene.folder / "blink").mkdir()
    (scene.folder / "blink" / "blink.ino").write_text("void setup() {} void loop() { oops }")
    return "blink"


def no_sketch_tools(scene: Scene) -> list[str]:
    scene.patch.setenv("PATH", "")
    scene.patch.setenv("HOME", str(scene.folder))
    return ["flash", "/dev/nowhere", sketch(scene), "--board", "uno"]


def does_not_compile(scene: Scene) -> list[str]:
    tool = scene.folder / "bin" / "arduino-cli"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho \"blink.ino:1: 'oops' was not declared\" >&2\nexit 1\n")
    tool.chmod(0o755)
    scene.patch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    return ["flash", "/dev/nowhere", sketch(scene), "--board", "uno"]


BY_ITSELF: dict[str, Callable[[Scene], list[str]]] = {
    "PortMissing": lambda _: ["get", "A0", "--port", "/dev/nowhere"],
    "PortNotATty": lambda scene: ["serve", "--port", scene.file("a-file", ""), "--listen", "127.0.0.1:0"],
    "PortDenied": port_denied,
    "PortBusy": port_busy,
    "PortError": lambda _: ["serve", "--port", "foo://x", "--listen", "127.0.0.1:0"],
    "ListenError": listen_error,
    "ConfigError": lambda scene: ["config", "check", scene.file("bad.toml", "lisen = 1\n")],
    "GatewayUnreachable": lambda _: ["boards"],
    "no answer": lambda _: ["boards", "--gateway", "http://127.0.0.1:1"],
    "SeveralGateways": several_gateways,
    "LibraryInTheWay": library_in_the_way,
    "NotACapture": lambda scene: ["export", scene.file("notes.ardcap", "milk, bread"), "--to", "csv"],
    "HexInvalid": lambda scene: ["flash", "/dev/nowhere", scene.file("bad.hex", ":00"), "--board", "uno"],
    "ProgramTooLarge": lambda scene: [
        "flash",
        scene.line(None),
        scene.file("large.hex", serialize_hex(bytes(33_000))),
        "--board",
        "uno",
        "--yes",
    ],
    "NoBootloader": no_bootloader,
    "WrongProcessor": wrong_processor,
    "FlashRefused": lambda scene: flashing(scene, Refusing(), "--yes"),
    "FlashMismatch": lambda scene: flashing(scene, Forgetful(), "--yes"),
    "NoFirmware": no_firmware,
    "NoSketchTools": no_sketch_tools,
    "SketchDoesNotCompile": does_not_compile,
    "another sketch": lambda scene: flashing(scene, Mega(b"somebody's")),
    "no board named": lambda scene: ["flash", scene.line(None)],
    "no board plugged in": lambda _: ["get", "A0"],
    "nobody to keep it": lambda _: ["set", "led=on", "--port", "sim://"],
    "recording exists": lambda scene: ["record", scene.file("night.ardcap", "")],
    "table exists": lambda scene: ["export", scene.file("a.ardcap", ""), "--to", "csv", "-o", scene.file("a.csv", "")],
    "no folder": lambda _: ["record", "nowhere/night"],
    "no library": no_library,
    "no program": lambda _: ["lend", "/dev/ttyACM0", "--", "nosuchprogram"],
    "settings exist": lambda scene: ["config", "init", scene.file("ardugate.toml", "")],
    "not writable": lambda _: ["library", "zip", "nowhere/library.zip"],
}
# Raised to a script that asks for arrays: no command needs numpy.
IN_SCRIPTS = {"ExtraMissing"}


@pytest.mark.parametrize("name", BY_ITSELF)
def test_what_a_command_says_by_itself_is_what_the_page_says(
    name: str, alone: Shell, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, cause, remedy = BY_NAME[name]
    with ExitStack() as stack:
        command = BY_ITSELF[name](Scene(alone, monkeypatch, stack))
        done, out, err = here.run(alone, *command)
    assert (done, out) == (status, ""), err
    assert "Traceback" not in err
    *_, said, hint = err.splitlines()  # before them, talk: what is compiled, which port is opened
    assert pattern(f"ardugate: {cause}").fullmatch(said), said
    assert pattern(f"  {remedy}").fullmatch(hint), hint


def pattern(text: str) -> re.Pattern[str]:
    """``…`` stands for anything, and for nothing."""
    return re.compile(".*".join(re.escape(part) for part in text.split("…")))


def test_every_error_of_the_tree_is_on_the_page_and_was_made_to_happen() -> None:
    tree = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, ArdugateError)}
    assert tree - {"ArdugateError", "RequestError", "FlashError"} <= BY_NAME.keys()
    assert BY_NAME.keys() == BY_ITSELF.keys() | IN_SCRIPTS
