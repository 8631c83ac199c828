"""The state folder: the token, who runs, which board is which, which ports spoke our wire."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """One gateway that is alive, from its runtime file. ``pid`` is its process."""

    url: str
    ws: str
    pid: int
    token_file: Path

    def read_token(self) -> str:
        """The token, read afresh. Raises OSError."""
        return self.token_file.read_text("utf-8").strip()


class StateFolder:
    """One state folder; ``path`` None is ``$XDG_STATE_HOME/ardugate``."""

    def __init__(self, path: Path | None = None) -> None:
        raise NotImplementedError


def running_gateways(state_dir: Path | None = None) -> list[RunningGateway]:
    """The gateways that are alive, by TCP port. Runtime files of dead processes are skipped."""
    raise NotImplementedError
