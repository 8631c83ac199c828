"""The fastest streams from the pin to a WebSocket client, on lines beyond 115,200 baud. ``make soak`` runs them, on a
machine that has the time: the simulated chip must not fall far behind the wall clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_speed import every_conversion_arrives

pytestmark = pytest.mark.chip


@pytest.mark.parametrize(
    ("baud", "channels", "hz", "least_hz", "line_baud"),
    [
        pytest.param(None, 1, "max", 76_500, 2_000_000, id="all of the ADC at 2 Mbaud, the line raised for it"),
        pytest.param(1_000_000, 1, "max", 71_000, 1_000_000, id="one channel at 1 Mbaud"),
        pytest.param(1_000_000, 6, 6_400, 6_400, 1_000_000, id="six channels at 1 Mbaud"),
    ],
)
def test_every_conversion_arrives_in_its_own_channel(
    sketch_elf: Path, tmp_path: Path, baud: int | None, channels: int, hz: float | str, least_hz: float, line_baud: int
) -> None:
    every_conversion_arrives(sketch_elf, tmp_path, baud, channels, hz, least_hz, line_baud)
