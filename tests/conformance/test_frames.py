"""wire.md, 1: bytes on the line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ardugate.wire import limits, ops
from ardugate.wire import messages as msg
from ardugate.wire.framing import encode
from tests.conformance.bench import Bench

_VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "wire.json").read_text(encoding="utf-8"))
_TO_BOARD = [vector for vector in _VECTORS["bad_frames"] if vector["max_line"] == limits.MAX_LINE_TO_BOARD]

# Bytes that are let onto the line at once: what a receive ring of 63 takes while the board is busy elsewhere.
_BURST = 48


@pytest.fixture
def unstopped(bench: Bench) -> Iterator[Bench]:
    """The vectors hold a real STOP: clear it afterwards."""
    yield bench
    bench.command(ops.ClearStop())


def _send_slowly(bench: Bench, data: bytes) -> None:
    bench.fall_silent()  # no heartbeat in the middle of it
    for at in range(0, len(data), _BURST):
        bench.send_raw(data[at : at + _BURST])
        bench.wait(0.01)
    bench.keep_alive()


@pytest.mark.parametrize("vector", _TO_BOARD, ids=lambda vector: vector["name"].replace(" ", "-"))
def test_damage_costs_its_frames_and_no_more_and_is_counted(unstopped: Bench, vector: dict[str, Any]) -> None:
    before = unstopped.counters().bad_frames
    _send_slowly(unstopped, bytes.fromhex(vector["bytes"]))
    unstopped.beat(stamp=77)
    assert unstopped.counters().bad_frames - before == vector["bad"]


def test_empty_frames_are_ignored(bench: Bench) -> None:
    before = bench.counters()
    bench.send_raw(bytes(40))
    bench.beat(stamp=3)
    assert bench.counters() == before


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x7e\x01\x02", id="unknown code"),
        pytest.param(b"\x05", id="STOP without an id"),
        pytest.param(b"\x02\x01\x02\x03", id="HEARTBEAT that is too short"),
        pytest.param(b"\x04\x01\x02\x03\x04\x05\x06", id="COMMAND that is too short"),
    ],
)
def test_a_good_frame_that_says_nothing_known_is_counted_and_dropped(bench: Bench, body: bytes) -> None:
    before = bench.counters().bad_frames
    bench.send_raw(encode(body))
    bench.beat(stamp=4)
    assert bench.counters().bad_frames == before + 1


def test_fields_added_at_a_message_s_end_are_ignored(bench: Bench) -> None:
    bench.send_raw(encode(msg.serialize(msg.Heartbeat(bench.boot_id, 5)) + b"more"))
    assert bench.await_message(msg.BoardHeartbeat, lambda answer: answer.stamp == 5).boot_id == bench.boot_id


def test_noise_without_an_end_costs_one_frame(bench: Bench) -> None:
    before = bench.counters().bad_frames
    _send_slowly(bench, b"\x55" * 1_000 + b"\0")
    bench.beat(stamp=6)
    assert bench.counters().bad_frames == before + 1


def test_frames_that_follow_each_other_without_a_break_are_all_answered(bench: Bench) -> None:
    frames = [encode(msg.serialize(msg.Heartbeat(bench.boot_id, stamp))) for stamp in (11, 12, 13)]
    bench.send_raw(b"".join(frames))
    bench.wait(0.1)
    assert [answer.stamp for answer in bench.all(msg.BoardHeartbeat) if answer.stamp in {11, 12, 13}] == [11, 12, 13]
