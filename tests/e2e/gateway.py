"""The real ``ardugate serve`` as a process, and a client that remembers what it was told."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ardugate.client import Connection, Target

_ARDUGATE = Path(sys.executable).parent / "ardugate"

# How long a test waits for something that takes milliseconds on an idle machine: only a hang should reach it.
PATIENCE_S = 60.0


class Gateway:
    """``ardugate serve --port …`` with a state folder of its own, on a TCP port of its own."""

    def __init__(self, port: str, folder: Path, *options: str) -> None:
        self._command = [str(_ARDUGATE), "serve", "--port", port, "--listen", "127.0.0.1:0", "--json", "--print-token"]
        self._command += options
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.ready: dict[str, Any] = {}

    def start(self) -> Self:
        """Start it and wait for its one line."""
        self._folder.mkdir(parents=True, exist_ok=True)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("ARDUGATE_")}
        environ |= {"XDG_STATE_HOME": str(self._folder / "state"), "XDG_CONFIG_HOME": str(self._folder / "config")}
        self._log = (self._folder / "stderr.txt").open("a")
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=environ, cwd=self._folder
        )
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
        line = self._process.stdout.readline() if readable else ""
        assert line, f"ardugate serve did not say that it is ready: {self.talk()}"
        self.ready = json.loads(line)
        return self

    def talk(self) -> str:
        """What it said on stderr."""
        return (self._folder / "stderr.txt").read_text()

    @property
    def target(self) -> Target:
        """Where it is, and the token."""
        return Target(self.ready["url"], self.ready["ws"], self.ready["token"])

    def kill(self) -> None:
        """SIGKILL: no good-bye to anybody."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        status = self._process.wait(timeout=PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
        self._process = None
        return status

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()


class Watcher:
    """A client's memory: the newest value of each channel, every batch, every board state, every loss."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.values: dict[str, Any] = {}
        self.batches: list[dict[str, Any]] = []
        self.states: list[str] = [board["state"] for board in connection.boards]
        self.board: dict[str, Any] = connection.boards[0] if connection.boards else {}
        self.losses: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A request; its result."""
        return self.connection.call(method, params)

    def pump(self, seconds: float) -> None:
        """Hear what comes within so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._hear(left)

    def until(self, good: Callable[[], bool], what: str) -> None:
        """Hear until something is so."""
        end = time.monotonic() + PATIENCE_S
        while not good():
            assert time.monotonic() < end, f"{what}: not within {PATIENCE_S} s; board {self.states[-3:]}"
            self._hear(0.1)

    def live(self) -> None:
        """Wait until the board is live and its channels are known."""
        self.until(lambda: self.board.get("state") == "live" and bool(self.board.get("descriptor")), "live")

    def _hear(self, seconds: float) -> None:
        notification = self.connection.next_notification(seconds)
        if notification is None:
            return
        params = notification.params
        match notification.method:
            case "samples":
                self.batches.append(params)
                self.values |= {name: column[-1] for name, column in params["columns"].items()}
            case "board" if "board" in params:
                self.board = params["board"]
                self.states.append(self.board["state"])
            case "loss":
                self.losses.append(params)
            case "event":
                self.events.append(params)
            case _:
                return
