from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from ardugate.errors import RequestError
from ardugate.link.jobs import Ask, Got, StepsTo
from ardugate.link.known import Known
from ardugate.link.learn import Learned, Learner, learn_modes, learn_streams
from ardugate.model import Firmware
from ardugate.wire.answers import ModeEntry, StreamEntry, serialize_modes, serialize_streams
from ardugate.wire.descriptor import serialize_descriptor
from ardugate.wire.messages import BoardHello, Query, What
from tests.support.make_wire_vectors import DESCRIPTORS

DESCRIPTOR = DESCRIPTORS[1][1]
BYTES = serialize_descriptor(DESCRIPTOR)
HELLO = BoardHello(0, (1, 2, 3), 2, 0, 7, len(BYTES), zlib.crc32(BYTES))


def answer(steps: StepsTo[Learned], data: bytes = BYTES, chunk: int = 56) -> tuple[Learned, list[Ask]]:
    """Answer every question as a board with this descriptor does."""
    asked: list[Ask] = []
    got: Got | None = None
    while True:
        try:
            ask = next(steps) if got is None else steps.send(got)
        except StopIteration as end:
            learned: Learned = end.value
            return learned, asked
        asked.append(ask)
        assert isinstance(ask, Query)
        match ask.what:
            case What.DESCRIPTOR:
                got = data[ask.arg : ask.arg + chunk]
            case What.MODES:
                got = serialize_modes([ModeEntry(9, 255, 1)]) if ask.arg <= 9 else b""
            case _:
                got = serialize_streams([StreamEntry(1, 7, 100, (65,))])


def test_the_descriptor_is_fetched_in_chunks_of_any_size_and_only_once() -> None:
    learner = Learner()
    learned, asked = answer(learner.learn(HELLO), chunk=50)
    assert learned.descriptor == DESCRIPTOR
    assert learned.firmware == Firmware(1, "1.2.3", 7, "external")
    offsets = [ask.arg for ask in asked if isinstance(ask, Query) and ask.what == What.DESCRIPTOR]
    assert offsets == list(range(0, len(BYTES), 50))
    _, asked = answer(learner.learn(HELLO))
    lists = [What.MODES, What.MODES, What.STREAMS, What.STREAM]
    assert [ask.what for ask in asked if isinstance(ask, Query)] == lists


@pytest.mark.parametrize(
    "data",
    [b"", BYTES[:-1], bytes(len(BYTES)), b"\x01\x02ab"],
    ids=["none", "too short", "other bytes", "no descriptor"],
)
def test_a_descriptor_that_is_not_what_hello_says_is_asked_for_three_times_and_no_more(data: bytes) -> None:
    with pytest.raises(RequestError, match="contradicts itself"):
        answer(Learner().learn(HELLO), data)


def test_a_descriptor_that_does_not_parse_contradicts_its_check() -> None:
    data = b"\x01\x02ab"
    hello = replace(HELLO, descriptor_bytes=len(data), descriptor_crc=zlib.crc32(data))
    with pytest.raises(RequestError, match="do not add up"):
        answer(Learner().learn(hello), data)


def test_a_list_of_modes_that_does_not_go_on_comes_to_an_end() -> None:
    steps = learn_modes()
    asked = [next(steps)]
    with suppress(StopIteration):
        while len(asked) < 1_000:
            asked.append(steps.send(serialize_modes([ModeEntry(0, 1, 0)])))
    assert asked == [Query(What.MODES, first) for first in range(255)]


@pytest.mark.parametrize("steps", [learn_modes, learn_streams], ids=["modes", "streams"])
def test_a_list_that_is_cut_off_contradicts_itself(steps: Callable[[], StepsTo[object]]) -> None:
    questions = steps()
    next(questions)
    with pytest.raises(RequestError, match="contradicts itself"):
        questions.send(b"\x01\x02")


@pytest.mark.parametrize(
    "entry",
    [
        StreamEntry(1, 9, 100, (65,)),
        StreamEntry(1, 7, 0, (65,)),
        StreamEntry(1, 7, 100, ()),
        StreamEntry(1, 7, 1, (200,)),
    ],
    ids=["an unknown packing", "no period", "no channels", "an unknown channel"],
)
def test_a_stream_that_cannot_be_is_left_out(entry: StreamEntry) -> None:
    known = Known(DESCRIPTOR, Firmware(1, "0"))
    known.refresh()
    good = StreamEntry(2, 7, 100, (65,))
    assert known.set_streams([entry, good]) == [entry]
    assert known.streams == {2: good}
    known.refresh()
    assert known.channels[65].rate_hz == DESCRIPTOR.tick_hz / 100
