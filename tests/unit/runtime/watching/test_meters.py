"""What the gateway counts by itself."""

from __future__ import annotations

from array import array

import pytest

from ardugate.model import Batch, Channel, Mode, Stream, ValueType
from ardugate.runtime.watching.meters import Meters
from ardugate.session.encode import Dialect

T0 = 1_700_000_000_000_000_000


@pytest.fixture
async def meters() -> Meters:
    made = Meters()
    channels = tuple(Channel(14 + k, f"A{k}", ValueType.INT, Mode.ANALOG, dtype="u16") for k in range(2))
    made.stream_started(Stream("b1", "uno", channels, "u16", 160_000, 16_000_000, T0))
    return made


def publish(meters: Meters) -> None:
    meters.published(Batch("b1", 0, T0, [array("H", range(3)), array("H", range(3))]))


async def test_a_scan_of_two_channels_is_two_samples(meters: Meters) -> None:
    publish(meters)
    assert (meters.scans["uno"], meters.samples["uno"]) == (3, 6)


async def test_the_oldest_of_a_tick_is_timed_once_and_only_while_somebody_listens(meters: Meters) -> None:
    publish(meters)
    publish(meters)
    meters.served(anybody=True)
    meters.served(anybody=True)  # nothing came since
    assert sum(meters.forwarding.counts) == 1
    publish(meters)
    meters.served(anybody=False)
    meters.served(anybody=True)
    assert sum(meters.forwarding.counts) == 1


async def test_what_goes_out_is_counted_by_dialect_and_kind(meters: Meters) -> None:
    meters.sent(Dialect.JSON, "samples", 2, 100)
    meters.sent(Dialect.JSON, "samples", 1, 50)
    meters.sent(Dialect.BINARY, "control", 1, 7)
    assert meters.sent_bytes == {(Dialect.JSON, "samples"): 150, (Dialect.BINARY, "control"): 7}
    assert meters.sent_messages[Dialect.JSON, "samples"] == 3
