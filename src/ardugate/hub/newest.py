"""The newest value of each channel, wherever it came from."""

from __future__ import annotations

from dataclasses import dataclass

from ardugate.hub.resolve import Address, Directory
from ardugate.hub.ring import Ring
from ardugate.model import BoardState, Channel, Value


@dataclass(frozen=True, slots=True)
class Last:
    """The newest value of a channel. ``value`` None: the board said "no value"."""

    board: str
    channel: Channel
    value: Value
    at_ns: int
    stale: bool


class Newest:
    """Which ring has each channel's newest value: that of the stream which was the last to bring one."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._rings: dict[Address, tuple[Ring, int]] = {}

    def begin(self, ring: Ring) -> None:
        """A stream brings its first batch."""
        for index, channel in enumerate(ring.stream.channels):
            self._rings[Address(ring.stream.board, channel.name)] = (ring, index)

    def last(self, board: str, channel: str, now_ns: int) -> Last | None:
        """The newest value of a channel (its own name), None when it never had one."""
        found = self._rings.get(Address(board, channel))
        if found is None or (entry := found[0].last) is None:
            return None
        ring, index = found
        scan = entry.batch.count - 1
        own = ring.stream.channels[index]
        offsets_s = ring.stream.offsets_s
        at_ns = ring.scan_ns(entry.batch, scan) + (round(offsets_s[index] * 1e9) if offsets_s else 0)
        known = self._directory.get(board)
        live = known is not None and known.state in (BoardState.LIVE, BoardState.REPLAY)
        value = own.values(entry.batch.columns[index][-1:])[0]
        return Last(board, own, value, at_ns, not live or ring.is_stale(at_ns, now_ns))
