"""``record``, ``save`` and ``export``: with a gateway, and without one."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import pytest

from ardugate.record.blocks import Damaged
from ardugate.record.files import blocks
from ardugate.record.reader import Reader, Scans
from tests.integration.cli.shell import HARD_S, Here, Shell


def scans(path: Path) -> int:
    """How many scans a capture has; it must be whole."""
    events = list(Reader().events(blocks(path)))
    assert not any(isinstance(each, Damaged) for each in events)
    return sum(each.batch.count for each in events if isinstance(each, Scans))


def test_a_gateway_records_and_gives_the_file(demo: Shell, here: Here) -> None:
    told = json.loads(here.out(demo, "record", "night", "--for", "500ms", "--json"))
    path = demo.folder / "night.ardcap"
    assert (told["file"], told["state"]) == (str(path), "whole")
    assert path.stat().st_size == told["size_bytes"]
    assert scans(path) > 20
    assert here.run(demo, "record", "night")[0] == 1


def test_what_has_just_happened_is_saved(demo: Shell, here: Here) -> None:
    here.out(demo, "tail", "-n", "50")
    assert here.out(demo, "save", "--last", "30s", "bang.ardcap").startswith(str(demo.folder / "bang.ardcap"))
    assert scans(demo.folder / "bang.ardcap") > 20


def test_without_a_gateway_the_port_is_opened_and_ctrl_c_ends_it_whole(alone: Shell) -> None:
    with alone.running("record", "alone.ardcap", "--port", "sim://") as process:
        assert process.stderr is not None
        while "recording;" not in (line := process.stderr.readline()):
            assert line, "it has ended"
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=HARD_S)
    assert process.returncode == 0
    assert out.startswith(str(alone.folder / "alone.ardcap"))
    assert [path.name for path in alone.folder.glob("*.ardcap")] == ["alone.ardcap"]
    scans(alone.folder / "alone.ardcap")


@pytest.fixture(scope="module")
def capture(demo: Shell) -> Path:
    demo.run("record", "export", "--for", "1s")
    return demo.folder / "export.ardcap"


def test_a_capture_becomes_a_table(demo: Shell, here: Here, capture: Path) -> None:
    told = json.loads(here.out(demo, "export", str(capture), "--to", "csv", "--json"))
    with capture.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        head, *lines = list(csv.reader(file))
    assert head[0] == "time"
    assert "demo/temp [°C]" in head
    assert len(lines) == told["rows"] > 20
    assert here.run(demo, "export", str(capture), "--to", "csv")[0] == 1  # it is there already


def test_a_capture_becomes_a_row_a_second(demo: Shell, here: Here, capture: Path) -> None:
    words = ["--every", "1s", "--stat", "min,max", "-o", "every.csv"]
    here.out(demo, "export", str(capture), "--to", "csv", *words)
    with (demo.folder / "every.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *lines = list(csv.reader(file))
    assert "demo/A0 min [count]" in head
    assert 1 <= len(lines) <= 4


@pytest.mark.parametrize("form", ["parquet", "mcap"])
def test_a_capture_becomes_what_other_programs_read(demo: Shell, here: Here, capture: Path, form: str) -> None:
    here.out(demo, "export", str(capture), "--to", form)
    assert capture.with_suffix(f".{form}").stat().st_size > 1_000


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "xls"],
        ["--to", "12:00"],
        ["--to", "csv", "--stat", "mean"],
        ["--to", "csv", "--every", "1s", "--stat", "x"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_a_usage_error(demo: Shell, here: Here, capture: Path, words: list[str]) -> None:
    assert here.run(demo, "export", str(capture), *words)[0] == 2
