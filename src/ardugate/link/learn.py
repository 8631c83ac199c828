"""What the gateway asks after a hello: descriptor, modes and streams (docs/reference/wire.md, 3.3)."""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link.jobs import StepsTo
from ardugate.model import Firmware
from ardugate.wire.answers import ModeEntry, StreamDetail, StreamEntry, parse_modes, parse_stream, parse_streams
from ardugate.wire.descriptor import Descriptor, parse_descriptor, serialize_descriptor
from ardugate.wire.messages import RESET_CAUSES, BoardHello, Fault, Query, What

# A descriptor whose check fails is fetched again, so often; its frames are checked themselves, so a second failure
# means that the board contradicts itself.
_TRIES: Final = 3
_MAX_CHANNEL: Final = 254


@dataclass(frozen=True, slots=True)
class Lists:
    """What a board lists: the mode of each channel, its sampled streams, and what it says more of them, by number."""

    modes: dict[int, ModeEntry]
    streams: list[StreamEntry]
    details: dict[int, StreamDetail]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a board said of itself."""

    descriptor: Descriptor
    firmware: Firmware
    lists: Lists


class Learner:
    """Asks for everything after a hello; keeps the last descriptor, which is fetched once for all its boots."""

    def __init__(self) -> None:
        self._hello: BoardHello | None = None
        self._cached: tuple[int, int, Descriptor] | None = None  # with its size and CRC
        self._renamed_crc: int | None = None  # of the descriptor with the name that the board was given

    def same_board(self, hello: BoardHello) -> bool:
        """Whether this hello is the same sketch's on the same board as the last that was learned from."""
        last = self._hello
        if last is None:
            return True
        if hello.descriptor_crc not in (last.descriptor_crc, self._renamed_crc):
            return False
        # A board without an identity is given one while it is live.
        return 0 in (last.identity, hello.identity) or last.identity == hello.identity

    def named(self, name: str) -> None:
        """The board has a new name, which its descriptor will say from its next boot on: until then it is said here."""
        if self._cached is not None:
            size, crc, descriptor = self._cached
            renamed = replace(descriptor, name=name)
            self._cached = (size, crc, renamed)
            with suppress(ValueError):  # a record that is too long now: the board will have to shorten something itself
                self._renamed_crc = zlib.crc32(serialize_descriptor(renamed))

    def learn(self, hello: BoardHello) -> StepsTo[Learned]:
        """Ask. Raises RequestError ``internal`` when the board contradicts itself."""
        self._hello = hello
        size, crc = hello.descriptor_bytes, hello.descriptor_crc
        if self._cached is None or self._cached[:2] != (size, crc):
            descriptor = yield from _descriptor(size, crc)
            self._cached = (size, crc, descriptor)
        lists = yield from learn_lists()
        cause = RESET_CAUSES[hello.reset_cause] if hello.reset_cause < len(RESET_CAUSES) else RESET_CAUSES[0]
        firmware = Firmware(hello.wire, ".".join(map(str, hello.firmware)), hello.identity, cause)
        return Learned(self._cached[2], firmware, lists)


def learn_lists() -> StepsTo[Lists]:
    """Ask for all the lists."""
    modes = yield from learn_modes()
    streams = yield from learn_streams()
    details = yield from _details(streams)
    return Lists(modes, streams, details)


def learn_modes() -> StepsTo[dict[int, ModeEntry]]:
    """The mode of each channel, by its id."""
    modes: dict[int, ModeEntry] = {}
    first = 0
    while first <= _MAX_CHANNEL:
        data = yield Query(What.MODES, first)
        entries = parse_modes(data) if isinstance(data, bytes) else None
        if entries is None:
            raise _contradiction("its list of modes is no whole number of entries")
        if not entries:
            break
        modes.update({entry.channel: entry for entry in entries})
        # A list that does not go on would be asked for for ever.
        first = max(first, entries[-1].channel) + 1
    return modes


def learn_streams() -> StepsTo[list[StreamEntry]]:
    """The sampled streams that run."""
    data = yield Query(What.STREAMS)
    streams = parse_streams(data) if isinstance(data, bytes) else None
    if streams is None:
        raise _contradiction("its list of streams is cut off")
    return streams


def _details(streams: list[StreamEntry]) -> StepsTo[dict[int, StreamDetail]]:
    """What the board says of each of these sampled streams; nothing, if its firmware is older."""
    details: dict[int, StreamDetail] = {}
    for entry in streams:
        data = yield Query(What.STREAM, entry.stream)
        detail = parse_stream(data) if isinstance(data, bytes) else None
        if detail is not None and detail.period_ticks == entry.period_ticks:
            details[entry.stream] = detail
    return details


def _descriptor(size: int, crc: int) -> StepsTo[Descriptor]:
    for _ in range(_TRIES):
        got = bytearray()
        while len(got) < size:
            data = yield Query(What.DESCRIPTOR, len(got))
            if not isinstance(data, bytes) or not data:
                break
            got += data
        if zlib.crc32(got) == crc:
            descriptor = parse_descriptor(bytes(got))
            if isinstance(descriptor, Fault):
                raise _contradiction(descriptor.detail)
            return descriptor
    raise _contradiction("its descriptor is not what its hello says")


def _contradiction(what: str) -> RequestError:
    return RequestError(Reason.INTERNAL, f"the board contradicts itself: {what}", "its firmware may be faulty")
