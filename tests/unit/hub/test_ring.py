"""How much one stream's ring keeps."""

from __future__ import annotations

from ardugate.hub.limits import RING_NS
from ardugate.hub.ring import Ring
from tests.unit.hub.build import S, regular, scans


def test_a_slow_stream_is_kept_for_ten_minutes_and_no_longer() -> None:
    stream = regular(hz=1)
    ring = Ring(stream)
    for number in range(1_000):
        ring.append(number, scans(stream, number, 1))
    assert next(entry.batch.seq for entry in ring.entries) == 999 - RING_NS // S
    assert ring.floor_order == 998 - RING_NS // S


def test_the_last_batch_is_kept_however_long_nothing_followed() -> None:
    stream = regular(hz=1)
    ring = Ring(stream)
    ring.append(1, scans(stream, 0, 1))
    ring.append(2, scans(stream, 5_000, 1))
    assert [entry.batch.seq for entry in ring.entries] == [5_000]
