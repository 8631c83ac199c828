"""Where samples go: held until the board is known, then to the stream that they belong to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from ardugate.link.clock import BoardClock
from ardugate.link.known import Known
from ardugate.link.streams import Streams
from ardugate.wire.messages import Fault, Irregular, Samples
from ardugate.wire.records import unpack_records

_MS: Final = 1_000_000

# Samples that come before modes, streams and clock are known: a second of full frames at 115,200 baud is 45.
_MAX_HELD: Final = 256
# Samples of the mode before may come this long after the reply to a mode command: they waited on the board.
_LATE_MS: Final = 2_000


class Intake:
    """Routes the samples of one boot. ``changed`` is called after a frame told that a channel's mode is another one,
    ``doubt`` when a sampled stream runs that nobody knows."""

    def __init__(self, streams: Streams, changed: Callable[[], None], doubt: Callable[[], None]) -> None:
        self._streams = streams
        self._changed = changed
        self._doubt = doubt
        self._held = deque[Samples | Irregular](maxlen=_MAX_HELD)
        self._replied_ns: dict[int, int] = {}

    def clear(self) -> None:
        """Forget what is held."""
        self._held.clear()

    def begin(self) -> None:
        """Another boot begins."""
        self._held.clear()
        self._replied_ns.clear()

    def hold(self, message: Samples | Irregular) -> None:
        """Keep a frame until the board is known."""
        self._held.append(message)

    def release(self) -> list[Samples | Irregular]:
        """What was held, in order."""
        held = list(self._held)
        self._held.clear()
        return held

    def mode_replied(self, channel: int, now_ns: int) -> None:
        """The board said by a REPLY which mode the channel has: what comes in another one is late."""
        self._replied_ns[channel] = now_ns

    def take(self, message: Samples | Irregular, known: Known, clock: BoardClock, now_ns: int) -> Fault | None:
        """Decode a frame into its stream."""
        if isinstance(message, Irregular):
            return self._irregular(message, known, clock, now_ns)
        if self._streams.knows(message.stream):
            return self._streams.samples(message, clock, now_ns)
        if self._streams.ended_lately(message.stream, now_ns):
            return Fault("late_samples", f"samples of stream {message.stream}, which has ended")
        self._doubt()
        return Fault("unknown_stream", f"samples of stream {message.stream}")

    def _irregular(self, message: Irregular, known: Known, clock: BoardClock, now_ns: int) -> Fault | None:
        number, mode = message.channel, message.mode
        if self._streams.mode_of(number) == mode:
            return self._streams.irregular(message, clock, now_ns)
        unknown = Fault("unknown_stream", f"samples of channel {number} in mode {mode}")
        form = known.form(number, mode) if number in known.channels else None
        records = unpack_records(form, message.records) if form else None
        if records is None:
            return unknown
        replied_ns = self._replied_ns.get(number)
        if replied_ns is not None and now_ns - replied_ns < _LATE_MS * _MS:
            self._streams.pass_over(message, len(records[0]), now_ns)
            return None
        # The board changed the mode, or its reply to our command is still to come.
        known.set_mode(number, mode, claimed=False)
        known.refresh()
        self._changed()
        return self._streams.irregular(message, clock, now_ns) if self._streams.mode_of(number) == mode else unknown
