"""Fifty kills while a gateway records: at most a second of the tail is lost, and nothing is wrong."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.killing import kill_while_it_records, recorded
from tests.support.running import running_gateway

KILLS = 50


@pytest.mark.timeout(3_600)
def test_what_was_recorded_outlives_kills(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    config = tmp_path / "ardugate.toml"
    config.write_text(f'[record]\nalways = true\nfolder = "{folder}"\nkeep_free_mb = 0\n')
    chance = random.Random(1)
    worst_s = 0.0
    with running_gateway(tmp_path, "serve", "--port", "sim://", "--config", str(config)) as running:
        for turn in range(KILLS):
            lost_s = kill_while_it_records(running, folder, chance.uniform(0.1, 1.2))
            worst_s = max(worst_s, lost_s)
            print(f"kill {turn + 1}: {lost_s * 1e3:.0f} ms of the tail lost")
            running.start_again()
    (path,) = folder.glob("*.ardcap")
    scans, torn = recorded(path)
    print(f"{KILLS} kills, {len(scans)} scans kept, at most {worst_s * 1e3:.0f} ms of a tail lost")
    assert not torn
    assert worst_s <= 1.0
