"""A link and the sketch in the simulated chip, joined without a port: no wall clock anywhere."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random
from typing import Final

from ardugate.link import BoardLink
from ardugate.link.events import BatchReceived, FaultCounted, LinkEvent, LinkState, StreamEnded, StreamStarted
from ardugate.model import BoardRequest, BoardState
from tests.support.chip import Chip
from tests.support.joined import START_NS

_STEP_S: Final = 0.002


class ChipAndLink:
    """One chip (pace ``stepped``) and a link. ``seconds`` is the chip's time since they were joined.

    What goes wrong on the way is set by the test: ``to_chip_s`` and ``to_link_s`` delay bytes; ``cut`` is the chance
    that a piece of bytes is damaged; ``gateway_rate`` is how much faster the gateway's clock runs than the chip's (a
    host that has no time for the chip); until ``deaf_until_s`` the gateway's process does not run at all.
    ``noise_to_chip`` and ``noise_to_link`` make of bytes what comes of them. ``heard`` gets every event of the link.
    """

    def __init__(self, chip: Chip, random: Random) -> None:
        self._chip = chip
        self._random = random
        self._now_ns = START_NS
        numbers = count(1)
        self.link = BoardLink(
            board="uno",
            random_boot_id=lambda: random.getrandbits(32),
            new_stream_id=lambda: f"s{next(numbers)}",
        )
        self.seconds = 0.0
        self.to_chip_s = self.to_link_s = self.cut = 0.0
        self.gateway_rate = 1.0
        self.deaf_until_s = 0.0
        self.noise_to_chip: Callable[[bytes], bytes] = bytes
        self.noise_to_link: Callable[[bytes], bytes] = bytes
        self.heard: Callable[[LinkEvent], None] = lambda event: None
        self._handles = count(1)
        self.state = BoardState.DOWN
        self.faults: set[str] = set()
        self.sampled_s = -1.0  # when samples of A0 came last
        self._a0: set[str] = set()  # streams that carry it
        self._to_chip: list[tuple[float, bytes]] = []
        self._to_link: list[tuple[float, bytes]] = []

    def plug(self) -> None:
        """Open the pipe, or close and open it: what was on its way is gone."""
        self.link.connection_lost(self._now_ns, "unplugged")
        self._to_chip.clear()
        self._to_link.clear()
        self.link.connection_made(self._now_ns)
        self._carry()

    def ask(self, request: BoardRequest, within_s: float = 2.0) -> int:
        """Send a request; its handle, which the event of its end has."""
        handle = next(self._handles)
        self.link.send(self._now_ns, handle, request, self._now_ns + int(within_s * 1e9))
        self._carry()
        return handle

    def calm(self) -> None:
        """Nothing goes wrong from now on."""
        self.to_chip_s = self.to_link_s = self.cut = self.deaf_until_s = 0.0
        self.gateway_rate = 1.0
        self.noise_to_chip = self.noise_to_link = bytes

    def go(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.seconds + seconds
        while self.seconds < end_s:
            self._step()

    def until_sampled(self, within_s: float) -> bool:
        """Let time pass until the board is live and a sample of A0 has come since now; whether that happened."""
        began_s = self.seconds
        while self.seconds < began_s + within_s:
            self._step()
            if self.state is BoardState.LIVE and self.sampled_s > began_s:
                return True
        return False

    def _step(self) -> None:
        self.seconds += _STEP_S
        self._now_ns += int(_STEP_S * 1e9 * self.gateway_rate)
        for data in _due(self._to_chip, self.seconds - self.to_chip_s):
            self._chip.send(self.noise_to_chip(data))
        if said := self._damaged(self.noise_to_link(self._chip.run(_STEP_S))):
            self._to_link.append((self.seconds, said))
        if self.seconds < self.deaf_until_s:
            return
        self.link.receive_data(self._now_ns, b"".join(_due(self._to_link, self.seconds - self.to_link_s)))
        self._carry()
        self.link.tick(self._now_ns)
        self._carry()

    def _carry(self) -> None:
        for event in self.link.events():
            self.heard(event)
            match event:
                case LinkState(state, _):
                    self.state = state
                case StreamStarted(stream) if stream.dt_ticks and any(each.name == "A0" for each in stream.channels):
                    self._a0.add(stream.id)
                case StreamEnded(stream_id, _, _):
                    self._a0.discard(stream_id)
                case BatchReceived(batch) if batch.stream in self._a0:
                    self.sampled_s = self.seconds
                case FaultCounted(kind, _, _):
                    self.faults.add(kind)
                case _:
                    pass
        if data := self._damaged(self.link.data_to_send()):
            self._to_chip.append((self.seconds, data))

    def _damaged(self, data: bytes) -> bytes:
        if not data or self._random.random() >= self.cut:
            return data
        spoilt = bytearray(data)
        at = self._random.randrange(len(spoilt))
        match self._random.randrange(3):
            case 0:
                del spoilt[at : at + self._random.randrange(1, 20)]
            case 1:
                spoilt[at] ^= 1 << self._random.randrange(8)
            case _:
                spoilt[at:at] = self._random.randbytes(3)
        return bytes(spoilt)


def _due(waiting: list[tuple[float, bytes]], sent_by_s: float) -> list[bytes]:
    """Takes out what was sent by then."""
    due = [data for sent_s, data in waiting if sent_s <= sent_by_s]
    waiting[:] = [(sent_s, data) for sent_s, data in waiting if sent_s > sent_by_s]
    return due
