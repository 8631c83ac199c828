"""Counts the scans of a stream and of its successors: each number that the board gave is received or counted as lost.

Nothing here asks how fast anything was. A simulated chip that falls behind the wall clock makes the gateway end a
stream with ``clock`` and begin its successor; a client without processor time is passed over. Neither loses a scan
without a word.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.e2e.gateway import Watcher
from tests.support.chip import CLOCK_HZ, Chip

# What a link without a fault of its own may still count: answers that came when nobody waited any more, and replies to
# what was asked again meanwhile, because this machine had no time for the gateway.
_OF_A_SLOW_HOST = {"unasked_answer", "duplicate_reply"}

Params = dict[str, Any]


class Tally:
    """Follows the stream that ``opened`` is (a STREAM of docs/reference/gateway.md) from its first batch on."""

    def __init__(self, opened: Params) -> None:
        self.received = 0
        self.made = 0
        self.lost: Counter[str] = Counter()  # by place
        self.causes: list[str] = []  # why streams of it ended
        self._said: Counter[str] = Counter()  # board's and wire's losses as the batches say them
        self._next: dict[str, int | None] = {opened["stream"]: None}  # by stream: the number that is due
        self._dropped: Counter[str] = Counter()  # for this client, since the last batch

    def opened(self, stream: Params) -> None:
        """A stream begins; it counts if it succeeds one that does."""
        if stream["predecessor"] in self._next and stream["stream"] not in self._next:
            self._next[stream["stream"]] = 0

    def ended(self, stream: Params) -> None:
        """A stream has ended."""
        if stream["stream"] in self._next:
            self.causes.append(stream["cause"])

    def loss(self, loss: Params) -> None:
        """Scans that never come."""
        # Before the first batch nothing is counted: where the stream began is not known.
        if self._next.get(loss["stream"]) is None:
            return
        self.lost[loss["place"]] += loss["count"]
        if loss["place"] == "client":
            self._dropped[loss["stream"]] += loss["count"]

    def batch(self, batch: Params) -> bool:
        """Scans; whether they count. Fails when a number is missing that nobody has counted."""
        stream, seq = batch["stream"], batch["seq"]
        if stream not in self._next:
            return False
        count = len(next(iter(batch["columns"].values())))
        due = self._next[stream]
        if due is not None:
            dropped = self._dropped.pop(stream, 0)
            assert seq == due + batch["lost"] + dropped, f"scan {due} of {stream} is neither here nor lost: {batch}"
            self._said["board and wire"] += batch["lost"]
            self.made += batch["lost"] + dropped
        self._next[stream] = seq + count
        self.made += count
        self.received += count
        return True

    def settle(self) -> None:
        """All that was made is received or lost, and the two ways in which losses are told agree."""
        assert self.received + self.lost.total() == self.made, (self.received, self.lost, self.made)
        assert self._said.total() == self.lost["board"] + self.lost["wire"], (self._said, self.lost)


def count_scans(chip: Chip, client: Watcher, seconds: float) -> Tally:
    """Let A0 to A3 run at 1 kHz for so much of the chip's time, then stop them. Fails on any scan that is neither here
    nor counted as lost, on any loss on board or wire, and on any fault.

    The board's watchdog may act when this machine had no time for the gateway for a second: that must show at an
    output, and only then may scans be lost, on the board.
    """
    channels = [f"{client.board['id']}/A{k}" for k in range(4)]
    client.call("set", channel="D12", value=True)  # the watchdog's witness: held for as long as heartbeats come
    at_first = chip.cycles()
    client.call("rate", channels=channels, hz=1_000)
    subscribed = client.call("subscribe", channels=channels)
    tally = client.tally = Tally(next(each for each in subscribed["streams"] if each["dt_s"] == 0.001))
    client.until(lambda: tally.made > 0, "the first scans")
    counted_from = chip.cycles()
    while tally.made < seconds * 1_000:
        before = tally.made
        client.until(lambda: tally.made > before, "more scans")  # noqa: B023 (it is called at once)
    counted_to = chip.cycles()
    client.call("rate", channels=channels, hz=0)
    at_last = chip.cycles()
    client.until(lambda: tally.causes[-1:] == ["rate"], "the stream's end")
    client.call("unsubscribe", subscription=subscribed["subscription"])
    client.tally = None

    tally.settle()
    # A scan is 16,000 cycles of the chip, whatever any other clock says.
    assert (counted_to - counted_from) / CLOCK_HZ * 1_000 - 1 <= tally.made
    assert tally.made <= (at_last - at_first) / CLOCK_HZ * 1_000 + 1
    assert set(tally.causes[:-1]) <= {"clock"}, tally.causes
    paused = any(edge.level == 0 for edge in chip.edges("D12", since_cycle=at_first))
    assert tally.lost["wire"] == 0, tally.lost
    assert paused or tally.lost["board"] == 0, tally.lost
    faults = {event["text"].split(": ")[1] for event in client.events if event["kind"] == "fault"}
    assert faults <= _OF_A_SLOW_HOST, client.events
    line = chip.line()
    assert (line.overruns, line.ignored) == (0, 0), line
    assert client.call("boards")["boards"][0]["link"]["bad_frames"] == 0
    return tally
