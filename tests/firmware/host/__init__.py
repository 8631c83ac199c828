"""The board library, compiled for this computer, as a value to talk to."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Self

from ardugate.wire.framing import encode
from ardugate.wire.messages import FromBoard, ToBoard, serialize
from tests.support.ear import Ear

_ANSWER_S = 20.0


class HostBoard(Ear):
    """One board, its clock in the hand. Closing it fails the test when a sanitizer had something to say."""

    def __init__(self, program: Path) -> None:
        super().__init__()
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([program], stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        errors = self._process.communicate(timeout=_ANSWER_S)[1]
        assert self._process.returncode == 0, errors

    def tell(self, line: str) -> str:
        """One command of ``board.cpp`` and its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._process.communicate(timeout=_ANSWER_S)[1]
        return answer.strip()

    def start(self, *, edges: bool = True, hz: int = 100) -> None:
        """The sketch's ``setup()``."""
        self.tell(f"start {int(edges)} {hz}")

    def send_bytes(self, data: bytes) -> None:
        """Bytes on the line to the board."""
        self.tell(f"send {data.hex()}")

    def send(self, *messages: ToBoard) -> None:
        """Messages to the board, a frame each."""
        for message in messages:
            self.send_bytes(encode(serialize(message)))

    def pass_time(self, us: int) -> bytes:
        """Let time pass; the bytes that the board put on the line meanwhile."""
        said = self.tell(f"go {us}")
        return b"" if said == "-" else bytes.fromhex(said)

    def go(self, seconds: float) -> list[FromBoard]:
        """Let time pass; what the board said meanwhile."""
        return self.hear(self.pass_time(round(seconds * 1e6)))
