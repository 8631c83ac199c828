"""Captures as tables: every value at its time, gaps as rows with a reason."""

from __future__ import annotations

import csv
import json
from array import array
from dataclasses import replace
from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from mcap.reader import make_reader

from ardugate.model import Batch, Loss
from ardugate.record.export import to_csv, to_mcap, to_parquet
from ardugate.record.notes import Happened, Missing, Pause
from ardugate.record.rows import Row, channels, columns_of, rows, summed
from tests.unit.record.build import MS, T0, edges, led, pot, scans, tape

S = 10**9


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Ten scans, a gap of five, ten more; two edges and a mark among them."""
    made = tape()
    data = made.preamble(T0)
    made.take()
    made.samples(1, *scans(pot(), 0))
    made.samples(2, *edges(led(), 0, [1, 0]))
    made.note(Missing(3, Loss("wire", "damaged", "b1", 5, 10, T0 + 100 * MS, "greenhouse")))
    made.note(Happened("mark", None, "=door opened", T0 + 120 * MS))
    made.samples(4, *scans(pot(), 15))
    path = tmp_path / "a.ardcap"
    path.write_bytes(data + made.take())
    return path


def test_rows_are_in_the_order_of_time_with_every_value(capture: Path) -> None:
    found = list(rows(capture))
    assert [row.at_ns for row in found] == sorted(row.at_ns for row in found)
    values = [row.values["greenhouse/A1"] for row in found if "greenhouse/A1" in row.values]
    assert values == [7 * seq % 1_024 for seq in [*range(10), *range(15, 25)]]
    assert [row.values["greenhouse/D2"] for row in found if "greenhouse/D2" in row.values] == [True, False]
    (gap,) = [row for row in found if row.gap]
    assert (gap.at_ns, gap.gap, gap.values) == (
        T0 + 100 * MS,
        "5 scans of greenhouse lost on the wire (damaged)",
        {},
    )


def test_a_time_is_cut_out_to_the_scan(capture: Path) -> None:
    found = list(rows(capture, T0 + 20 * MS, T0 + 40 * MS))
    assert [row.values.get("greenhouse/A0") for row in found] == [2, 3, None]


def test_scans_of_one_time_are_one_row(tmp_path: Path) -> None:
    made = tape()
    data = made.preamble(T0)
    made.take()
    made.samples(1, *scans(pot(), 0, 1))
    made.samples(2, Batch("e1", 0, T0 + 137, [array("B", [1])], array("q", [T0 + 137])), bytes([0, 0, 0, 0, 1]))
    (tmp_path / "a").write_bytes(data + made.take())
    (row,) = rows(tmp_path / "a")
    assert row.values == {"greenhouse/A0": 0, "greenhouse/A1": 0, "greenhouse/D2": True}


def test_windows_have_mean_minimum_and_maximum_and_say_what_is_missing() -> None:
    found = [Row(T0 + k * S // 4, {"a": k}, "lost" if k == 5 else "") for k in range(8)]
    assert list(summed(found, S, ("mean", "min", "max"))) == [
        Row(T0, {"a mean": 1.5, "a min": 0, "a max": 3}),
        Row(T0 + S, {"a mean": 5.5, "a min": 4, "a max": 7}, "lost"),
    ]


def test_csv_has_units_zones_gaps_and_no_formulas(capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    count = to_csv(rows(capture), columns_of(channels(capture)), target, UTC, lambda _: None)
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    head, *lines = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    assert head == ["time", "greenhouse/A0 [count]", "greenhouse/A1 [count]", "greenhouse/D2", "gap", "mark"]
    assert len(lines) == count == 24
    assert lines[0] == ["2025-11-22T08:26:40.000000+00:00", "", "", "1", "", ""]
    assert lines[2] == ["2025-11-22T08:26:40.010000+00:00", "1", "7", "", "", ""]
    assert [line[5] for line in lines if line[5]] == ["'=door opened"]


def test_parquet_has_times_in_ns_and_units(capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    assert to_parquet(rows(capture), columns_of(channels(capture)), target, lambda _: None) == 24
    pq: Any = import_module("pyarrow.parquet")  # it has no types
    table = pq.read_table(target)
    assert table.column("time").cast("int64").to_pylist()[:1] == [T0 + 5]
    assert table.schema.field("greenhouse/A0").metadata == {b"unit": b"count"}
    values = [each for each in table.column("greenhouse/A0").to_pylist() if each is not None]
    assert values == [*range(10), *range(15, 25)]
    assert [each for each in table.column("greenhouse/D2").to_pylist() if each is not None] == [True, False]


def test_mcap_is_read_by_its_own_library(capture: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.mcap"
    to_mcap(rows(capture), columns_of(channels(capture)), target, lambda _: None)
    with target.open("rb") as file:
        found = [
            (channel.topic, message.log_time, json.loads(message.data)["value"])
            for schema, channel, message in make_reader(file).iter_messages()
            if schema is not None and schema.encoding == "jsonschema"
        ]
    assert [value for topic, _, value in found if topic == "/greenhouse/A0"] == [*range(10), *range(15, 25)]
    assert ("/greenhouse/D2", T0 + 5, True) in found
    assert [topic for topic, _, _ in found if topic in ("/gap", "/mark")] == ["/gap", "/mark"]


def test_a_pause_is_a_row_that_says_how_long(tmp_path: Path) -> None:
    made = tape()
    made.note(Pause("disk_full", T0, T0 + 2 * S))
    (tmp_path / "a").write_bytes(made.take())
    assert [row.gap for row in rows(tmp_path / "a")] == ["not recorded for 2.0 s (disk_full)"]


def test_values_are_in_the_channels_unit(tmp_path: Path) -> None:
    stream = pot()
    scaled = replace(stream, channels=tuple(replace(each, scale=0.5, offset=-1) for each in stream.channels))
    made = tape()
    made.stream_ended(1, "b1", "rate", T0)
    made.stream_started(scaled)
    made.samples(2, *scans(scaled, 0, 3))
    (tmp_path / "a").write_bytes(made.take())
    assert [row.values["greenhouse/A0"] for row in rows(tmp_path / "a")] == [-1, -0.5, 0]
