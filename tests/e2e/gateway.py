"""A client that remembers what it was told."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Protocol

from ardugate.client import Connection, Target, connect
from tests.support.running import RunningGateway

# How long a test waits for something that takes milliseconds on an idle machine: only a hang should reach it.
PATIENCE_S = 60.0


class Listener(Protocol):
    """Who follows some streams more closely."""

    def opened(self, stream: dict[str, Any]) -> None:
        """A stream begins."""

    def ended(self, stream: dict[str, Any]) -> None:
        """A stream has ended."""

    def loss(self, loss: dict[str, Any]) -> None:
        """Scans are lost."""

    def batch(self, batch: dict[str, Any]) -> bool:
        """Scans; True when they are of a stream that it follows, and need not be remembered."""
        ...


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
        self.tally: Listener | None = None

    def call(self, method: str, **params: object) -> dict[str, Any]:
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
            assert time.monotonic() < end, (
                f"{what}: not within {PATIENCE_S} s; states {self.states[-3:]}, events {self.events[-3:]}, "
                f"{len(self.batches)} batches"
            )
            self._hear(0.1)

    def until_value(self, channel: str, value: object) -> None:
        """Hear until a channel has this value."""
        self.until(lambda: self.values.get(channel) == value, f"{channel} is {value}")

    def live(self) -> None:
        """Wait until the board is live and its channels are known."""
        self.until(lambda: self.board.get("state") == "live" and bool(self.board.get("descriptor")), "live")

    def _hear(self, seconds: float) -> None:
        notification = self.connection.next_notification(seconds)
        if notification is None:
            return
        params = notification.params
        match notification.method:
            case "samples" if self.tally is not None and self.tally.batch(params):
                return
            case "samples":
                self.batches.append(params)
                self.values |= {name: column[-1] for name, column in params["columns"].items()}
            case "board" if "board" in params:
                self.board = params["board"]
                self.states.append(self.board["state"])
            case "loss":
                self.losses.append(params)
                if self.tally is not None:
                    self.tally.loss(params)
            case "streams" if self.tally is not None:
                for stream in params["streams"]:
                    self.tally.opened(stream)
                for stream in params["ended"]:
                    self.tally.ended(stream)
            case "event":
                self.events.append(params)
            case _:
                return


@contextmanager
def watching(gateway: RunningGateway) -> Generator[Watcher]:
    """A client of a gateway whose board is live."""
    target = Target(gateway.url, gateway.url.replace("http", "ws", 1) + "ws", gateway.token)
    with connect(target) as connection:
        watcher = Watcher(connection)
        watcher.live()
        yield watcher
