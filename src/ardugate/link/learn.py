"""What the gateway asks after a hello: descriptor, modes and streams (docs/reference/wire.md, 3.3)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link.jobs import StepsTo
from ardugate.wire.answers import ModeEntry, StreamEntry, parse_modes, parse_streams
from ardugate.wire.descriptor import Descriptor, parse_descriptor
from ardugate.wire.messages import Fault, Query, What

# A descriptor whose check fails is fetched again, so often; its frames are checked themselves, so a second failure
# means that the board contradicts itself.
_TRIES: Final = 3
_MAX_CHANNEL: Final = 254


@dataclass(frozen=True, slots=True)
class Learned:
    """What a board said of itself."""

    descriptor: Descriptor
    modes: dict[int, ModeEntry]
    streams: list[StreamEntry]


def learn(size: int, crc: int, cached: Descriptor | None) -> StepsTo[Learned]:
    """Ask for everything; the descriptor (``size`` bytes with this CRC-32) only where it is not known yet. Raises
    RequestError ``internal`` when the board contradicts itself."""
    descriptor = cached if cached is not None else (yield from _descriptor(size, crc))
    modes = yield from learn_modes()
    streams = yield from learn_streams()
    return Learned(descriptor, modes, streams)


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
