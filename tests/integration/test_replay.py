"""A capture served again: the same values at the same times, at any speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardugate.errors import ConfigError, NotACapture
from ardugate.record.notes import Happened
from ardugate.runtime.options import RecordOptions, ReplayOption
from ardugate.runtime.recording.replaying import ReplayClock
from tests.integration.helpers import Message, gateway, talk
from tests.unit.record.build import MS, T0, edges, led, pot, scans, tape

S = 10**9
ROUNDS = 30  # of a tenth of a second


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Three seconds of two analog channels, edges and a mark; five scans are missing."""
    made = tape()
    data = made.preamble(T0)
    made.take()
    order = 0
    for turn in range(ROUNDS):
        order += 1
        made.samples(order, *scans(pot(), 10 * turn + (5 if turn > 20 else 0)))
        if turn % 3 == 0:
            order += 1
            made.samples(order, *edges(led(), 3 * (turn // 3), [1, 0, 1]))
        if turn == 10:
            made.note(Happened("mark", "greenhouse", "door opened", T0 + 1_050 * MS))
        data += made.take()
    path = tmp_path / "a.ardcap"
    path.write_bytes(data)
    return path


def rows(samples: list[Message]) -> list[tuple[float, str, object]]:
    """Time, channel and value of everything, in order."""
    return sorted(
        (t_s, name, value)
        for batch in samples
        for name, column in batch["columns"].items()
        for t_s, value in zip(batch["t_s"], column, strict=True)
    )


def expected() -> list[tuple[float, str, object]]:
    """What the capture holds, said as clients are told it."""
    found: list[tuple[float, str, object]] = []
    for turn in range(ROUNDS):
        batch, _ = scans(pot(), 10 * turn + (5 if turn > 20 else 0))
        for row in range(batch.count):
            t_s = (batch.t0_ns + row * 10 * MS) / 1e9
            found += [(t_s, f"greenhouse/A{k}", batch.columns[k][row]) for k in range(2)]
        if turn % 3 == 0:
            batch, _ = edges(led(), 3 * (turn // 3), [1, 0, 1])
            assert batch.times_ns is not None
            found += [
                (at_ns / 1e9, "greenhouse/D2", bool(value))
                for at_ns, value in zip(batch.times_ns, batch.columns[0], strict=True)
            ]
    return sorted(found)


@pytest.mark.parametrize("speed", [4, 100])
async def test_values_and_times_are_those_of_then_at_any_speed(tmp_path: Path, capture: Path, speed: float) -> None:
    option = ReplayOption(capture, speed)
    off = RecordOptions(ring_bytes=0)
    async with gateway(tmp_path / "state", replay=option, record=off) as ready, talk(ready) as client:
        boards = (await client.call("boards"))["boards"]
        assert [(board["id"], board["state"]) for board in boards] == [("greenhouse", "replay")]
        while boards[0]["reason"] != "the capture has ended":
            boards = [(await client.until("board"))["board"]]
        past = await client.call("history")
        assert rows(past["samples"]) == expected()
        assert [batch["lost"] for batch in past["samples"] if batch["lost"]] == [5]
        value = await client.call("get", channel="D2")
        assert (value["t_s"], value["value"]) == max(row for row in expected() if row[1].endswith("D2"))[::2]
        marks = (await client.call("journal"))["entries"]
        assert [entry["text"] for entry in marks if entry["kind"] == "mark"] == ["door opened"]
        assert await client.reason("set", channel="pump", value=True) == "offline"


async def test_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ardcap"
    path.write_bytes(b"hello")
    for file, error in ((path, NotACapture), (tmp_path / "missing", ConfigError)):
        with pytest.raises(error):
            async with gateway(tmp_path, replay=ReplayOption(file)):
                pass


def test_the_clock_of_a_replay_runs_as_fast_as_it_is_told() -> None:
    now_ns = 5
    clock = ReplayClock(T0, 20, lambda: now_ns)
    assert clock.now_ns() == T0
    clock.start()
    now_ns += S
    assert clock.now_ns() == T0 + 20 * S
    assert clock.real_s(T0 + 40 * S) == 1
