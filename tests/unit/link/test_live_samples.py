"""A live board always samples, whatever happened on the way: many cases, each follows from its seed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import pytest

from ardugate.link.events import BatchReceived, StreamEnded, StreamStarted
from ardugate.model import BoardState
from ardugate.wire.framing import encode
from ardugate.wire.messages import Hello, serialize
from tests.support.joined import MS, PLAIN, Joined


def _mishap(both: Joined, random: Random) -> None:
    match random.choice(["reset", "reset", "silence", "plug", "stranger", "nothing"]):
        case "reset":
            both.sim.reset(both.now_ns)
        case "silence":
            both.sim.silence(both.now_ns, random.randrange(2_000) * MS)
        case "plug":
            both.unplug()
            both.run(random.randrange(1_500))
            both.plug()
        case "stranger":
            both.sim.receive_data(both.now_ns, encode(serialize(Hello(random.getrandbits(32) | 1))))
        case _:
            pass


def _spoilt(data: bytes, random: Random, chance: float) -> bytes:
    if not data or random.random() >= chance:
        return data
    spoilt = bytearray(data)
    at = random.randrange(len(spoilt))
    del spoilt[at : at + random.randrange(3)]
    spoilt[at : at + 1] = random.randbytes(random.randrange(3))
    return bytes(spoilt)


class Following(Joined):
    """Knows which streams with A0 run."""

    def __init__(self, boot_ms: int, seed: int) -> None:
        self.running: set[str] = set()
        super().__init__(replace(PLAIN, baud=115_200, boot_ms=boot_ms), seed=seed)

    def collect(self) -> None:
        seen = len(self.events)
        super().collect()
        for event in self.events[seen:]:
            match event:
                case StreamStarted(stream) if any(channel.name == "A0" for channel in stream.channels):
                    self.running.add(stream.id)
                case StreamEnded(stream_id, _, _):
                    self.running.discard(stream_id)
                case _:
                    pass

    def samples(self) -> bool:
        """Whether a stream that carries A0 runs and has brought samples since the events were cleared."""
        return any(event.batch.stream in self.running for event in self.of(BatchReceived))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happened_a_live_board_samples(seed: int) -> None:
    random = Random(seed)
    both = Following(random.choice([0, 0, 1_000]), seed)
    both.plug()
    for _ in range(6):
        chance = random.choice([0, 0, 0.05, 0.3])
        both.to_board = both.to_link = partial(_spoilt, random=random, chance=chance)
        for _ in range(random.randrange(4)):
            _mishap(both, random)
            both.run(random.randrange(random.choice([50, 300, 2_000])))
        both.to_board = both.to_link = bytes
        both.run(3_500)  # a silence may last two seconds yet, a bootloader one
        assert both.state() is BoardState.LIVE
        both.events.clear()
        both.run(500)
        assert both.samples()
