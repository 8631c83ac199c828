"""The answer to ``history`` as JSON and as a table."""

from __future__ import annotations

import csv
from array import array
from dataclasses import replace

from ardugate.model import Channel, Delivery, Form, Mode, ValueType
from ardugate.session.past import Past, as_csv
from ardugate.session.rest import History
from tests.unit.session.build import T0, analog, view

S = 10**9


def part(name: str, seq: int, values: list[int], at_s: list[float], channel: Channel | None = None) -> Delivery:
    of = view(channel or analog(name))
    times_ns = array("q", [T0 + round(at * S) for at in at_s])
    return Delivery(of, seq, times_ns[0], (array("H", values),), times_ns, 0, f"7f3a-{seq}")


def result(*parts: Delivery) -> dict[str, object]:
    past = Past("7f3a-ff")
    for each in parts:
        past.add(each)
    return past.result()


def table(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


def test_an_answer_looks_as_openapi_says_and_names_each_stream_once() -> None:
    one = part("A0", 0, [1, 2], [0, 1])
    made = result(one, replace(one, seq=5, lost=3))
    told = History.model_validate(made)
    assert [stream.stream for stream in told.streams] == [one.view.id]
    assert [(each.seq, each.lost) for each in told.samples] == [(0, 0), (5, 3)]
    assert told.cursor == "7f3a-ff"


def test_a_table_has_a_row_for_each_time_and_empty_cells_where_nothing_was_taken() -> None:
    rows = table(as_csv(result(part("A0", 0, [1, 2], [0, 1]), part("A1", 0, [7, 8], [1, 2]))))
    assert rows[0] == ["t_s", "greenhouse/A0", "greenhouse/A1"]
    assert [row[1:] for row in rows[1:]] == [["1", ""], ["2", "7"], ["", "8"]]
    assert float(rows[1][0]) == T0 / 1e9


def test_a_table_of_an_envelope_has_both_ends_and_a_negative_scale_keeps_them_in_order() -> None:
    falling = replace(analog("A0"), type=ValueType.FLOAT, scale=-1.0)
    of = replace(view(falling), form=Form.ENVELOPE, every=4)
    times_ns = array("q", [T0])
    made = result(Delivery(of, 0, T0, (array("H", [1]), array("H", [5])), times_ns, 0, "7f3a-1"))
    History.model_validate(made)
    assert table(as_csv(made)) == [
        ["t_s", "greenhouse/A0 min", "greenhouse/A0 max"],
        [f"{T0 / 1e9:.6f}", "-5.0", "-1.0"],
    ]


def test_text_with_commas_and_lines_stays_one_cell_and_switches_are_words() -> None:
    note = Channel(50, "note", ValueType.TEXT, Mode.DECLARED, dtype="text")
    door = Channel(2, "door", ValueType.BOOL, Mode.INPUT, events=True)
    times_ns = array("q", [T0])
    said = Delivery(view(note), 0, T0, (['a, "b"\nc'],), times_ns, 0, "7f3a-1")
    made = result(said, part("door", 0, [1], [0], door))
    (row,) = list(csv.DictReader(as_csv(made).splitlines(keepends=True)))
    assert (row["greenhouse/note"], row["greenhouse/door"]) == ('a, "b"\nc', "true")


def test_nothing_is_a_table_with_a_head_alone() -> None:
    assert table(as_csv(result())) == [["t_s"]]
