"""A gateway in a process of its own, as a user starts it, with a state folder of its own."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

# From the process' start to its ready line: imports take a second or two on a busy machine.
READY_S = 60.0
# It ends within 3 s of SIGTERM where it has the time: only a hang should reach this.
END_S = 60.0
LOG = "stderr.txt"
_ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class RunningGateway:
    """A gateway that listens. ``arguments`` are the command line that started it."""

    process: subprocess.Popen[str]
    arguments: Sequence[str]
    url: str
    token: str
    home: Path
    module: str = "ardugate"

    def rpc(self, method: str, **params: object) -> dict[str, object]:
        """Ask the gateway over HTTP; gives the result."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}api/v1/rpc", body, headers)
        with urllib.request.urlopen(request, timeout=READY_S) as response:
            answer: dict[str, dict[str, object]] = json.load(response)
        assert "result" in answer, answer
        return answer["result"]

    def signed_in_link(self) -> str:
        """A one-time link to the page."""
        return str(self.rpc("ticket")["url"])

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self._ended()

    def start_again(self) -> None:
        """Start it anew at the same address, with the same state."""
        address = self.url.removeprefix("http://").removesuffix("/")
        arguments = [*self.arguments, "--listen", address]
        self.process, ready = _start(self.module, arguments, self.home)
        self.url = str(ready["url"])

    def stop(self) -> None:
        """End it as Ctrl-C does, and wait for the end."""
        if self.process.poll() is None:
            self.process.terminate()
        self._ended()

    def _ended(self) -> None:
        self.process.wait(END_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


def _start(module: str, arguments: Sequence[str], home: Path) -> tuple[subprocess.Popen[str], dict[str, object]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ARDUGATE_", "XDG_"))}
    if module != "ardugate":  # one of the tests' own
        environment["PYTHONPATH"] = os.pathsep.join((str(_ROOT), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, "-m", module, *arguments, "--json", "--print-token"]
    with (home / LOG).open("ab") if module != "ardugate" else nullcontext() as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=home, env={**environment, "HOME": str(home)}
        )
    assert process.stdout is not None
    ends = time.monotonic() + READY_S
    while not select.select([process.stdout], [], [], 0.1)[0]:
        if time.monotonic() > ends:
            process.kill()
            process.communicate()
            raise TimeoutError(f"no ready line from {command} within {READY_S} s")
    line = process.stdout.readline()
    if not line:
        process.communicate()
        raise ChildProcessError(f"{command} ended with status {process.returncode}")
    ready: dict[str, object] = json.loads(line)
    return process, ready


@contextmanager
def running_gateway(home: Path, *arguments: str, module: str = "ardugate") -> Generator[RunningGateway]:
    """Start ``ardugate`` with ``arguments`` (``demo``, ``serve --port ...``) in ``home``, which holds its state.

    Another ``module`` is one of the tests' around it; what that says on stderr is in ``LOG`` in ``home``.
    """
    listen = () if "--listen" in arguments else ("--listen", "127.0.0.1:0")
    process, ready = _start(module, [*arguments, *listen], home)
    gateway = RunningGateway(process, arguments, str(ready["url"]), str(ready["token"]), home, module)
    try:
        yield gateway
    finally:
        gateway.stop()


def open_files(process: int | str = "self") -> int:
    """How many a process has, but for those of the ring on disk, which opens one more as a minute ends."""
    found = 0
    for each in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # the folder itself was open meanwhile
            found += each.readlink().suffix != ".ardcap"
    return found
