"""A sketch that only prints: its text, its numbers as channels, and its rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, pairwise

import pytest

from ardugate.link.events import BatchReceived, LinkEvent, PrintedChanged, StreamEnded, StreamStarted, TextReceived
from ardugate.link.printed import MAX_CHANNELS, PrintedNumbers
from ardugate.model import BoardState, SetRequest
from ardugate.sim.options import SimOptions, SketchName
from tests.support.joined import MS, START_NS, Joined

LINE = SimOptions(name="uno", sketch=SketchName.PLAIN, baud=115_200, max_baud=2_000_000)


class Heard:
    """What becomes of lines."""

    def __init__(self) -> None:
        ids = count(1)
        self.events: list[LinkEvent] = []
        self.numbers = PrintedNumbers("port-a", lambda: f"s{next(ids)}", self.events.append)
        self.now_ns = START_NS

    def take(self, *lines: str, late: bool = False, baud: int | None = 9_600) -> None:
        self.now_ns += 100 * MS
        self.numbers.take(lines, self.now_ns, baud, late=late)

    def channels(self) -> list[str]:
        told = [event for event in self.events if isinstance(event, PrintedChanged)]
        return [channel.name for channel in told[-1].channels] if told else []

    def values(self, name: str) -> list[float]:
        """Everything of a channel, through its streams."""
        streams = {
            event.stream.id for event in self.events if isinstance(event, StreamStarted) and self.named(event) == name
        }
        return [
            float(value)
            for event in self.events
            if isinstance(event, BatchReceived) and event.batch.stream in streams
            for value in event.batch.columns[0]
        ]

    def named(self, event: StreamStarted) -> str:
        (channel,) = event.stream.channels
        return channel.name

    def times(self) -> list[int]:
        batches = [event.batch for event in self.events if isinstance(event, BatchReceived)]
        return [at_ns for batch in batches for at_ns in batch.times_ns or ()]


def test_labels_become_read_only_float_channels_that_nothing_checks() -> None:
    heard = Heard()
    heard.take("temp: 21.5 C, soil:40")
    assert heard.channels() == [], "one line may be chance"
    heard.take("temp: 21.75 C, soil:41", "temp: 22 C, soil:42")
    assert heard.channels() == ["temp", "soil"]
    (told,) = [event for event in heard.events if isinstance(event, PrintedChanged)][-1:]
    temp = told.channels[0]
    assert (temp.type, temp.unit, temp.output, temp.checked, temp.events) == ("float", "C", False, False, True)
    assert heard.values("temp") == [21.75, 22.0]
    assert heard.values("soil") == [41.0, 42.0]


def test_numbers_without_labels_are_called_by_their_place_or_by_the_line_before() -> None:
    plain = Heard()
    for _ in range(2):
        plain.take("1,2")
    assert plain.channels() == ["value1", "value2"]
    named = Heard()
    named.take("temp,soil moisture")
    for _ in range(2):
        named.take("21.5,40")
    assert named.channels() == ["temp", "soil_moisture"]


def test_names_are_fit_for_addresses() -> None:
    heard = Heard()
    for _ in range(2):
        heard.take("a/b*?[x]:1", "x" * 40 + ":2")
    assert heard.channels() == ["a_b_x", "x" * 32]


def test_what_waited_until_it_was_known_teaches_names_and_has_no_times() -> None:
    heard = Heard()
    heard.take("23", "1024", "1025", late=True)
    assert heard.channels() == ["value1"]
    assert heard.values("value1") == []
    heard.take("1026")
    assert heard.values("value1") == [1026.0]


def test_times_are_those_of_the_lines_ends_at_the_lines_rate_and_never_go_back() -> None:
    heard = Heard()
    heard.take("1", "2", late=True)
    heard.take("3", "4", "5")
    before, last = heard.times()[-2:]
    assert last == heard.now_ns
    assert last - before == 3 * 10 * 1_000_000_000 // 9_600  # a digit and the line's end
    heard.take("6", "7", baud=None)
    assert all(first < second for first, second in pairwise(heard.times()))


def test_there_is_an_end_to_channels_and_to_what_is_counted() -> None:
    heard = Heard()
    for number in range(1_000):
        heard.take(f"label{number}:1")
    for _ in range(2):
        heard.take(*(f"x{number}:1" for number in range(40)))
    assert len(heard.channels()) <= MAX_CHANNELS
    assert len(heard.numbers._seen) <= 256  # pyright: ignore[reportPrivateUsage]


def test_a_step_of_the_clock_gives_each_stream_a_successor() -> None:
    heard = Heard()
    for value in (1, 2, 3):
        heard.take(f"a:{value}")
    heard.numbers.restart("clock", heard.now_ns)
    heard.take("a:4")
    first, second = [event.stream for event in heard.events if isinstance(event, StreamStarted)]
    (ended,) = [event for event in heard.events if isinstance(event, StreamEnded)]
    assert (ended.stream_id, ended.cause, second.predecessor, second.cause) == (first.id, "clock", first.id, "clock")
    assert heard.values("a") == [2.0, 3.0, 4.0]


def joined(board_baud: int, other: str = "temp: 21.5\tsoil: 40") -> Joined:
    """A gateway that begins at 115,200 baud, and a sketch that prints at its own rate."""
    both = Joined(replace(LINE, baud=board_baud, other=other))
    both.sim.set_host_baud(both.now_ns, 115_200)
    both.plugged = True
    both.link.connection_made(both.now_ns, 115_200)
    return both


def names(events: Sequence[PrintedChanged]) -> list[str]:
    return [channel.name for channel in events[-1].channels] if events else []


@pytest.mark.parametrize("baud", [115_200, 9_600, 57_600, 300])
def test_the_rate_of_a_sketch_that_prints_is_found(baud: int) -> None:
    both = joined(baud)
    for _ in range(60):
        both.run(1_000)
        if names(both.of(PrintedChanged)):
            break
    assert names(both.of(PrintedChanged)) == ["temp", "soil"]
    assert (both.bauds or [115_200])[-1] == baud
    assert both.state() is BoardState.OTHER_SKETCH
    both.run(10_000)
    assert (both.bauds or [115_200])[-1] == baud, "it stays where text is heard"
    assert all(set(event.text.splitlines()) == {"temp: 21.5\tsoil: 40"} for event in both.of(TextReceived))
    assert both.failed(SetRequest("temp", 1)).error.reason == "offline"


def test_nothing_is_said_to_a_sketch_whose_rate_is_none_of_ours() -> None:
    both = joined(9_600)
    said: list[bytes] = []
    both.run(6_000)
    assert both.bauds[-1] == 9_600

    def hear(data: bytes) -> bytes:
        said.append(data)
        return data

    both.to_board = hear
    both.run(5_000)
    assert said == []


def test_a_board_that_speaks_again_ends_what_was_printed() -> None:
    both = joined(115_200)
    both.run(6_000)
    running = {event.stream.id for event in both.of(StreamStarted)}
    assert running
    object.__setattr__(both.sim.options, "other", "")
    both.sim.reset(both.now_ns)
    both.run(3_000)
    assert both.state() is BoardState.LIVE
    assert running <= {event.stream_id for event in both.of(StreamEnded)}


def test_an_unplug_ends_what_was_printed() -> None:
    both = joined(115_200)
    both.run(6_000)
    running = {event.stream.id for event in both.of(StreamStarted)}
    both.unplug()
    assert {event.stream_id for event in both.of(StreamEnded)} == running
