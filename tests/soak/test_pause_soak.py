"""A gateway that stands still for ten seconds, with a hundred commands waiting. ``make soak`` runs it."""

from __future__ import annotations

from pathlib import Path

from tests.integration.test_pause import stands_still


async def test_after_ten_seconds_none_of_a_hundred_commands_runs_late(tmp_path: Path) -> None:
    await stands_still(tmp_path, 10.0)
