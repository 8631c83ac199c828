"""What a script reads of a gateway's messages: the vectors, what it has had before, what is missing."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ardugate.client.feed import Feed, Malformed, Told
from ardugate.client.samples import Batch

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "gateway.json").read_text("utf-8"))
MOST_LOST = 4_294_967_295  # in a binary frame: that many, or more
FRAMES: dict[str, dict[str, Any]] = {each["name"]: each for each in VECTORS["frames"]}


def note(method: str, params: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params})


def feed_of(vector: dict[str, Any]) -> Feed:
    feed = Feed()
    feed.receive(note("streams", {"streams": [vector["stream"]], "ended": []}))
    return feed


def only(items: list[Batch | Told]) -> Batch:
    (item,) = items
    assert isinstance(item, Batch)
    return item


def by_name(batch: Batch) -> dict[tuple[str, str], list[Any]]:
    """What a batch holds. A negative scale makes the first of an envelope's raw columns the greatest."""
    return {(each.channel.name, each.of): [each.channel, each.offset_s, *each.as_values()] for each in batch.columns}


def scans(count: int, seq: int, lost: int = 0) -> str:
    """A message of the first vector's stream, whose values are their own numbers."""
    numbers = list(range(seq, seq + count))
    columns = {"greenhouse/A0": numbers, "greenhouse/A1": numbers}
    head = {"stream": "s1_7f3a", "seq": seq, "t0_s": seq * 0.01, "dt_s": 0.01}
    return note("samples", head | {"columns": columns, "lost": lost, "cursor": f"after {seq + count}"})


@pytest.fixture
def feed() -> Feed:
    return feed_of(FRAMES["two analog pins"])


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_what_its_message_is(name: str) -> None:
    vector = FRAMES[name]
    binary = only(feed_of(vector).receive(bytes.fromhex(vector["frame"])))
    spoken = only(feed_of(vector).receive(note("samples", vector["samples"])))
    assert (binary.seq, len(binary)) == (spoken.seq, len(spoken))
    assert binary.lost == min(spoken.lost, MOST_LOST)
    assert list(binary.seconds()) == list(spoken.seconds())
    assert binary.channels == tuple(vector["samples"]["columns"])
    assert by_name(binary) == by_name(spoken)


@pytest.mark.parametrize("name", FRAMES)
def test_arrays_hold_the_same_values(name: str) -> None:
    batch = only(feed_of(FRAMES[name]).receive(bytes.fromhex(FRAMES[name]["frame"])))
    assert batch.t_s.tolist() == pytest.approx(batch.seconds())
    for column in batch.columns:
        values, column_array = list(column.as_values()), column.as_array()
        if column_array.dtype.kind == "U":
            assert column_array.tolist() == [str(value) for value in values]
        else:
            assert column_array.tolist() == pytest.approx(values)


@pytest.mark.parametrize("vector", VECTORS["bad_frames"], ids=lambda vector: str(vector["name"]))
def test_a_frame_that_keeps_to_no_rule_gives_no_samples(vector: dict[str, Any]) -> None:
    feed = feed_of(FRAMES["two analog pins"])
    with contextlib.suppress(Malformed):
        assert feed.receive(bytes.fromhex(vector["frame"])) == []
    assert feed.cursor is None


def test_a_missing_value_is_none_and_in_an_array_nan() -> None:
    vector = FRAMES["real numbers"]
    address, values = next(iter(vector["samples"]["columns"].items()))
    holed = vector["samples"] | {"columns": {address: [None, *values[1:]]}}
    batch = only(feed_of(vector).receive(note("samples", holed)))
    assert batch.values(address)[0] is None
    assert np.isnan(batch[address][0])


def test_times_are_dates_and_names_may_be_short(feed: Feed) -> None:
    batch = only(feed.receive(scans(3, 100)))
    assert batch.time.dtype == np.dtype("datetime64[ns]")
    assert batch.time[0] == np.datetime64(1_000_000_000, "ns")
    assert batch.values("A1") == batch.values("greenhouse/A1") == [100, 101, 102]
    assert batch.offset_s("A1") == pytest.approx(0.000112)
    with pytest.raises(KeyError, match="expected one of greenhouse/A0, greenhouse/A1, got 'A2'"):
        batch.values("A2")


def test_scans_that_came_before_do_not_come_again(feed: Feed) -> None:
    assert len(only(feed.receive(scans(10, 0)))) == 10
    assert feed.receive(scans(10, 0)) == []
    rest = only(feed.receive(scans(10, 5)))
    assert (rest.seq, rest.values("A0")) == (10, [10, 11, 12, 13, 14])
    assert rest.seconds()[0] == pytest.approx(0.1)


def test_what_is_missing_is_said_with_the_batch_that_follows_it(feed: Feed) -> None:
    feed.receive(scans(10, 0))
    loss = {"place": "client", "reason": "slow", "board": "greenhouse", "stream": "s1_7f3a", "from_seq": 10, "count": 5}
    feed.receive(note("loss", loss | {"t_s": 0.1}))
    batch = only(feed.receive(scans(10, 18, lost=3)))
    assert (batch.lost, batch.dropped, batch.broken) == (3, 5, False)
    after = only(feed.receive(scans(10, 28)))
    assert (after.lost, after.dropped) == (0, 0)


def test_the_place_to_go_on_from_is_that_of_the_last_message_and_a_lost_place_is_said_once(feed: Feed) -> None:
    feed.receive(scans(10, 0))
    assert feed.cursor == "after 10"
    feed.lose_place()
    assert feed.cursor is None
    assert only(feed.receive(scans(5, 0))).broken
    assert not only(feed.receive(scans(5, 5))).broken


def test_a_stream_that_nobody_announced_and_a_kind_that_nobody_knows_are_let_go() -> None:
    frame = bytes.fromhex(FRAMES["two analog pins"]["frame"])
    assert Feed().receive(frame) == []
    assert feed_of(FRAMES["two analog pins"]).receive(b"\x09" + frame[1:]) == []
