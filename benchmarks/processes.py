"""The programs under measurement, each a process of its own: a gateway, its board, its clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from benchmarks.board import Layout
from benchmarks.measure import cpu_ns
from benchmarks.peers import compile_c

# Longer than a chip takes to boot behind its bootloader, on a busy machine.
_READY_S = 60.0


class Child:
    """A program that is spoken with in lines; it ends when its stdin does."""

    def __init__(self, command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("BENCH_TALK") else subprocess.DEVNULL,
            text=True,
            bufsize=1,
            env=os.environ | (env or {}),
        )
        self._pid = self._process.pid

    def watch(self, pid: int) -> None:
        """Another process is the one that matters: it is this one's child."""
        self._pid = pid

    def cpu_ns(self) -> int:
        """CPU time that it has used."""
        return cpu_ns(self._pid)

    def resident_kib(self) -> int:
        """Memory that it has."""
        status = Path(f"/proc/{self._pid}/status").read_text("ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))

    def say(self, line: str) -> None:
        """Tell it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Its next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} has ended (BENCH_TALK=1 shows what it said)")
        return line.strip()

    def ask(self, line: str) -> str:
        """Tell it a line, hear its answer."""
        self.say(line)
        return self.hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()


class Gateway(Child):
    """``ardugate serve``, with a state folder of its own."""

    def __init__(self, *arguments: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        own = {"XDG_STATE_HOME": self._folder.name, "XDG_RUNTIME_DIR": self._folder.name}
        listen = ("--listen", "127.0.0.1:0", "--json", "--print-token")
        super().__init__([sys.executable, "-m", "ardugate", *arguments, *listen], own)
        ready = json.loads(self.hear())
        self.ws: str = ready["ws"]
        self.token: str = ready["token"]
        self.tcp_port = int(self.ws.rpartition(":")[2].partition("/")[0])

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """The result of a JSON-RPC method."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = Request(f"http://127.0.0.1:{self.tcp_port}/api/v1/rpc", body, headers)
        with urlopen(request, timeout=_READY_S) as response:
            answer: dict[str, Any] = json.load(response)
        if "result" not in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def live_boards(self, count: int) -> list[str]:
        """The ids of its boards, as soon as so many are live."""
        until_s = time.monotonic() + _READY_S
        while time.monotonic() < until_s:
            live = [str(board["id"]) for board in self.call("boards")["boards"] if board["state"] == "live"]
            if len(live) == count:
                return live
            time.sleep(0.1)
        raise RuntimeError("the boards did not come")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, where)
        self._folder.cleanup()


class StreamingBoard(Child):
    """The scripted board; ``port`` is where a gateway finds it."""

    def __init__(self, kind: str, layout: Layout) -> None:
        numbers = (str(layout.channels), str(layout.scans), str(layout.hz))
        super().__init__([sys.executable, "-m", "benchmarks.board", kind, *numbers])
        self.port = self.hear()

    def stream(self, frames: int) -> list[int]:
        """Send so many frames; returns when they are on their way, with the time of each (``time.monotonic_ns``)."""
        return times_in(self.ask(str(frames)))


def times_in(answer: str) -> list[int]:
    """The times in ``done TIME…``, as a board and the floor say it."""
    done, *times = answer.split()
    assert done == "done", answer
    return [int(each) for each in times]


@dataclass(frozen=True, slots=True)
class Counts:
    """Binary messages that clients got, and the bytes of all messages."""

    messages: int
    size: int


class Readers(Child):
    """So many clients of one server, all in one process (``readers.c``). Each sends ``after`` once it is accepted."""

    def __init__(self, folder: Path, tcp_port: int, clients: int, request: bytes, after: bytes = b"") -> None:
        program = compile_c(Path(__file__).with_name("readers.c"), folder)
        head, tail = folder / f"{tcp_port}.head", folder / f"{tcp_port}.tail"
        head.write_bytes(request)
        tail.write_bytes(after)
        self.clients = clients
        super().__init__([program, str(tcp_port), str(clients), head, tail])
        answer = self.hear()
        assert answer == "ready", answer

    def count(self) -> Counts:
        """What came since the last count."""
        messages, _, _, size = map(int, self.ask("").split())
        return Counts(messages, size)

    def arrivals(self) -> list[list[int]]:
        """Of each client, when its binary messages came since it was asked last (``time.monotonic_ns``)."""
        self.say("times")
        return [[int(each) for each in self.hear().split()] for _ in range(self.clients)]

    def settle(self) -> None:
        """Wait until nothing comes any more."""
        quiet = 0
        while quiet < _QUIET_LOOKS:
            time.sleep(_LOOK_S)
            quiet = 0 if self.count().size else quiet + 1

    def wait_for(self, messages: int) -> Counts:
        """Count until each client got so many; RuntimeError when they do not come."""
        seen, wanted, until_s = self.count(), messages * self.clients, time.monotonic() + _PATIENCE_S
        while seen.messages < wanted:
            if time.monotonic() > until_s:
                raise RuntimeError(f"{seen.messages} of {wanted} messages came within {_PATIENCE_S} s")
            time.sleep(_LOOK_S / 10)
            more = self.count()
            seen = Counts(seen.messages + more.messages, seen.size + more.size)
        return seen


# How often it is looked whether messages came, how many looks without any mean that there are none, and the longest
# that a server which keeps up needs for its queues.
_LOOK_S = 0.05
_QUIET_LOOKS = 4
_PATIENCE_S = 10.0
