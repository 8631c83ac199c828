"""A link and a simulated board, joined without a port: pure objects and a clock in the hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random
from typing import TypeVar

from ardugate.link import BoardLink
from ardugate.link.events import LineChanged, LinkEvent, LinkState, RequestDone, RequestFailed
from ardugate.model import (
    BoardRequest,
    BoardState,
    Mode,
    ModeRequest,
    RateRequest,
    ReadRequest,
    Receipt,
    SetRequest,
    StopRequest,
)
from ardugate.sim.board import SimBoard
from ardugate.sim.options import SimOptions, SketchName

MS = 1_000_000
START_NS = 1_700_000_000_000_000_000
# The least step of time: both ends may have something to do at once, and time goes on all the same.
_STEP_NS = 50_000

# One of each that a link asks of a board.
REQUESTS = (
    SetRequest("D13", True),
    ModeRequest("D9", Mode.PWM),
    RateRequest(("A0", "A1"), 50),
    RateRequest(("A2",), None),
    ReadRequest("A0"),
    StopRequest(),
)

PLAIN = SimOptions(name="uno", sketch=SketchName.PLAIN)

_E = TypeVar("_E")


class Joined:
    """Carries bytes between the two until a time. ``to_board`` and ``to_link`` may damage them."""

    def __init__(self, options: SimOptions = PLAIN, *, seed: int = 1, baud: int | None = None) -> None:
        random, streams = Random(seed), count(1)
        self.sim = SimBoard(options)
        self.link = BoardLink(
            board="uno",
            random_boot_id=lambda: random.getrandbits(32),
            new_stream_id=lambda: f"s{next(streams)}",
            baud=baud,
        )
        self.bauds: list[int] = []  # every rate that the link switched its end to
        self.now_ns = START_NS
        self.events: list[LinkEvent] = []
        self.results: dict[int, Receipt | RequestFailed] = {}
        self.to_board: Callable[[bytes], bytes] = bytes
        self.to_link: Callable[[bytes], bytes] = bytes
        self.plugged = False
        self._states: list[BoardState] = []
        self._handles = count(1)

    def plug(self) -> None:
        """Open the pipe."""
        self.plugged = True
        # Without a highest rate it is a pipe, whose rate is nobody's business.
        baud = self.sim.options.baud if self.sim.options.max_baud else None
        if baud is not None:
            self.sim.set_host_baud(self.now_ns, baud)
        self.link.connection_made(self.now_ns, baud)
        self.carry()

    def unplug(self, reason: str = "unplugged") -> None:
        """Close the pipe."""
        self.plugged = False
        self.link.connection_lost(self.now_ns, reason)
        self.collect()

    def live(self) -> None:
        """Open the pipe and wait until the board is live."""
        self.plug()
        self.run(500)
        assert self.state() is BoardState.LIVE
        self.events.clear()

    def run(self, ms: float) -> None:
        """Let so much time pass."""
        until_ns = self.now_ns + int(ms * MS)
        while True:
            self.carry()
            next_ns = self._next_ns(until_ns)
            if next_ns > until_ns:
                self.now_ns = until_ns
                return
            self.now_ns = next_ns
            self.link.tick(self.now_ns)

    def skip(self, ns: int | None = None) -> None:
        """Go on by so much, or to the next time at which one of the two has something to do; :meth:`carry` does it."""
        self.now_ns = self._next_ns(self.now_ns) if ns is None else self.now_ns + ns
        self.link.tick(self.now_ns)

    def ask(self, request: BoardRequest, timeout_ms: int = 2_000) -> int:
        """Send a request; gives its handle."""
        handle = next(self._handles)
        self.link.send(self.now_ns, handle, request, self.now_ns + timeout_ms * MS)
        self.collect()
        return handle

    def do(self, request: BoardRequest, timeout_ms: int = 2_000) -> Receipt | RequestFailed:
        """Send a request and wait for its end."""
        handle = self.ask(request, timeout_ms)
        end_ns = self.now_ns + (timeout_ms + 100) * MS
        while handle not in self.results and self.now_ns < end_ns:
            self.run(1)
        return self.results[handle]

    def done(self, request: BoardRequest) -> Receipt:
        """The same for a request that must succeed."""
        result = self.do(request)
        assert isinstance(result, Receipt), result
        return result

    def failed(self, request: BoardRequest) -> RequestFailed:
        """The same for a request that must fail."""
        result = self.do(request)
        assert isinstance(result, RequestFailed), result
        return result

    def of(self, kind: type[_E]) -> list[_E]:
        """Events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def state(self) -> BoardState:
        """The last state that the link told."""
        return self.states()[-1]

    def states(self) -> list[BoardState]:
        """Every state that it told."""
        return self._states

    def carry(self) -> None:
        """Take to the other end all that is said now, and what is said to that."""
        for _ in range(1_000):
            self.collect()
            data = self.link.data_to_send()
            if data and self.plugged:
                self.sim.receive_data(self.now_ns, self.to_board(data))
            self.sim.tick(self.now_ns)
            back = self.sim.data_to_send(self.now_ns)
            if back and self.plugged:
                self.link.receive_data(self.now_ns, self.to_link(back))
            self.collect()
            if not data and not back:
                return
        raise AssertionError("the two talk without end")

    def _next_ns(self, otherwise_ns: int) -> int:
        times = [time for time in (self.link.next_deadline(), self.sim.next_deadline()) if time is not None]
        return max(self.now_ns + _STEP_NS, min(times, default=otherwise_ns))

    def collect(self) -> None:
        """Take the link's events."""
        for event in self.link.events():
            self.events.append(event)
            match event:
                case RequestDone(handle, receipt):
                    assert handle not in self.results, "answered twice"
                    self.results[handle] = receipt
                case RequestFailed(handle, _):
                    assert handle not in self.results, "answered twice"
                    self.results[handle] = event
                case LineChanged(baud):
                    self.bauds.append(baud)
                    self.sim.set_host_baud(self.now_ns, baud)
                case LinkState(state, _):
                    self._states.append(state)
                case _:
                    pass
