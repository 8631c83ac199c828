"""What was is read from the rings: whole, or as the envelope that live readers get; and never with a silent hole."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardugate.errors import Reason, RequestError
from ardugate.hub import Hub, Resolver, ring
from ardugate.hub.limits import HISTORY_VALUES
from ardugate.model import Delivery, Form, Stream
from tests.unit.hub.build import T0, S, deliveries, drain, edges, hub_with, irregular, regular, scans

MS = S // 1_000


def read(
    hub: Hub,
    resolver: Resolver,
    *channels: str,
    from_ns: int | None = None,
    to_ns: int = T0 + 3_600 * S,
    points: int | None = None,
) -> list[Delivery]:
    found = hub.history.read(resolver, channels=channels or None, from_ns=from_ns, to_ns=to_ns, points=points)
    return [part for parts in found for part in parts]


def publish(hub: Hub, stream: Stream, batches: int, count: int = 10) -> None:
    for number in range(batches):
        hub.publish(scans(stream, number * count, count))


def numbers(part: Delivery) -> list[int]:
    return list(range(part.seq, part.seq + part.count))


def test_all_there_is_comes_as_one_piece_with_a_time_for_each_scan() -> None:
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    publish(hub, stream, 5)
    (part,) = read(hub, resolver)
    assert numbers(part) == list(range(50))
    assert [list(column) for column in part.columns] == [list(range(50)), list(range(1_000, 1_050))]
    assert list(part.times_ns or ()) == [T0 + k * 10 * MS for k in range(50)]
    assert (part.view.form, part.view.every, part.lost) == (Form.RAW, 1, 0)


def test_both_ends_of_the_time_are_included_and_nothing_else() -> None:
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    publish(hub, stream, 5)
    (part,) = read(hub, resolver, from_ns=T0 + 130 * MS, to_ns=T0 + 270 * MS)
    assert numbers(part) == list(range(13, 28))
    assert read(hub, resolver, from_ns=T0 + 131 * MS, to_ns=T0 + 139 * MS) == []
    assert read(hub, resolver, from_ns=T0 + 270 * MS, to_ns=T0 + 130 * MS) == []
    assert read(hub, resolver, from_ns=T0 + 400 * MS, to_ns=T0 + 10 * MS) == []


def test_a_gap_parts_it_and_says_how_much_is_missing() -> None:
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    hub.publish(scans(stream, 0, 10))
    hub.publish(scans(stream, 17, 10, lost=7))
    assert [(numbers(part)[0], numbers(part)[-1], part.lost) for part in read(hub, resolver)] == [
        (0, 9, 0),
        (17, 26, 7),
    ]


def test_only_channels_that_match_in_the_order_in_which_streams_began() -> None:
    first, second = regular("b1", ("A0", "A1")), irregular("b2", "D2")
    hub, resolver = hub_with(first, second)
    publish(hub, first, 1)
    hub.publish(edges(second, 0, [1, 0], [T0 + MS, T0 + 3 * MS]))
    found = read(hub, resolver, "A1", "D*")
    assert [[channel.name for channel in part.view.channels] for part in found] == [["A1"], ["D2"]]
    assert list(found[1].times_ns or ()) == [T0 + MS, T0 + 3 * MS]


def test_a_stream_is_called_as_its_subscribers_call_it() -> None:
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    publish(hub, stream, 20)
    (part,) = read(hub, resolver, "A0")
    taken = hub.subscribe("c", resolver, channels=["A0"], now_ns=T0)
    assert [view.id for view in taken.views] == [part.view.id]
    (coarse,) = read(hub, resolver, "A0", points=25)
    taken = hub.subscribe("c", resolver, channels=["A0"], form=Form.ENVELOPE, max_hz=100 / 8, now_ns=T0)
    assert [(view.id, view.every) for view in taken.views] == [(coarse.view.id, 8)]


def test_after_history_a_subscription_goes_on_at_its_cursor() -> None:
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    publish(hub, stream, 5)
    (part,) = read(hub, resolver)
    hub.publish(scans(stream, 50, 10))
    hub.subscribe("c", resolver, cursor=part.cursor, now_ns=T0)
    assert [numbers(each) for each in deliveries(drain(hub, "c"))] == [list(range(50, 60))]


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=20),
    points=st.integers(1, 200),
    window=st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)),
)
def test_an_envelope_has_so_many_points_and_hides_no_spike(
    lengths: list[int], points: int, window: tuple[int, int]
) -> None:
    stream = regular(hz=100, names=("A0",))
    hub, resolver = hub_with(stream)
    at = 0
    for length in lengths:
        hub.publish(scans(stream, at, length))
        at += length
    first, last = min(window), min(max(window), at - 1)
    found = read(hub, resolver, from_ns=T0 + first * 10 * MS, to_ns=T0 + last * 10 * MS, points=points)
    inside = range(first, last + 1)
    if not inside:
        assert found == []
        return
    assert sum(part.count for part in found) <= points
    for part in found:
        every = part.view.every
        for row, number in enumerate(numbers(part)):
            values = [seq % 1_000 for seq in range(number * every, (number + 1) * every)]
            low, high = (part.columns[0][row], part.columns[-1][row])
            assert (low, high) == (min(values), max(values))
    if not found:
        return  # all of it is in a bucket that has begun
    every = found[0].view.every
    told = {seq for part in found for number in numbers(part) for seq in range(number * every, (number + 1) * every)}
    # Only a bucket that has begun is left out.
    assert set(inside) - told <= set(range(at - at % every, at))


def test_the_points_of_an_envelope_are_the_live_ones() -> None:
    stream = regular(hz=100, names=("A0",))
    hub, resolver = hub_with(stream)
    hub.subscribe("c", resolver, form=Form.ENVELOPE, max_hz=25.0, now_ns=T0)
    publish(hub, stream, 16)
    live = {number: each for each in deliveries(drain(hub, "c")) for number in numbers(each)}
    (part,) = read(hub, resolver, points=40)
    assert part.view.every == 4
    for row, number in enumerate(numbers(part)):
        before = live[number]
        place = number - before.seq
        assert [column[row] for column in part.columns] == [column[place] for column in before.columns]


def test_what_left_the_ring_is_refused_with_the_time_from_which_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "RING_BATCHES", 4)
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    publish(hub, stream, 4)
    read(hub, resolver, from_ns=T0 - S)
    hub.publish(scans(stream, 40, 10))
    with pytest.raises(RequestError) as caught:
        read(hub, resolver, from_ns=T0 + 99 * MS)
    assert caught.value.reason is Reason.CURSOR_EXPIRED
    assert "1763800000.100000" in caught.value.hint
    (part,) = read(hub, resolver, from_ns=T0 + 100 * MS)
    assert numbers(part) == list(range(10, 50))
    (part,) = read(hub, resolver)
    assert numbers(part) == list(range(10, 50))


def test_a_stream_that_was_forgotten_is_refused_where_it_was_and_for_nobody_else() -> None:
    first, other = regular("b1", ("A0",)), regular("b2", ("A1",))
    hub, resolver = hub_with(first, other)
    publish(hub, first, 2)
    publish(hub, other, 2)
    hub.stream_ended("b1", "rate", T0 + S)
    assert [part.count for part in read(hub, resolver, "A0", from_ns=T0)] == [20]
    hub.tick(T0 + 62 * S)
    with pytest.raises(RequestError) as caught:
        read(hub, resolver, "A0", from_ns=T0 + S)
    assert caught.value.reason is Reason.CURSOR_EXPIRED
    assert read(hub, resolver, "A0", from_ns=T0 + S + 1) == []
    assert [part.count for part in read(hub, resolver, "A1", from_ns=T0)] == [20]


def test_too_much_at_once_is_refused_and_points_make_it_possible() -> None:
    stream = regular(hz=1_000)
    hub, resolver = hub_with(stream)
    publish(hub, stream, 12, count=HISTORY_VALUES // 30)
    with pytest.raises(RequestError) as caught:
        read(hub, resolver)
    assert caught.value.reason is Reason.TOO_LARGE
    assert "points" in caught.value.hint
    (part,) = read(hub, resolver, points=1_000)
    assert 500 < part.count <= 1_000


def test_edges_are_never_an_envelope() -> None:
    stream = irregular("b2", "D2")
    hub, resolver = hub_with(stream)
    hub.publish(edges(stream, 0, [1, 0, 1, 0], [T0 + k * MS for k in range(4)]))
    (part,) = read(hub, resolver, points=1)
    assert (part.view.form, list(part.columns[0])) == (Form.RAW, [1, 0, 1, 0])


def test_an_address_that_is_not_there_is_refused() -> None:
    hub, resolver = hub_with(regular())
    with pytest.raises(RequestError) as caught:
        read(hub, resolver, "A9")
    assert caught.value.reason is Reason.UNKNOWN_CHANNEL


def test_neighbours_never_overlap() -> None:
    stream = regular(hz=100, names=("A0",))
    hub, resolver = hub_with(stream)
    for seq in (0, 10, 25, 35, 64):
        hub.publish(scans(stream, seq, 10))
    for points in (None, 100, 10, 3, 1):
        parts = read(hub, resolver, points=points)
        assert all(numbers(a)[-1] < numbers(b)[0] for a, b in pairwise(parts))


@pytest.mark.parametrize("points", [None, 7])
def test_what_is_given_is_of_the_time_of_the_question_however_late_it_is_made(
    monkeypatch: pytest.MonkeyPatch, points: int | None
) -> None:
    stream = regular(hz=100)
    hub, resolver = hub_with(stream)
    publish(hub, stream, 5)
    late, at_once = (
        hub.history.read(resolver, channels=None, from_ns=None, to_ns=T0 + 3_600 * S, points=points) for _ in range(2)
    )
    ((made,),) = at_once
    monkeypatch.setattr(ring, "RING_BATCHES", 2)
    for number in range(5, 9):
        hub.publish(scans(stream, number * 10, 10))
    ((part,),) = late
    assert (part.seq, part.columns, part.times_ns, part.cursor) == (made.seq, made.columns, made.times_ns, made.cursor)
    assert part.count == (50 if points is None else 6)
