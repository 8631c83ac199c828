"""The journal's files: bounded, readable whatever happened to them, and never in the gateway's way."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from ardugate.runtime.watching import journal as journal_module
from ardugate.runtime.watching.journal import PER_MINUTE, Journal, read_journal

S = 10**9


class Clock:
    now_ns = 1_763_800_000 * S

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


def texts(entries: list[dict[str, object]]) -> list[str]:
    return [str(entry["text"]) for entry in entries]


async def test_what_was_noted_is_there_after_a_restart_and_for_the_user_alone(tmp_path: Path, clock: Clock) -> None:
    Journal(tmp_path, clock).note("live", "greenhouse is live", "greenhouse")
    clock.now_ns += S
    again = Journal(tmp_path, clock)
    again.note("down", "it is gone: ü", "greenhouse")
    assert texts(await again.entries()) == ["greenhouse is live", "it is gone: ü"]
    assert await again.entries() == read_journal(tmp_path)
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o777 == 0o600


async def test_it_is_asked_by_time_number_and_board(clock: Clock) -> None:
    journal = Journal(None, clock)
    for number, board in enumerate(("a", "b", None, "a")):
        clock.now_ns += S
        journal.note("live", str(number), board)
    now_s = clock.now_ns // S
    assert texts(await journal.entries(since_s=now_s - 1)) == ["2", "3"]
    assert texts(await journal.entries(until_s=now_s - 2)) == ["0", "1"]
    assert texts(await journal.entries(until_s=now_s - 1, last=2)) == ["1", "2"]
    assert texts(await journal.entries(last=1)) == ["3"]
    assert texts(await journal.entries(board="a")) == ["0", "2", "3"]
    assert texts(await journal.entries(last=2, only=["a"])) == ["0", "3"]


def test_the_files_are_bounded_and_the_newest_is_kept(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "FILE_BYTES", 2_000)
    journal = Journal(tmp_path, clock)
    for number in range(200):
        clock.now_ns += 60 * S
        journal.note("live", f"number {number}")
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) <= 2
    assert sum(sizes) < 2 * 2_000 + 200
    kept = texts(read_journal(tmp_path))
    assert kept[-1] == "number 199"
    assert kept == [f"number {number}" for number in range(200 - len(kept), 200)]


def test_half_a_line_costs_that_line_alone(tmp_path: Path, clock: Clock) -> None:
    Journal(tmp_path, clock).note("live", "first")
    path = tmp_path / "journal.jsonl"
    path.write_text(path.read_text() + '{"t_s": 17638000')
    Journal(tmp_path, clock).note("live", "after the power came back")
    assert texts(read_journal(tmp_path)) == ["first", "after the power came back"]


@pytest.mark.parametrize("damage", ["\x00\xff not text", "[1, 2]", '{"t_s": "x"}', "17", "null"])
def test_what_is_no_entry_is_left_out(tmp_path: Path, damage: str) -> None:
    good = json.dumps({"t_s": 1.0, "kind": "live", "board": None, "text": "good"})
    (tmp_path / "journal.jsonl").write_bytes(f"{damage}\n{good}\n".encode("latin-1"))
    assert texts(read_journal(tmp_path)) == ["good"]


async def test_a_flood_is_summed_up_and_washes_nothing_away(clock: Clock) -> None:
    journal = Journal(None, clock)
    journal.note("down", "important")
    for number in range(1_000):
        journal.note("refused", f"stranger {number}")
    assert len(await journal.entries()) == 1 + PER_MINUTE
    clock.now_ns += 61 * S
    journal.note("refused", "one more")
    told = texts(await journal.entries())
    assert (told[0], told[-2:]) == ("important", ["and 970 more like these within a minute", "one more"])
    for _ in range(PER_MINUTE):
        journal.note("refused", "again")
    journal.close()
    assert texts(await journal.entries())[-1] == "and 1 more like these within a minute"


async def test_lines_that_are_no_longer_in_memory_are_read_from_the_files(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "KEPT", 3)
    journal = Journal(tmp_path, clock)
    for number in range(8):
        clock.now_ns += S * (number % 2)  # two in the same instant
        journal.note("live", str(number), "a" if number % 4 else "b")
    began_s = 1_763_800_000
    assert texts(await journal.entries(last=3)) == ["5", "6", "7"]
    assert texts(await journal.entries(last=5)) == ["3", "4", "5", "6", "7"]
    assert texts(await journal.entries()) == [str(number) for number in range(8)]
    assert texts(await journal.entries(until_s=began_s + 2)) == ["0", "1", "2", "3", "4"]
    assert texts(await journal.entries(board="b")) == ["0", "4"]
    (tmp_path / "journal.jsonl").rename(tmp_path / "journal.old.jsonl")
    (tmp_path / "journal.jsonl").mkdir()  # what cannot be written is in memory alone
    for number in range(8, 11):
        clock.now_ns += S
        journal.note("live", str(number))
    assert texts(await journal.entries()) == [str(number) for number in range(11)]


async def test_a_disk_that_takes_nothing_is_said_once_and_the_journal_goes_on(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path, clock)
    (tmp_path / "journal.jsonl").mkdir()
    with caplog.at_level(logging.WARNING):
        journal.note("live", "one")
        journal.note("live", "two")
    assert texts(await journal.entries()) == ["one", "two"]
    assert len(caplog.records) == 1
