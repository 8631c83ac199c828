"""Prometheus' text format, as its own library reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from ardugate.runtime.watching.exposition import Family, exposition
from ardugate.runtime.watching.meters import Histogram


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every value by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_numbers_are_read_back_with_their_labels_whatever_is_in_them() -> None:
    strange = 'a "b"\\c\nd'
    text = exposition([Family("x_total", "counter", "What.", [({"board": strange}, 3), ({}, 0.25)])])
    assert read(text) == {("x_total", (("board", strange),)): 3.0, ("x_total", ()): 0.25}


def test_a_histogram_counts_upwards() -> None:
    seconds = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 2.0):
        seconds.add(value)
    told = read(exposition([Family("s", "histogram", "How long.", [({"method": "get"}, seconds)])]))
    buckets = {labels[0][1]: value for (name, labels), value in told.items() if name == "s_bucket"}
    assert buckets == {"0.1": 2.0, "1.0": 3.0, "+Inf": 4.0}
    assert told["s_sum", (("method", "get"),)] == 2.65
    assert told["s_count", (("method", "get"),)] == 4.0


def test_what_has_no_value_is_left_out() -> None:
    assert exposition([Family("x", "gauge", "Nothing.", [])]) == ""
