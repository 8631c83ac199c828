"""Seconds and minutes of a channel are what its scans say, to the last bit of the count."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import replace

import pytest

from ardugate.model import Batch
from ardugate.record.blocks import blocks_in
from ardugate.record.tiers import Tier, TierRow, TierTape, rows_of
from tests.unit.record.build import T0, edges, led, pot, scans

S = 10**9
FOR_EVER_S = 1 << 40


@pytest.mark.parametrize("size", [1, 7, 100, 250])
@pytest.mark.parametrize("hz", [3, 100, 1_000])
def test_a_second_holds_exactly_its_scans(hz: float, size: int) -> None:
    stream, tier = pot(hz=hz), Tier(1)
    values = defaultdict[int, list[int]](list)
    for seq in range(0, 5 * size, size):
        batch, _ = scans(stream, seq, size)
        tier.add(stream, batch)
        for row, value in enumerate(batch.columns[1]):
            at_ns = batch.t0_ns + round(row * (stream.dt_s or 0) * 1e9)
            values[at_ns // S].append(int(str(value)))
    found = {row.at_s: row for row in tier.rows(FOR_EVER_S) if row.address == "greenhouse/A1"}
    assert {at_s: (row.n, row.low, row.high) for at_s, row in found.items()} == {
        at_s: (len(each), min(each), max(each)) for at_s, each in values.items()
    }
    assert all(found[at_s].mean == pytest.approx(sum(each) / len(each)) for at_s, each in values.items())


def test_edges_count_by_their_own_times() -> None:
    tier = Tier(1)
    batch = Batch("e1", 0, T0, [array("B", [1, 0, 1])], array("q", [T0, T0 + S - 1, T0 + S]))
    tier.add(led(), batch)
    assert tier.rows(FOR_EVER_S) == [
        TierRow(T0 // S, "greenhouse/D2", 2, 0, 1, 0.5),
        TierRow(T0 // S + 1, "greenhouse/D2", 1, 1, 1, 1),
    ]


def test_minutes_are_made_of_seconds() -> None:
    minutes = Tier(60)
    for at_s in range(120):
        minutes.merge(TierRow(at_s, "a/b", 10, at_s, at_s + 1, at_s + 0.5))
    assert minutes.rows(FOR_EVER_S) == [
        TierRow(0, "a/b", 600, 0, 60, 30),
        TierRow(60, "a/b", 600, 60, 120, 90),
    ]


def test_only_what_is_complete_is_given() -> None:
    tier = Tier(1)
    tier.add(led(), edges(led(), 0, [1])[0])
    assert tier.rows(T0 // S) == []
    assert len(tier.rows(T0 // S + 1)) == 1
    assert tier.rows(FOR_EVER_S) == []


def test_values_are_in_the_channels_unit_and_what_is_no_number_counts_nothing() -> None:
    stream = pot()
    channel = replace(stream.channels[0], scale=-0.5, offset=3)
    single = replace(stream, channels=(channel,), dtype="f32")
    tier = Tier(1)
    tier.add(single, Batch("b1", 0, T0, [array("f", [float("nan"), 2, 4, float("inf")])]))
    tier.add(single, Batch("b1", 4, T0 + S, [array("f", [float("nan")])]))
    assert tier.rows(FOR_EVER_S) == [TierRow(T0 // S, "greenhouse/A0", 2, 1, 2, 1.5)]


def test_rows_come_back_from_their_blocks_in_every_file() -> None:
    tape = TierTape()
    first = [TierRow(5, "a/x", 1, 1.5, 2.5, 2.0), TierRow(5, "a/y", 2, -1.0, 0.0, -0.5)]
    second = [TierRow(6, "a/x", 3, 0.0, 0.0, 0.0)]
    assert list(rows_of(blocks_in(tape.blocks(first) + tape.blocks(second)))) == first + second
    assert list(rows_of(blocks_in(tape.preamble() + tape.blocks(second)))) == second
