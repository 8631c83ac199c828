"""Whatever happens, every scan is delivered, or counted in exactly one place."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardugate.errors import Reason, RequestError
from ardugate.hub import ring as ring_module
from ardugate.model import Delivery, Form, Loss, StreamClosed, StreamOpened, Taken
from tests.unit.hub.build import T0, S, deliveries, drain, edges, hub_with, irregular, regular, scans


@dataclass(slots=True)
class Account:
    """What one client knows of one stream, by adding up what it was given."""

    received: int = 0
    lost: int = 0
    dropped: int = 0
    next_seq: int = 0

    def add(self, items: list[Taken]) -> None:
        for item in items:
            match item:
                case Delivery():
                    assert item.seq - item.lost >= self.next_seq, "nothing comes twice"
                    self.received += item.count
                    self.lost += item.lost
                    self.next_seq = item.seq + item.count
                    for number, value in enumerate(item.columns[0], item.seq):
                        assert value == number * item.view.every % 1_000
                case Loss(place="client"):
                    assert item.from_seq >= self.next_seq
                    self.dropped += item.count
                case Loss() | StreamOpened() | StreamClosed():
                    pass


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("batch"), st.integers(1, 30), st.integers(0, 3)),
        st.tuples(st.just("take"), st.integers(1, 500), st.just(0)),
    ),
    max_size=80,
)


@settings(max_examples=300)
@given(steps=STEPS, hz=st.sampled_from([100.0, 60.0, 13.0, 1.0]), kept=st.integers(2, 12))
def test_what_a_subscription_got_plus_what_it_missed_is_what_was_published(
    steps: list[tuple[str, int, int]], hz: float, kept: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ring_module, "RING_BATCHES", kept)
        stream = regular(hz=100)
        hub, resolver = hub_with(stream)
        every = hub.subscribe("slow", resolver, max_hz=hz, now_ns=T0).views[0].every
        account = Account()
        seq = published = missing = 0
        for action, size, lost in steps:
            if action == "take":
                account.add(hub.take("slow", T0, max_bytes=size))
                continue
            if lost:
                hub.lost(Loss("wire", "damaged", stream.id, lost, seq, T0))
                missing += sum(number % every == 0 for number in range(seq, seq + lost))
                seq += lost
            hub.publish(scans(stream, seq, size, lost=lost))
            published += sum(number % every == 0 for number in range(seq, seq + size))
            seq += size
        account.add(drain(hub, "slow"))
    assert account.received + account.dropped == published
    assert account.dropped == hub.dropped("slow")
    assert account.lost <= missing
    if not account.dropped:
        # A loss after the last kept scan has no batch yet that could tell it.
        assert missing - account.lost <= 1 + seq // every - account.next_seq
    in_ledger = {(total.place, total.reason): total.count for total in hub.ledger.totals()}
    assert in_ledger.get(("client", "slow"), 0) == account.dropped


@settings(max_examples=200)
@given(
    batches=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=25),
    hz=st.sampled_from([100.0, 30.0, 10.0]),
    data=st.data(),
)
def test_who_comes_later_gets_exactly_the_rest(batches: list[tuple[int, int]], hz: float, data: st.DataObject) -> None:
    stream = regular(hz=100)
    (early, early_resolver), (late, late_resolver) = hub_with(stream), hub_with(stream)
    early.subscribe("c1", early_resolver, max_hz=hz, now_ns=T0)
    seq = 0
    for lost, count in batches:
        for hub in (early, late):
            hub.publish(scans(stream, seq + lost, count, lost=lost))
        seq += lost + count
    everything = deliveries(drain(early, "c1"))
    for client in ("snapshot", "c1", "c2", "c3"):  # the later ones reach further back, or less far, than those before
        after = None if client == "snapshot" else data.draw(st.integers(0, len(batches)))
        cursor = None if after is None else f"7f3a-{after:x}"
        late.subscribe(client, late_resolver, max_hz=hz, cursor=cursor, now_ns=T0)
        got = deliveries(drain(late, client))
        rest = [each for each in everything if after is None or int(each.cursor[5:], 16) > after]
        expected = rest[-1:] if after is None else rest
        assert [(each.seq, each.lost, each.columns, each.t0_ns) for each in got] == [
            (each.seq, each.lost, each.columns, each.t0_ns) for each in expected
        ]
        assert late.dropped(client) == 0


def test_a_drop_is_told_also_when_nothing_is_left_of_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "RING_BATCHES", 2)
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    view = hub.subscribe("c1", resolver, max_hz=10, now_ns=T0).views[0]
    for number in range(5):  # scan 0 is kept by the view, and soon by no ring
        hub.publish(scans(stream, number, 1))
    assert hub.take("c1", T0)[1:] == [Loss("client", "slow", view.id, 1, 0, T0, "greenhouse")]
    assert hub.ready() == []


def test_falling_off_the_ring_is_told_once_and_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "RING_BATCHES", 4)
    stream = regular()
    hub, resolver = hub_with(stream)
    view = hub.subscribe("c1", resolver, now_ns=T0).views[0]
    hub.publish(scans(stream, 0, 10))
    hub.take("c1", T0)
    for number in range(1, 11):
        hub.publish(scans(stream, number * 10, 10))
    taken = hub.take("c1", T0 + S)
    assert taken[0] == Loss("client", "slow", view.id, 60, 10, T0 + S, "greenhouse")
    assert [each.seq for each in deliveries(taken)] == [70, 80, 90, 100]
    assert hub.take("c1", T0) == []


def test_what_a_returning_client_misses_is_counted_exactly_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "RING_BATCHES", 4)
    stream = regular()
    hub, resolver = hub_with(stream)
    for number in range(4):
        hub.publish(scans(stream, number * 10, 10))
    view = hub.subscribe("c1", resolver, cursor="7f3a-1", now_ns=T0).views[0]
    for number in range(4, 9):
        hub.publish(scans(stream, number * 10, 10))
    _, loss, *rest = drain(hub, "c1")
    assert loss == Loss("client", "slow", view.id, 40, 10, T0, "greenhouse")
    assert [each.seq for each in deliveries(rest)] == [50, 60, 70, 80]


def test_a_slow_client_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "RING_BATCHES", 4)
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("slow", resolver, now_ns=T0)
    hub.subscribe("fast", resolver, now_ns=T0)
    got: list[Delivery] = []
    for number in range(20):
        hub.publish(scans(stream, number, 1))
        got += deliveries(hub.take("fast", T0))
    assert [each.seq for each in got] == list(range(20))
    assert (hub.dropped("slow"), hub.dropped("fast")) == (0, 0)
    drain(hub, "slow")
    assert hub.dropped("slow") == 16


def test_a_take_is_bounded_and_the_rest_follows() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, now_ns=T0)
    for number in range(10):
        hub.publish(scans(stream, number * 100, 100))  # 400 bytes each
    sizes: list[int] = []
    while hub.ready():
        sizes.append(len(deliveries(hub.take("c1", T0, max_bytes=1_000))))
    assert sizes == [3, 3, 3, 1]


def test_a_loss_on_the_wire_is_told_and_stands_before_its_batch() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    view = hub.subscribe("c1", resolver, now_ns=T0).views[0]
    hub.publish(scans(stream, 0, 2))
    hub.lost(Loss("wire", "damaged", stream.id, 3, 2, T0))
    hub.publish(scans(stream, 5, 2, lost=3))
    _, first, loss, second = hub.take("c1", T0)
    assert isinstance(first, Delivery)
    assert loss == Loss("wire", "damaged", view.id, 3, 2, T0, "greenhouse")
    assert isinstance(second, Delivery)
    assert (first.lost, second.lost, second.seq) == (0, 3, 5)


def test_a_latest_view_tells_what_was_lost_meanwhile() -> None:
    stream = irregular()
    hub, resolver = hub_with(stream)

    hub.subscribe("c1", resolver, form=Form.LATEST, max_hz=10, now_ns=T0)
    hub.publish(edges(stream, 0, [1], [T0]))
    hub.publish(edges(stream, 3, [0], [T0 + 1], lost=2))
    hub.tick(T0)
    (delivery,) = deliveries(hub.take("c1", T0))
    assert (delivery.seq, delivery.lost) == (3, 2)
    hub.publish(edges(stream, 4, [1], [T0 + 2]))
    hub.tick(T0 + S)
    (delivery,) = deliveries(hub.take("c1", T0 + S))
    assert (delivery.seq, delivery.lost) == (4, 0)


def test_a_cursor_goes_on_exactly_where_a_lost_connection_ended() -> None:
    one, two = regular("b1"), irregular("b2")
    hub, resolver = hub_with(one, two)
    hub.subscribe("c1", resolver, now_ns=T0)
    hub.publish(scans(one, 0, 2))
    hub.publish(edges(two, 0, [1], [T0]))
    cursor = deliveries(hub.take("c1", T0))[-1].cursor
    hub.leave("c1", T0)
    hub.publish(scans(one, 2, 2))
    hub.publish(edges(two, 1, [0], [T0]))
    hub.publish(scans(one, 4, 2))
    hub.subscribe("c2", resolver, cursor=cursor, now_ns=T0)
    got = deliveries(hub.take("c2", T0))
    assert [(len(each.view.channels), each.seq) for each in got] == [(2, 2), (1, 1), (2, 4)]


def test_a_cursor_gives_the_rest_of_a_stream_that_ended_meanwhile() -> None:
    stream = regular("b1")
    hub, resolver = hub_with(stream)
    view = hub.subscribe("c1", resolver, now_ns=T0).views[0]
    hub.publish(scans(stream, 0, 2))
    cursor = deliveries(hub.take("c1", T0))[-1].cursor
    hub.leave("c1", T0)
    hub.publish(scans(stream, 2, 2))
    hub.stream_ended("b1", "boot", T0)
    hub.stream_started(regular("b3", predecessor="b1"))
    hub.subscribe("c2", resolver, cursor=cursor, now_ns=T0)
    taken = hub.take("c2", T0)
    assert [(each.view.id, each.seq) for each in deliveries(taken)] == [(view.id, 2)]
    assert taken[-1] == StreamClosed(view.id, "boot", T0)


@pytest.mark.parametrize(
    "cursor",
    ["", "7f3a", "7f3a-", "beef-1", "7f3a-ffff", "7f3a-1 ", "7f3a--1", "7f3a-0x1", "7f3a-1_1", "7f3a-é"],
    ids=["empty", "no order", "empty order", "another life", "the future", "space", "negative", "prefix", "score", "é"],
)
def test_what_is_no_cursor_of_this_life_is_expired(cursor: str) -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.publish(scans(stream, 0, 1))
    with pytest.raises(RequestError) as refusal:
        hub.subscribe("c1", resolver, cursor=cursor, now_ns=T0)
    assert refusal.value.reason is Reason.CURSOR_EXPIRED
    assert hub.subscriptions("c1") == 0


def test_a_cursor_expires_when_what_follows_it_has_left_the_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "RING_BATCHES", 4)
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, now_ns=T0)
    hub.publish(scans(stream, 0, 1))
    cursor = deliveries(hub.take("c1", T0))[0].cursor
    for number in range(1, 5):
        hub.publish(scans(stream, number, 1))
    hub.subscribe("c2", resolver, cursor=cursor, now_ns=T0)
    assert [each.seq for each in deliveries(hub.take("c2", T0))] == [1, 2, 3, 4]
    hub.publish(scans(stream, 5, 1))
    with pytest.raises(RequestError) as refusal:
        hub.subscribe("c3", resolver, cursor=cursor, now_ns=T0)
    assert refusal.value.reason is Reason.CURSOR_EXPIRED


def test_a_cursor_expires_when_a_stream_that_ended_is_forgotten() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, now_ns=T0)
    hub.publish(scans(stream, 0, 1))
    cursor = deliveries(hub.take("c1", T0))[0].cursor
    hub.publish(scans(stream, 1, 1))
    hub.stream_ended(stream.id, "boot", T0)
    due = hub.next_deadline()
    assert due is not None
    hub.tick(due)
    with pytest.raises(RequestError) as refusal:
        hub.subscribe("c2", resolver, cursor=cursor, now_ns=due)
    assert refusal.value.reason is Reason.CURSOR_EXPIRED
    last = hub.last("greenhouse", "A0", due)
    assert last is not None
    assert (last.value, last.stale) == (1, True)


def test_a_rings_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "RING_BYTES", 1_000)
    ring = ring_module.Ring(regular())
    for number in range(50):
        ring.append(number, scans(ring.stream, number * 10, 10))  # 40 bytes each
    assert len(ring.entries) == 25


def test_the_last_batch_is_kept_whatever_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "RING_BYTES", 10)
    ring = ring_module.Ring(regular())
    for number in range(3):
        ring.append(number, scans(ring.stream, number * 10, 10))
    assert [entry.batch.seq for entry in ring.entries] == [20]
