"""What the benchmarks reckon with; what they measure is no test's business."""

from __future__ import annotations

import json
import os
import time

import pytest
from benchmarks import damage
from benchmarks.board import Layout, ScriptedBoard
from benchmarks.measure import Fact, LeftOut, Result, Row, Tail, alternate, cpu_ns, percentile, quartiles
from benchmarks.report import as_json, table

from ardugate.wire import messages as m
from ardugate.wire.framing import Decoder, Frame


def test_each_repetition_measures_every_case_once_and_begins_with_another_one() -> None:
    order: list[str] = []

    def case(name: str) -> float:
        order.append(name)
        return float(len(order))

    seen = alternate({"a": lambda: case("a"), "b": lambda: case("b")}, repetitions=3)
    assert "".join(order) == "abbaab"
    assert seen == {"a": [1, 4, 5], "b": [2, 3, 6]}


@pytest.mark.parametrize(("share", "wanted"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_seen(share: float, wanted: int) -> None:
    assert percentile(range(100, 0, -1), share) == wanted


def test_quartiles_stand_in_the_middle_of_what_was_seen() -> None:
    assert quartiles([5, 1, 4, 2, 3]) == (2, 3, 4)
    assert quartiles([7]) == (7, 7, 7)


def test_ratios_are_taken_within_each_repetition() -> None:
    # Both values double from one repetition to the next, as on a machine that gets busy: the ratio does not.
    row = Row("thing", "µs", [2, 4, 8], [1, 2, 4], "the floor")
    assert as_json("question", row)["ratio"] == 2
    assert "2 (2 – 2) × the floor" in table([row])


def test_a_table_holds_every_kind_of_result_and_marks_what_is_quoted() -> None:
    lines = table([Tail("t", "ms", [1, 2, 9]), Fact("f", "B", 3, quoted=True), LeftOut("l", "no gcc")]).splitlines()
    assert len({len(line) for line in lines}) == 1, "columns in line"
    assert "quoted, not measured here" in lines[3]
    assert "left out: no gcc" in lines[4]


def test_damaged_frames_are_counted_when_they_are_taken_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(damage, "FRAMES", 1_000)
    (none,) = damage.measure()
    assert (none.what, value_of(none)) == ("damaged frames taken for good, of 1,000", 0)

    class Credulous:
        def __init__(self, _: int) -> None:
            pass

        def receive(self, data: bytes) -> list[Frame]:
            return [Frame(data)]

    monkeypatch.setattr(damage, "Decoder", Credulous)
    (every,) = damage.measure()
    assert value_of(every) == 1_000


def value_of(result: Result) -> float:
    assert isinstance(result, Fact)
    return result.value


def test_json_keeps_the_single_values() -> None:
    told = as_json("wire", Row("thing", "µs", (1.0, 2.0, 3.0)))
    assert json.loads(json.dumps(told)) == {
        "question": "wire", "what": "thing", "unit": "µs", "median": 2.0, "values": [1.0, 2.0, 3.0],
    }  # fmt: skip


def test_the_cpu_clock_of_a_process_is_its_own() -> None:
    before_ns = cpu_ns(os.getpid())
    own_before_ns = time.process_time_ns()
    while time.process_time_ns() < own_before_ns + 2_000_000:
        pass
    assert cpu_ns(os.getpid()) - before_ns >= 2_000_000


def test_the_scripted_board_numbers_its_scans_without_a_gap() -> None:
    board = ScriptedBoard(Layout(channels=6, scans=32, hz=50.0))
    frames = Decoder(256).receive(board.samples(0) + board.samples(20_000))
    messages = [m.parse_from_board(frame.body) for frame in frames if isinstance(frame, Frame)]
    assert [message.seq for message in messages if isinstance(message, m.Samples)] == [0, 32]
