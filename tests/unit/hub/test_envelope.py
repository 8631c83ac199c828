"""Minimum and maximum over 2^k scans: nothing is hidden, and every rule of raw streams holds."""

from __future__ import annotations

from array import array
from dataclasses import replace
from itertools import pairwise
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardugate.errors import Reason, RequestError
from ardugate.hub import Hub, Resolver, ring
from ardugate.model import Batch, Delivery, Form, Loss, StreamOpened, Taken
from tests.unit.hub.build import T0, S, deliveries, drain, edges, hub_with, irregular, regular, scans

Bucket = tuple[int, int, int]
"""Its number, minimum and maximum of the first channel."""

BATCHES = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 2, 7, 40]), st.integers(1, 25)), min_size=1, max_size=25)
# Of a stream of 100 Hz: 2, 4, 8 and 16 scans a bucket.
RATES = st.sampled_from([50.0, 25.0, 12.5, 10.0])


def value_of(seq: int) -> int:
    """Scans that go up and down, so that neither end of a bucket is its minimum."""
    return seq * 7_919 % 1_009


def wild(seq: int, count: int, lost: int = 0) -> Batch:
    stream = regular(hz=100)
    column = array("H", [value_of(number) for number in range(seq, seq + count)])
    other = array("H", [0] * count)
    return Batch(stream.id, seq, T0 + seq * S // 100, [column, other], lost=lost)


def expected(batches: list[Batch], every: int, *, ended: bool = False) -> list[Bucket]:
    """Each bucket of which something came and that is over, by counting."""
    buckets: dict[int, list[int]] = {}
    end = 0
    for batch in batches:
        end = batch.seq + batch.count
        for seq in range(batch.seq, end):
            buckets.setdefault(seq // every, []).append(value_of(seq))
    return [(number, min(had), max(had)) for number, had in buckets.items() if ended or (number + 1) * every <= end]


def got(taken: list[Taken]) -> list[Bucket]:
    return [
        (number, low, high)
        for each in deliveries(taken)
        for number, low, high in zip(
            range(each.seq, each.seq + each.count), *(map(int, column) for column in each.columns[:2]), strict=True
        )
    ]


def subscribe(hub: Hub, client: str, hz: float, cursor: str | None = None) -> int:
    """A subscription from another place; returns how many scans make a bucket."""
    resolver = Resolver(hub.directory)
    subscribed = hub.subscribe(client, resolver, form=Form.ENVELOPE, max_hz=hz, cursor=cursor, now_ns=T0)
    return subscribed.views[0].every if subscribed.views else 0


def as_batches(steps: list[tuple[int, int]]) -> list[Batch]:
    made: list[Batch] = []
    seq = 0
    for lost, count in steps:
        made.append(wild(seq + lost, count, lost))
        seq += lost + count
    return made


@settings(max_examples=300)
@given(steps=BATCHES, hz=RATES, data=st.data())
def test_every_bucket_comes_once_and_right_to_whoever_comes_when_ever(
    steps: list[tuple[int, int]], hz: float, data: st.DataObject
) -> None:
    stream = regular(hz=100)
    hub, _ = hub_with(stream)
    every = subscribe(hub, "early", hz)
    batches = as_batches(steps)
    taken: list[Taken] = []
    told = [0]
    for order, batch in enumerate(batches, 1):
        hub.publish(batch)
        new = drain(hub, "early")
        taken += new
        told.append(len(got(taken)))
        # A bucket that a gap ended comes before those of the batch that followed: until these are there too it is the
        # batch before that was the last one whole.
        assert [each.cursor for each in deliveries(new)][-1:] in ([], [f"7f3a-{order:x}"], [f"7f3a-{order - 1:x}"])
        assert all(each.cursor == f"7f3a-{order - 1:x}" for each in deliveries(new)[:-1])
    hub.stream_ended(stream.id, "rate", T0)
    taken += drain(hub, "early")
    everything = expected(batches, every, ended=True)
    assert got(taken) == everything
    for before, after in pairwise(deliveries(taken)):
        assert after.seq - after.lost == before.seq + before.count, "what is missing is counted"
    late, _ = hub_with(stream)
    for batch in batches:
        late.publish(batch)
    whole = expected(batches, every)
    subscribe(late, "snapshot", hz)
    assert got(drain(late, "snapshot"))[-1:] == whole[-1:]
    for client in ("first", "second", "third"):  # each reaches further back, or less far, than those before
        order = data.draw(st.integers(0, len(batches)))
        subscribe(late, client, hz, f"7f3a-{order:x}")
        assert got(drain(late, client)) == whole[told[order] :]
    late.stream_ended(stream.id, "rate", T0)
    for client in ("first", "second", "third"):
        assert got(drain(late, client)) == everything[len(whole) :]


@settings(max_examples=300)
@given(steps=BATCHES, hz=RATES, kept=st.integers(2, 6), data=st.data())
def test_a_cursor_is_refused_or_brings_whole_buckets(
    steps: list[tuple[int, int]], hz: float, kept: int, data: st.DataObject
) -> None:
    stream = regular(hz=100)
    batches = as_batches(steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ring, "RING_BATCHES", kept)
        hub, _ = hub_with(stream)
        for batch in batches:
            hub.publish(batch)
        after = data.draw(st.integers(0, len(batches)))
        every = 1 << next(power for power in range(8) if 100 / (1 << power) <= hz)
        refused: Reason | None = None
        try:
            subscribe(hub, "c1", hz, f"7f3a-{after:x}")
        except RequestError as refusal:
            refused = refusal.reason
        if refused is not None:
            assert refused is Reason.CURSOR_EXPIRED
            assert len(batches) > kept
            subscribe(hub, "c1", hz)
        brought = got(drain(hub, "c1"))
    whole = expected(batches, every)
    had = len(whole) - len(brought) if refused else len(expected(batches[:after], every))
    assert brought == whole[had:]


@settings(max_examples=200)
@given(steps=st.lists(st.integers(1, 40), min_size=1, max_size=40), takes=st.sets(st.integers(0, 40)), hz=RATES)
def test_what_a_slow_client_missed_is_counted(steps: list[int], takes: set[int], hz: float) -> None:
    stream = regular(hz=100)
    batches = as_batches([(0, count) for count in steps])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ring, "RING_BATCHES", 3)
        hub, _ = hub_with(stream)
        every = subscribe(hub, "c1", hz)
        taken: list[Taken] = []
        for index, batch in enumerate(batches):
            hub.publish(batch)
            if index in takes:
                taken += drain(hub, "c1")
        taken += drain(hub, "c1")
    whole = expected(batches, every)
    dropped = sum(each.count for each in taken if isinstance(each, Loss))
    assert len(got(taken)) + dropped == len(whole)
    assert set(got(taken)) <= set(whole)
    assert hub.dropped("c1") == dropped


def test_a_spike_of_one_scan_shows() -> None:
    stream = regular(hz=1_000)
    hub, resolver = hub_with(stream)
    view = hub.subscribe("c1", resolver, form=Form.ENVELOPE, max_hz=10, now_ns=T0).views[0]
    assert (view.form, view.every, view.rate_hz) == (Form.ENVELOPE, 128, 1_000 / 128)
    for seq in range(0, 256, 8):
        batch = scans(stream, seq, 8)
        hub.publish(replace(batch, columns=[array("H", [1_023 if seq + at == 77 else 500 for at in range(8)])] * 2))
    taken = drain(hub, "c1")
    assert isinstance(taken[0], StreamOpened)
    assert got(taken) == [(0, 500, 1_023), (1, 500, 500)]
    assert [each.t0_ns for each in deliveries(taken)] == [T0, T0 + 128 * S // 1_000]


def test_equal_envelopes_are_identical_objects() -> None:
    stream = regular(hz=100)
    hub, _ = hub_with(stream)
    for client in ("c1", "c2"):
        subscribe(hub, client, 10)
    hub.publish(scans(stream, 0, 64))
    (first,), (second,) = deliveries(drain(hub, "c1")), deliveries(drain(hub, "c2"))
    assert first is second
    assert first.count == 4


@pytest.mark.parametrize("kind", ["edges", "a slow stream"])
def test_where_nothing_is_thinned_an_envelope_is_the_raw_stream(kind: str) -> None:
    stream = irregular() if kind == "edges" else regular(hz=10)
    hub, resolver = hub_with(stream)
    raw = hub.subscribe("c1", resolver, now_ns=T0).views[0]
    view = hub.subscribe("c2", resolver, form=Form.ENVELOPE, now_ns=T0).views[0]
    assert view is raw
    hub.publish(edges(stream, 0, [1], [T0]) if kind == "edges" else scans(stream, 0, 1))
    assert deliveries(drain(hub, "c1")) == deliveries(drain(hub, "c2")) != []


def test_missing_values_hide_nothing() -> None:
    stream = replace(regular(hz=100, names=("temp",)), dtype="f32")
    hub, _ = hub_with(stream)
    subscribe(hub, "c1", 25)
    hub.publish(Batch(stream.id, 0, T0, [array("f", [nan, 2, 1, nan, nan, nan, nan, nan])]))
    (delivery,) = deliveries(drain(hub, "c1"))
    low, high = delivery.columns
    assert (low[0], high[0]) == (1, 2)
    assert isnan(float(low[1]))
    assert isnan(float(high[1]))


def test_a_loss_of_whole_buckets_is_told_in_buckets() -> None:
    stream = regular(hz=100)
    hub, _ = hub_with(stream)
    every = subscribe(hub, "c1", 25)
    assert every == 4
    hub.publish(wild(0, 6))
    hub.lost(Loss("wire", "damaged", stream.id, 20, 6, T0))
    hub.publish(wild(26, 6, lost=20))
    _, first, loss, begun, rest = drain(hub, "c1")
    assert isinstance(first, Delivery)
    assert isinstance(begun, Delivery)
    assert isinstance(rest, Delivery)
    assert isinstance(loss, Loss)
    assert (first.seq, first.count) == (0, 1)
    assert (loss.from_seq, loss.count) == (2, 4), "of 1 and 6 something came"
    assert (begun.seq, begun.count, begun.lost) == (1, 1, 0)
    assert (rest.seq, rest.count, rest.lost) == (6, 2, 4)
