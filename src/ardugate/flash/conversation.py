"""A script of what to send and what to expect, and who drives it with bytes and the time.

A script is a generator: it yields what it wants (``Send``, ``Read`` …) and goes on with what it got, so that a
bootloader's protocol reads from top to bottom. ``Conversation`` runs one without waiting for anything.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeAlias, TypeVar

from ardugate.errors import FlashError

_MS: Final = 1_000_000

R = TypeVar("R")


class Step(Enum):
    """What is being done, for who watches."""

    READING = "reading"
    WRITING = "writing"
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """Go on with exactly so many bytes; NoAnswer is thrown into the script when they do not come within the time."""

    count: int
    within_ms: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Go on after this time, whatever comes meanwhile."""

    within_ms: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Throw away what has come so far: noise, or an answer that is too late."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is."""

    step: Step
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """The script has ended, with this result."""

    result: R


@dataclass(frozen=True, slots=True)
class Failed:
    """The script cannot go on."""

    error: FlashError


class NoAnswer(Exception):
    """What a ``Read`` waited for did not come. Scripts handle it; it never leaves the room."""


Wish: TypeAlias = Send | Read | Pause | Forget | Progress
Script: TypeAlias = Generator[Wish, bytes, R]
FlashEvent: TypeAlias = Progress | Done[R] | Failed


class Conversation(Generic[R]):
    """Runs a script. After each call that takes the time, the owner sends ``data_to_send()``, looks at
    ``events_received()``, and calls ``tick`` not later than ``next_deadline()``; after ``Done`` or ``Failed`` nothing
    more is sent or due."""

    def __init__(self, script: Script[R], now_ns: int) -> None:
        self._script = script
        self._came = bytearray()
        self._out = bytearray()
        self._events: list[FlashEvent[R]] = []
        self._waiting: Read | Pause | None = None
        self._until_ns = 0
        self._go_on(now_ns, None)

    def receive_data(self, now_ns: int, data: bytes) -> None:
        """Bytes from the board."""
        self._came += data
        self._serve(now_ns)

    def tick(self, now_ns: int) -> None:
        """Time has passed."""
        match self._waiting:
            case Read() if now_ns >= self._until_ns:
                self._go_on(now_ns, NoAnswer())
            case Pause() if now_ns >= self._until_ns:
                self._go_on(now_ns, None)
            case _:
                return

    def next_deadline(self) -> int | None:
        """When ``tick`` has something to do, None when it has not."""
        return None if self._waiting is None else self._until_ns

    def data_to_send(self) -> bytes:
        """What is to be sent, once."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def events_received(self) -> list[FlashEvent[R]]:
        """What happened, in order, once."""
        events, self._events = self._events, []
        return events

    def _serve(self, now_ns: int) -> None:
        while isinstance(reading := self._waiting, Read) and len(self._came) >= reading.count:
            data = bytes(self._came[: reading.count])
            del self._came[: reading.count]
            self._go_on(now_ns, data)

    def _go_on(self, now_ns: int, answer: bytes | NoAnswer | None) -> None:
        """Until the script has to wait again, or ends."""
        self._waiting = None
        try:
            wish = self._script.throw(answer) if isinstance(answer, NoAnswer) else _next(self._script, answer)
            while not isinstance(wish, Read | Pause):
                match wish:
                    case Send(data):
                        self._out += data
                    case Forget():
                        self._came.clear()
                    case Progress():
                        self._events.append(wish)
                wish = next(self._script)
        except StopIteration as end:
            self._events.append(Done(end.value))
        except FlashError as error:
            self._events.append(Failed(error))
        else:
            self._waiting, self._until_ns = wish, now_ns + wish.within_ms * _MS
            if answer is None or isinstance(answer, NoAnswer):
                self._serve(now_ns)


def _next(script: Script[R], answer: bytes | None) -> Wish:
    return next(script) if answer is None else script.send(answer)
