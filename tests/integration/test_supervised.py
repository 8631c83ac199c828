"""What a service manager and a log collector are told."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ardugate.cli.logs import set_up
from ardugate.runtime.watching.supervised import Supervisor

# The whole start and end of a gateway, on a machine that is busy with other tests.
HARD_S = 60.0

unix = pytest.mark.skipif(sys.platform == "win32", reason="systemd is Linux'")


@unix
def test_a_service_manager_is_told_of_the_start_the_life_and_the_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(HARD_S)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000", "ARDUGATE_LOG": "json"}
        command = [sys.executable, "-m", "ardugate", "demo", "--listen", "127.0.0.1:0"]
        with subprocess.Popen(
            command,
            env={**os.environ, **told, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            ready = manager.recv(1_024).decode()
            assert ready.startswith("READY=1\nSTATUS=listening at http://127.0.0.1:")
            assert [manager.recv(1_024) for _ in range(3)] == [b"WATCHDOG=1"] * 3
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=HARD_S)
        while (last := manager.recv(1_024)) == b"WATCHDOG=1":
            pass
        assert last.startswith(b"STOPPING=1\n")
    logged = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert all({"t", "level", "logger", "text"} == set(line) for line in logged)


async def test_a_loop_that_stands_still_gives_no_sign_of_life(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        environ = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "30000",
            "WATCHDOG_PID": str(os.getpid()),
        }
        supervisor = Supervisor(environ)
        supervisor.ready("http://127.0.0.1:1/")
        assert manager.recv(1_024).startswith(b"READY=1")
        assert manager.recv(1_024) == b"WATCHDOG=1"
        with pytest.raises(BlockingIOError):  # nothing comes but from the loop, which has not run
            manager.recv(1_024)
        async with asyncio.timeout(HARD_S):
            assert await asyncio.get_running_loop().sock_recv(manager, 1_024) == b"WATCHDOG=1"
        supervisor.stopping()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"NOTIFY_SOCKET": "/no/such/socket", "WATCHDOG_USEC": "many"},
        {"NOTIFY_SOCKET": "@no-such-name", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
    ],
    ids=["none", "gone", "for another process"],
)
async def test_without_a_service_manager_nothing_happens(environ: dict[str, str]) -> None:
    supervisor = Supervisor(environ)
    supervisor.ready("http://127.0.0.1:1/")
    supervisor.stopping()


def test_logs_are_json_lines_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARDUGATE_LOG", "json")
    set_up(verbose=True)
    try:
        try:
            raise ValueError("wrong")
        except ValueError:
            logging.getLogger("ardugate.test").exception("not %s:\nü", "done")
        line, rest = capsys.readouterr().err.split("\n", 1)
        told = json.loads(line)
        assert (told["level"], told["logger"], told["text"], rest) == ("error", "ardugate.test", "not done:\nü", "")
        assert "ValueError: wrong" in told["traceback"]
        assert told["t"].endswith("Z")
    finally:
        monkeypatch.delenv("ARDUGATE_LOG")
        set_up(verbose=False)


def test_logs_go_to_the_stderr_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    with io.StringIO() as gone, io.StringIO() as now:
        monkeypatch.setattr(sys, "stderr", gone)
        set_up(verbose=False)
        monkeypatch.setattr(sys, "stderr", now)
        gone.close()
        logging.getLogger("ardugate.test").warning("heard")
        assert now.getvalue().endswith("warning: heard\n")
