"""Clients who read the same and keep up are served as one; nobody notices."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ardugate.hub import Hub, Resolver
from ardugate.hub.places import Place
from ardugate.model import Delivery, Form, Loss, Stream, StreamClosed, StreamOpened, Taken

from .build import T0, deliveries, hub_with, regular, scans

CLIENTS = ("c1", "c2", "c3")


def serve(hub: Hub, slow: frozenset[str] = frozenset(), max_bytes: int = 1_000_000) -> dict[str, list[Taken]]:
    """One tick, as the gateway does it: who is slow is passed over."""
    given_out: dict[str, list[Taken]] = {client: [] for client in CLIENTS}
    for place in hub.ready():
        late = [client for client in place.clients if client in slow]
        if len(late) == len(place.clients):
            continue
        for client in late:
            hub.part(client)
        clients = place.clients
        taken = hub.take_at(place, T0, max_bytes)
        for client in clients:
            given_out[client] += taken
    return given_out


def together(hub: Hub, resolver: Resolver, form: Form = Form.RAW) -> Place:
    """All clients, subscribed and at the same place."""
    for client in CLIENTS:
        hub.subscribe(client, resolver, form=form, now_ns=T0)
    serve(hub)
    hub.publish(scans(regular(), 0, 1))
    (place,) = hub.ready()
    assert set(place.clients) == set(CLIENTS)
    return place


def test_who_reads_the_same_and_has_all_is_served_as_one() -> None:
    hub, resolver = hub_with(regular())
    place = together(hub, resolver)
    (taken,) = hub.take_at(place, T0)
    assert isinstance(taken, Delivery)
    assert hub.ready() == []


def test_who_is_passed_over_goes_on_alone_and_joins_again() -> None:
    hub, resolver = hub_with(regular())
    together(hub, resolver)
    got = serve(hub, frozenset({"c2"}))
    assert [each.seq for each in deliveries(got["c1"])] == [0]
    hub.publish(scans(regular(), 1, 1))
    got = serve(hub)
    assert [each.seq for each in deliveries(got["c1"])] == [1]
    assert [each.seq for each in deliveries(got["c2"])] == [0, 1]
    hub.publish(scans(regular(), 2, 1))
    assert [set(place.clients) for place in hub.ready()] == [set(CLIENTS)]


def test_who_wants_something_else_leaves_the_others_as_they_are() -> None:
    hub, resolver = hub_with(regular())
    place = together(hub, resolver)
    hub.take_at(place, T0)
    hub.subscribe("c1", resolver, channels=("A1",), now_ns=T0)
    hub.unsubscribe("c2", "u1", T0)
    hub.leave("c3", T0)
    got = serve(hub)
    assert [type(each) for each in got["c1"]] == [StreamOpened, Delivery]
    assert [type(each) for each in got["c2"]] == [StreamClosed]
    hub.publish(scans(regular(), 1, 1))
    got = serve(hub)
    assert {client: len(deliveries(taken)) for client, taken in got.items()} == {"c1": 2, "c2": 0, "c3": 0}


def test_a_stream_that_ends_ends_for_all_of_them_once() -> None:
    first, second = regular(), regular("b2", hz=50, predecessor="b1")
    hub, resolver = hub_with(first)
    together(hub, resolver)
    hub.stream_ended("b1", "rate", T0)
    hub.stream_started(second)
    got = serve(hub)
    for client in CLIENTS:
        kinds = [type(each) for each in got[client]]
        assert kinds.count(StreamClosed) == 1
        assert kinds.count(StreamOpened) == 1
        assert kinds.count(Delivery) == 1
    hub.publish(scans(second, 0, 1))
    assert [set(place.clients) for place in hub.ready()] == [set(CLIENTS)]


def test_another_clock_error_is_told_to_each_of_them() -> None:
    hub, resolver = hub_with(regular())
    place = together(hub, resolver)
    hub.take_at(place, T0)
    hub.stream_clock("b1", 0.004)
    got = serve(hub)
    assert [[type(each) for each in got[client]] for client in CLIENTS] == [[StreamOpened]] * 3


def test_those_who_take_the_newest_only_are_served_as_one_too() -> None:
    hub, resolver = hub_with(regular())
    for client in CLIENTS:
        hub.subscribe(client, resolver, form=Form.LATEST, max_hz=10, now_ns=T0)
    serve(hub)
    hub.publish(scans(regular(), 0, 4))
    hub.tick(T0 + 10**9)
    (place,) = hub.ready()
    assert set(place.clients) == set(CLIENTS)
    (delivery,) = deliveries(hub.take_at(place, T0))
    assert delivery.seq == 3


@dataclass
class Account:
    """What a client was given, checked as it comes."""

    next_seq: dict[str, int] = field(default_factory=dict[str, int])
    received: int = 0
    dropped: int = 0
    opened: set[str] = field(default_factory=set[str])

    def add(self, taken: list[Taken]) -> None:
        for item in taken:
            match item:
                case StreamOpened(view):
                    self.opened.add(view.id)
                case StreamClosed(view_id):
                    self.opened.discard(view_id)
                case Delivery():
                    view_id = item.view.id
                    assert view_id in self.opened, "a stream is told before its samples"
                    assert item.seq == self.next_seq.get(view_id, item.seq), "no gap and no repetition"
                    self.next_seq[view_id] = item.seq + item.count
                    self.received += item.count
                case Loss():
                    expected = self.next_seq.get(item.stream, item.from_seq)
                    assert item.from_seq == expected
                    self.next_seq[item.stream] = item.from_seq + item.count
                    self.dropped += item.count
                case _:
                    raise AssertionError(item)


def checked(hub: Hub, accounts: dict[str, Account], slow: frozenset[str], max_bytes: int) -> None:
    for client, taken in serve(hub, slow, max_bytes).items():
        accounts[client].add(taken)


STEPS = st.lists(
    st.tuples(st.integers(0, 4), st.frozensets(st.sampled_from(CLIENTS)), st.sampled_from((1, 40, 1_000_000))),
    max_size=60,
)


@given(STEPS)
def test_whoever_is_slow_nobody_else_notices_and_everything_is_accounted_for(
    steps: list[tuple[int, frozenset[str], int]],
) -> None:
    one, other = regular(), regular("b2", names=("A2",), hz=50)
    hub, resolver = hub_with(one, other)
    accounts = {client: Account() for client in CLIENTS}
    for client in CLIENTS:
        hub.subscribe(client, resolver, now_ns=T0)
    made: dict[Stream, int] = {one: 0, other: 0}
    for what, slow, max_bytes in steps:
        stream = one if what % 2 else other
        if what < 4:
            hub.publish(scans(stream, made[stream], 2))
            made[stream] += 2
        elif what == 4:
            hub.stream_clock("b1", 0.001)
        checked(hub, accounts, slow, max_bytes)
    for _ in range(200):
        checked(hub, accounts, frozenset(), 1_000_000)
    assert hub.ready() == []
    total = sum(made.values())
    for client in CLIENTS:
        assert accounts[client].received + accounts[client].dropped == total
        assert accounts[client].dropped == hub.dropped(client)
    assert sum(each.count for each in hub.ledger.totals() if each.place == "client") == sum(
        account.dropped for account in accounts.values()
    )
