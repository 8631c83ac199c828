"""Ten minutes of the chip's own time, four channels at 1 kHz: no scan unsaid, no fault. ``make soak`` runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.gateway import watching
from tests.e2e.tally import count_scans
from tests.support.chip import Chip
from tests.support.running import running_gateway

_SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))


@pytest.mark.chip
@pytest.mark.timeout(_SECONDS * 20)
def test_four_channels_at_1_khz_lose_nothing_for_ten_minutes(sketch_elf: Path, tmp_path: Path) -> None:
    with (
        Chip(sketch_elf) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port) as gateway,
        watching(gateway) as client,
    ):
        tally = count_scans(chip, client, _SECONDS)
        successors = len(tally.causes) - 1
        print(f"{tally.made} scans made, {tally.received} received, lost: {dict(tally.lost)}, {successors} successors")
        print(f"{client.losses[:8]}, {chip.line()}")
