"""A kill costs less than a second of a recording; a disk that is full stops the recording and nothing else."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import cast

import pytest

from ardugate.record.blocks import Damaged
from ardugate.record.files import blocks
from ardugate.record.notes import Pause
from ardugate.record.reader import Reader, Scans
from tests.support import running
from tests.support.killing import kill_while_it_records, listen, recorded
from tests.support.machine import Waited


def test_a_kill_costs_less_than_a_second_and_the_days_file_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    config = tmp_path / "ardugate.toml"
    config.write_text(f'[record]\nalways = true\nfolder = "{folder}"\nkeep_free_mb = 0\n')
    with running.running_gateway(tmp_path, "serve", "--port", "sim://", "--config", str(config)) as started:
        waited = Waited()
        lost_s = kill_while_it_records(started, folder, 1.0)
        assert lost_s <= 1.0 + waited.seconds
        (path,) = folder.iterdir()
        before, _ = recorded(path)
        started.start_again()
        kill_while_it_records(started, folder, 0.3)
        after, torn = recorded(path)
    assert before < after or torn


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody limits another process's files")
def test_a_full_disk_stops_the_recording_and_nothing_else(tmp_path: Path) -> None:
    with running.running_gateway(tmp_path, "demo") as started:
        name = str(started.rpc("record_start", name="full")["name"])
        path = tmp_path / ".local" / "state" / "ardugate" / "recordings" / name
        listen(started, 0.5)
        process = started.process.pid
        before = resource.prlimit(process, resource.RLIMIT_FSIZE)
        # As a disk that is full, but for the error's number.
        resource.prlimit(process, resource.RLIMIT_FSIZE, (path.stat().st_size + 2_048, before[1]))
        wait_for(started, name, "paused")
        assert started.rpc("set", channel="led", value=True)["value"] is True
        assert listen(started, 0.2), "samples stopped"
        entries = cast("list[dict[str, str]]", started.rpc("journal")["entries"])
        assert f"{name} is not written: the disk is full" in [entry["text"] for entry in entries]
        resource.prlimit(process, resource.RLIMIT_FSIZE, before)
        wait_for(started, name, "recording")
        listen(started, 0.5)
        assert started.rpc("record_stop", name="full")["state"] == "whole"
    events = list(Reader().events(blocks(path)))
    assert not any(isinstance(each, Damaged) for each in events)
    (pause,) = [number for number, each in enumerate(events) if isinstance(each, Pause)]
    scans = [number for number, each in enumerate(events) if isinstance(each, Scans)]
    assert scans[0] < pause < scans[-1]


def wait_for(started: running.RunningGateway, name: str, state: str) -> None:
    """Until a recording is in this state; what a client hears tells when to look."""
    for _ in range(200):
        listed = cast("list[dict[str, str]]", started.rpc("recordings")["recordings"])
        if [each["state"] for each in listed if each["name"] == name] == [state]:
            return
        listen(started, 0.1)
    raise AssertionError(f"{name} never was {state}")
