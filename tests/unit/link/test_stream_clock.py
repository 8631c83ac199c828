"""How wrong a stream's times may be goes out with it, and again when it changes."""

from __future__ import annotations

from ardugate.link.events import BatchReceived, StreamClock, StreamStarted
from ardugate.model import StopRequest
from ardugate.sim.options import SimOptions, SketchName
from tests.support.joined import MS, Joined

FAST = SimOptions(name="uno", sketch=SketchName.PLAIN, drift_ppm=4_000)


def test_every_stream_begins_with_the_clocks_error() -> None:
    joined = Joined(FAST)
    joined.plug()
    joined.run(500)
    started = [event.stream.clock_error_s for event in joined.of(StreamStarted)]
    assert len(started) > 10
    assert all(error_s > 0 for error_s in started)


def test_a_better_known_clock_is_told_of_each_stream() -> None:
    joined = Joined(FAST)
    joined.plug()
    joined.run(30_000)
    began = {event.stream.id: event.stream.clock_error_s for event in joined.of(StreamStarted)}
    told = joined.of(StreamClock)
    assert len(began) < len(told) <= 4 * len(began), "not at each heartbeat"
    last = told[-len(began) :]
    assert {event.stream_id for event in last} == set(began), "of each stream, once"
    assert {event.clock_error_s for event in last} == {last[0].clock_error_s}
    assert last[0].clock_error_s < min(began.values()) / 5


def test_a_worse_known_clock_is_told_before_the_times_that_it_is_of() -> None:
    joined = Joined(FAST)
    joined.plug()
    joined.run(30_000)
    joined.events.clear()
    joined.to_board = lambda _: b""
    joined.run(900)
    joined.to_board = bytes
    assert not joined.of(StreamClock), "three heartbeats are lost, and the bound has room for that"
    # The host reads nothing for a minute; the stop's edges wait on the way.
    held: list[bytes] = []

    def hold(data: bytes) -> bytes:
        held.append(data)
        return b""

    joined.to_link = hold
    joined.run(60_000)
    joined.ask(StopRequest())
    joined.run(100)
    assert held
    joined.events.clear()
    joined.link.receive_data(joined.now_ns, b"".join(held))
    joined.collect()
    kinds = [type(event) for event in joined.events if isinstance(event, StreamClock | BatchReceived)]
    assert StreamClock in kinds
    last_told = len(kinds) - 1 - kinds[::-1].index(StreamClock)
    assert BatchReceived in kinds[last_told:], "said before what it is about"
    assert joined.of(StreamClock)[-1].clock_error_s > 5 * MS / 1e9
