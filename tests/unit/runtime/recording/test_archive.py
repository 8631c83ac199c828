"""What was before memory: from the ring on disk whole, from the tiers for as long as there are seconds and minutes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.hub import Resolver
from ardugate.model import Delivery, Form
from ardugate.runtime.recording import archive
from ardugate.runtime.recording.archive import Question
from tests.unit.record.build import T0, board
from tests.unit.runtime.recording.test_recorder import OPTIONS, Bench

S = 10**9


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    """Two minutes of a hundred scans a second, all of it on disk."""
    made = Bench(tmp_path, replace(OPTIONS, ring_bytes=64 * 1_048_576))
    made.hub.directory.put(board())
    for second in range(120):
        made.send(100 * second, 100)
        made.now_ns = T0 + (second + 1) * S
        made.recorder.flush()  # in place of a quarter of a second
    made.now_ns += 3 * S
    made.recorder.board(replace(board(), stopped=True))
    made.recorder.flush()
    await made.recorder.listed()  # what the recorder's thread was given before is done
    yield made
    await made.recorder.close()


async def ask(bench: Bench, from_s: float, to_s: float, points: int | None = None) -> list[Delivery]:
    resolver = Resolver(bench.hub.directory)
    times = (T0 + round(from_s * S), T0 + round(to_s * S))
    return await bench.recorder.older(Question(resolver, ("greenhouse/A0",), *times, points))


async def test_scans_of_any_time_come_back_whole(bench: Bench) -> None:
    (found,) = await ask(bench, 30, 30.099)
    assert (found.view.form, found.seq, list(found.columns[0])) == (
        Form.RAW,
        3_000,
        [k % 1_024 for k in range(3_000, 3_010)],
    )
    assert found.times_ns is not None
    assert list(found.times_ns) == [T0 + 30 * S + 137 + k * 10_000_000 for k in range(10)]
    assert found.lost == 0


async def test_they_come_as_an_envelope_where_points_are_asked_for(bench: Bench) -> None:
    (found,) = await ask(bench, 10, 20, 100)
    assert found.view.form is Form.ENVELOPE
    assert 50 <= found.count <= 100


async def test_long_times_come_from_the_seconds(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_SCANS", 1_000)
    (found,) = await ask(bench, 10, 100, 1_000)
    assert (found.view.form, found.view.dt_s, found.count) == (Form.ENVELOPE, 1.0, 91)
    assert found.times_ns is not None
    assert found.times_ns[0] == T0 + 10 * S
    assert (found.columns[0][0], found.columns[1][0]) == (0, 1_023)  # values wrap in this second
    assert (found.columns[0][2], found.columns[1][2]) == (1_200 - 1_024, 1_299 - 1_024)
    assert found.view.channels[0].unit == "count"


async def test_seconds_are_thinned_to_the_points_that_are_asked_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_SCANS", 1_000)
    monkeypatch.setattr(archive, "PERIODS_S", (1,))
    (found,) = await ask(bench, 0, 100, 10)
    assert found.count <= 10
    assert (min(found.columns[0]), max(found.columns[1])) == (0, 1_023)


async def test_what_nobody_has_any_more_is_refused_with_the_earliest_time(bench: Bench) -> None:
    with pytest.raises(RequestError) as caught:
        await ask(bench, -100, 10)
    assert caught.value.reason is Reason.CURSOR_EXPIRED
    assert f"{T0 // S}" in caught.value.hint


async def test_a_long_time_without_points_is_too_large(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_SCANS", 1_000)
    with pytest.raises(RequestError) as caught:
        await ask(bench, 1, 100)
    assert caught.value.reason is Reason.TOO_LARGE


async def test_a_name_of_the_archive_is_never_one_of_the_hub(bench: Bench) -> None:
    names = [(await ask(bench, 30, 31))[0].view.id for _ in range(2)]
    assert names == ["d1_7f3a", "d2_7f3a"]
