"""What a subscriber gets: streams, a snapshot, samples, ends."""

from __future__ import annotations

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.hub.limits import MAX_SUBSCRIPTIONS
from ardugate.model import Delivery, Form, StreamClosed, StreamOpened
from tests.unit.hub.build import T0, S, board, deliveries, drain, edges, hub_with, irregular, regular, scans


def test_a_subscriber_is_told_of_a_stream_before_its_first_samples() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    subscribed = hub.subscribe("c1", resolver, now_ns=T0)
    hub.publish(scans(stream, 0, 2))
    opened, delivery = hub.take("c1", T0)
    assert isinstance(opened, StreamOpened)
    assert isinstance(delivery, Delivery)
    assert opened.view.id == subscribed.views[0].id == delivery.view.id
    assert opened.subscriptions == (subscribed.subscription,)
    assert (delivery.seq, delivery.count, delivery.lost) == (0, 2, 0)
    assert [list(column) for column in delivery.columns] == [[0, 1], [1000, 1001]]


def test_a_snapshot_of_the_newest_batch_follows_at_once() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    for seq in range(0, 10, 2):
        hub.publish(scans(stream, seq, 2))
    hub.subscribe("c1", resolver, now_ns=T0)
    assert [place.clients for place in hub.ready()] == [("c1",)]
    assert [each.seq for each in deliveries(hub.take("c1", T0))] == [8]


def test_equal_subscriptions_get_identical_objects() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, channels=["*/A*"], now_ns=T0)
    hub.subscribe("c2", resolver, channels=["A0", "A1"], now_ns=T0)
    hub.publish(scans(stream, 0, 4))
    (first,), (second,) = deliveries(hub.take("c1", T0)), deliveries(hub.take("c2", T0))
    assert first is second


def test_a_connection_gets_each_stream_once_for_all_its_subscriptions() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, now_ns=T0)
    hub.take("c1", T0)
    hub.subscribe("c1", resolver, channels=["*"], now_ns=T0)
    hub.publish(scans(stream, 0, 1))
    opened, delivery = hub.take("c1", T0)
    assert isinstance(opened, StreamOpened)
    assert opened.subscriptions == ("u1", "u2")
    assert isinstance(delivery, Delivery)


def test_only_the_chosen_columns_travel() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, channels=["greenhouse/A1"], now_ns=T0)
    hub.publish(scans(stream, 0, 2))
    (delivery,) = deliveries(hub.take("c1", T0))
    assert [channel.name for channel in delivery.view.channels] == ["A1"]
    assert [list(column) for column in delivery.columns] == [[1000, 1001]]


def test_a_subscription_takes_in_streams_to_come() -> None:
    hub, resolver = hub_with()
    hub.subscribe("c1", resolver, channels=["*/A0"], now_ns=T0)
    assert hub.take("c1", T0) == []
    stream = regular()
    hub.stream_started(stream)
    (opened,) = hub.take("c1", T0)
    assert isinstance(opened, StreamOpened)


def test_an_alias_subscribes_to_its_declared_channel() -> None:
    stream = irregular(name="pump")
    hub, resolver = hub_with(stream)
    subscribed = hub.subscribe("c1", resolver, channels=["D9"], now_ns=T0)
    assert [channel.name for channel in subscribed.views[0].channels] == ["pump"]


def test_a_thinned_stream_keeps_every_kth_scan_and_counts_those() -> None:
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    view = hub.subscribe("c1", resolver, max_hz=30, now_ns=T0).views[0]
    assert (view.every, view.rate_hz, view.dt_s) == (4, 25.0, 0.04)
    for seq in range(0, 30, 3):
        hub.publish(scans(stream, seq, 3))
    got = deliveries(hub.take("c1", T0))
    assert [value for each in got for value in each.columns[0]] == [0, 4, 8, 12, 16, 20, 24, 28]
    assert [number for each in got for number in range(each.seq, each.seq + each.count)] == list(range(8))
    assert [each.t0_ns for each in got] == [T0 + number * 4 * S // 100 for number in range(8)]


def test_a_rate_that_is_met_exactly_is_not_thinned() -> None:
    hub, resolver = hub_with(regular(hz=100))
    assert hub.subscribe("c1", resolver, max_hz=100, now_ns=T0).views[0].every == 1


def test_edges_are_never_thinned() -> None:
    stream = irregular()
    hub, resolver = hub_with(stream)
    view = hub.subscribe("c1", resolver, max_hz=1, now_ns=T0).views[0]
    hub.publish(edges(stream, 0, [0, 1, 0], [T0, T0 + 1, T0 + 2]))
    (delivery,) = deliveries(hub.take("c1", T0))
    assert (view.rate_hz, list(delivery.columns[0])) == (None, [0, 1, 0])
    assert list(delivery.times_ns or ()) == [T0, T0 + 1, T0 + 2]


def test_latest_says_the_newest_value_at_most_so_many_times_a_second() -> None:
    stream = regular(hz=1000)
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, form=Form.LATEST, max_hz=10, now_ns=T0)
    got: list[Delivery] = []
    for step in range(100):  # one second in batches of 10 ms
        hub.publish(scans(stream, step * 10, 10))
        hub.tick(T0 + step * 10_000_000)
        got += deliveries(drain(hub, "c1"))
    assert len(got) == 10
    assert all(each.count == 1 and each.times_ns is not None for each in got)
    assert [each.seq for each in got] == [9, 109, 209, 309, 409, 509, 609, 709, 809, 909]


def test_latest_is_shared_and_its_snapshot_comes_at_once() -> None:
    stream = irregular()
    hub, resolver = hub_with(stream)
    hub.publish(edges(stream, 0, [1], [T0]))
    hub.subscribe("c1", resolver, form=Form.LATEST, now_ns=T0)
    hub.subscribe("c2", resolver, form=Form.LATEST, now_ns=T0)
    (first,), (second,) = deliveries(hub.take("c1", T0)), deliveries(hub.take("c2", T0))
    assert first is second
    assert hub.take("c1", T0 + S) == []


def test_next_deadline_tells_when_a_latest_view_is_due() -> None:
    stream = irregular()
    hub, resolver = hub_with(stream)
    hub.publish(edges(stream, 0, [1], [T0]))
    hub.subscribe("c1", resolver, form=Form.LATEST, max_hz=10, now_ns=T0)
    assert hub.next_deadline() is None
    hub.publish(edges(stream, 1, [0], [T0 + 1]))
    due = hub.next_deadline()
    assert due == T0 + S // 10
    hub.tick(due - 1)
    assert deliveries(drain(hub, "c1"))[-1].seq == 0
    hub.tick(due)
    assert deliveries(drain(hub, "c1"))[-1].seq == 1


def test_what_is_due_together_is_said_together() -> None:
    one, two = irregular("b1", "D2"), irregular("b2", "pump")
    hub, resolver = hub_with(one, two)
    hub.subscribe("c1", resolver, form=Form.LATEST, max_hz=20, now_ns=T0)
    hub.publish(edges(one, 0, [1], [T0]))
    hub.tick(T0)
    hub.publish(edges(two, 0, [1], [T0]))
    hub.tick(T0 + 10_000_000)
    drain(hub, "c1")
    hub.publish(edges(one, 1, [0], [T0 + 2]))
    hub.publish(edges(two, 1, [0], [T0 + 3]))
    hub.tick(T0 + 50_000_000)
    assert len(deliveries(hub.take("c1", T0))) == 2


def test_samples_of_all_streams_come_in_the_order_of_their_publication() -> None:
    one, two = regular("b1"), irregular("b2")
    hub, resolver = hub_with(one, two)
    hub.subscribe("c1", resolver, now_ns=T0)
    hub.publish(scans(one, 0, 1))
    hub.publish(edges(two, 0, [1], [T0]))
    hub.publish(scans(one, 1, 1))
    hub.publish(edges(two, 1, [0], [T0]))
    got = deliveries(hub.take("c1", T0))
    assert [(len(each.view.channels), each.seq) for each in got] == [(2, 0), (1, 0), (2, 1), (1, 1)]


def test_the_end_of_a_stream_follows_its_last_samples_and_names_a_successor() -> None:
    stream = regular("b1")
    hub, resolver = hub_with(stream)
    first = hub.subscribe("c1", resolver, now_ns=T0).views[0]
    hub.take("c1", T0)
    hub.publish(scans(stream, 0, 1))
    hub.stream_ended("b1", "rate", T0 + S)
    hub.stream_started(regular("b3", hz=200, predecessor="b1"))
    opened, delivery, closed = hub.take("c1", T0 + S)
    assert isinstance(opened, StreamOpened)
    assert (opened.view.predecessor, opened.view.id == first.id) == (first.id, False)
    assert isinstance(delivery, Delivery)
    assert closed == StreamClosed(first.id, "rate", T0 + S)


def test_a_latest_view_says_its_last_value_before_its_end() -> None:
    stream = irregular()
    hub, resolver = hub_with(stream)
    hub.publish(edges(stream, 0, [0], [T0]))
    hub.subscribe("c1", resolver, form=Form.LATEST, max_hz=1, now_ns=T0)
    hub.take("c1", T0)
    hub.publish(edges(stream, 1, [1], [T0 + 1]))
    hub.stream_ended(stream.id, "boot", T0 + 2)
    delivery, closed = hub.take("c1", T0 + 2)
    assert isinstance(delivery, Delivery)
    assert delivery.seq == 1
    assert isinstance(closed, StreamClosed)


def test_unsubscribing_ends_the_streams_that_nobody_else_wants() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    both = hub.subscribe("c1", resolver, now_ns=T0)
    one = hub.subscribe("c1", resolver, channels=["A0"], now_ns=T0)
    hub.take("c1", T0)
    hub.unsubscribe("c1", both.subscription, T0 + 1)
    hub.publish(scans(stream, 0, 1))
    closed, delivery = hub.take("c1", T0)
    assert closed == StreamClosed(both.views[0].id, "unsubscribed", T0 + 1)
    assert isinstance(delivery, Delivery)
    assert delivery.view.id == one.views[0].id


def test_who_asks_for_the_same_again_gets_the_same_stream() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    first = hub.subscribe("c1", resolver, now_ns=T0)
    hub.unsubscribe("c1", first.subscription, T0)
    again = hub.subscribe("c2", resolver, now_ns=T0)
    assert again.views[0] is first.views[0]


def test_after_leaving_nothing_is_kept_for_a_client() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, now_ns=T0)
    hub.leave("c1", T0)
    hub.publish(scans(stream, 0, 1))
    assert (hub.ready(), hub.take("c1", T0), hub.subscriptions("c1")) == ([], [], 0)


def test_a_subscription_is_refused_for_what_does_not_exist() -> None:
    hub, resolver = hub_with(regular())
    with pytest.raises(RequestError) as refusal:
        hub.subscribe("c1", resolver, channels=["A0", "A9"], now_ns=T0)
    assert refusal.value.reason is Reason.UNKNOWN_CHANNEL
    assert hub.subscriptions("c1") == 0


def test_subscriptions_of_a_connection_are_bounded() -> None:
    hub, resolver = hub_with(regular())
    for _ in range(MAX_SUBSCRIPTIONS):
        hub.subscribe("c1", resolver, now_ns=T0)
    with pytest.raises(RequestError) as refusal:
        hub.subscribe("c1", resolver, now_ns=T0)
    assert refusal.value.reason is Reason.TOO_MANY


def test_an_unknown_subscription_cannot_be_ended() -> None:
    hub, _ = hub_with(regular())
    with pytest.raises(RequestError) as refusal:
        hub.unsubscribe("c1", "u1", T0)
    assert refusal.value.reason is Reason.UNKNOWN_SUBSCRIPTION


@pytest.mark.parametrize(
    ("seq", "why"), [(0, "again"), (1, "overlapping")], ids=["the same batch twice", "a batch that overlaps"]
)
def test_a_batch_that_was_numbered_wrongly_is_the_publishers_error(seq: int, why: str) -> None:
    stream = regular()
    hub, _ = hub_with(stream)
    hub.publish(scans(stream, 0, 2))
    with pytest.raises(ValueError, match="expected seq 2"):
        hub.publish(scans(stream, seq, 2))


def test_nothing_is_published_before_a_start_or_after_an_end() -> None:
    stream = regular()
    hub, _ = hub_with()
    with pytest.raises(ValueError, match="not known"):
        hub.publish(scans(stream, 0, 1))
    hub.stream_started(stream)
    hub.stream_ended(stream.id, "boot", T0)
    with pytest.raises(ValueError, match="has ended"):
        hub.publish(scans(stream, 0, 1))
    with pytest.raises(ValueError, match="started already"):
        hub.stream_started(stream)


def test_the_last_value_of_a_channel_is_in_its_unit_with_its_time() -> None:
    stream = regular(hz=100)
    hub, _ = hub_with(stream)
    assert hub.last("greenhouse", "A1", T0) is None
    hub.publish(scans(stream, 0, 5))
    last = hub.last("greenhouse", "A1", T0 + S // 10)
    assert last is not None
    assert (last.value, last.at_ns, last.stale) == (1004, T0 + 4 * S // 100, False)


def test_a_value_is_stale_when_it_is_older_than_it_should_be_or_its_board_is_not_live() -> None:
    sampled, edge = regular("b1"), irregular("b2")
    hub, _ = hub_with(sampled, edge)
    hub.publish(scans(sampled, 0, 1))
    hub.publish(edges(edge, 0, [1], [T0]))

    def stale(name: str, now_ns: int) -> bool:
        last = hub.last("greenhouse", name, now_ns)
        assert last is not None
        return last.stale

    assert [stale("A0", T0 + S), stale("A0", T0 + 2 * S), stale("D2", T0 + 99 * S)] == [False, True, False]
    hub.directory.put(board(state=type(board().state).SILENT))
    assert stale("D2", T0)


def test_another_clock_error_is_said_before_what_is_published_next() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    hub.subscribe("c1", resolver, now_ns=T0)
    hub.publish(scans(stream, 0, 2))
    drain(hub, "c1")
    hub.stream_clock(stream.id, 0.003)
    hub.publish(scans(stream, 2, 2))
    opened, delivery = drain(hub, "c1")
    assert isinstance(opened, StreamOpened)
    assert isinstance(delivery, Delivery)
    assert (opened.view.clock_error_s, delivery.view) == (0.003, opened.view)
    assert hub.subscribe("c2", resolver, now_ns=T0).views == (opened.view,)


def test_a_stream_that_is_to_be_said_again_is_ended_all_the_same() -> None:
    stream = regular()
    hub, resolver = hub_with(stream)
    subscribed = hub.subscribe("c1", resolver, now_ns=T0)
    drain(hub, "c1")
    hub.stream_clock(stream.id, 0.003)
    hub.unsubscribe("c1", subscribed.subscription, T0)
    assert drain(hub, "c1") == [StreamClosed(subscribed.views[0].id, "unsubscribed", T0)]
