"""Rows of several streams: the newest of each channel, never that of a board that is away."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from ardugate.client.feed import Told
from ardugate.client.rows import Rows
from ardugate.client.samples import Batch, Column, Names, Row
from ardugate.model import Channel, Mode, ValueType

BOARD: dict[str, Any] = {"id": "greenhouse", "state": "live", "descriptor": {"aliases": {"D9": "pump"}}}


def batch(name: str, values: list[int], t0_s: float = 100.0, **more: Any) -> Batch:
    column = Column(Channel(0, name, ValueType.INT, Mode.DECLARED, dtype="u8"), array("B", values))
    names = more.pop("names", Names())
    return Batch("s1", "greenhouse", 0, len(values), (column,), names, t0_s, 0.5, None, **more)


def rows_of(*wanted: str) -> Rows:
    names = Names()
    names.learn(BOARD)
    return Rows(wanted, names)


def test_there_is_no_row_before_each_named_channel_has_a_value() -> None:
    rows = rows_of("soil", "D9", "x*")
    assert list(rows.scans(batch("soil", [1, 2]))) == []
    (row,) = rows.scans(batch("pump", [1]))
    assert dict(row) == {"greenhouse/soil": 2, "greenhouse/pump": 1}
    assert row["D9"] == row["pump"] == row["greenhouse/D9"] == 1


def test_each_scan_is_a_row_at_its_own_time_and_says_what_is_new_in_it() -> None:
    rows = rows_of("soil")
    got = list(rows.scans(batch("soil", [1, 2, 3])))
    assert [(row.t_s, row["soil"]) for row in got] == [(100.0, 1), (100.5, 2), (101.0, 3)]
    (late,) = rows.scans(batch("pump", [7], 50.0))
    assert (late.t_s, set(late.fresh), late["soil"]) == (50.0, {"greenhouse/pump"}, 3)


def test_at_a_beat_a_row_has_the_newest_and_none_comes_without_news() -> None:
    rows = rows_of("soil")
    rows.add(batch("soil", [1, 2, 3]))
    assert rows.ready
    assert rows.take()["soil"] == 3
    assert not rows.ready


def test_losses_are_summed_up_in_the_next_row() -> None:
    rows = rows_of("soil")
    rows.add(batch("soil", [1], lost=2, dropped=1, broken=True))
    rows.add(batch("soil", [1], lost=3))
    row = rows.take()
    assert (row.lost, row.dropped, row.broken) == (5, 1, True)
    rows.add(batch("soil", [1]))
    again = rows.take()
    assert (again.lost, again.dropped, again.broken) == (0, 0, False)


def test_a_board_that_is_away_has_no_values() -> None:
    rows = rows_of("soil")
    rows.add(batch("soil", [1]))
    rows.hear(Told("board", {"board": BOARD | {"state": "silent"}}))
    rows.add(batch("pump", [1]))
    assert rows.take()["soil"] is None


def test_a_row_is_a_mapping_with_a_local_time() -> None:
    row = Row(1_700_000_000.0, {"greenhouse/soil": 1}, Names(), frozenset())
    assert (list(row), len(row), dict(row)) == (["greenhouse/soil"], 1, {"greenhouse/soil": 1})
    assert row.time.utcoffset() is not None
    assert row.time.timestamp() == 1_700_000_000.0
    with pytest.raises(KeyError, match="expected one of greenhouse/soil, got 'rain'"):
        _ = row["rain"]
