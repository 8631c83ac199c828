"""``ardugate bench``: the published figures, measured again."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.integration.cli.shell import Here, Shell, two_lines

ROOT = Path(__file__).parents[3]
PUBLISHED = json.loads((ROOT / "benchmarks" / "published.json").read_text("utf-8"))


def test_what_is_measured_stands_beside_what_was_published(alone: Shell, here: Here) -> None:
    told = here.object(alone, "bench", "wire")
    assert told["published_on"] == PUBLISHED["where"]
    assert len(told["results"]) == 8
    for result in told["results"]:
        assert result["here"] > 0
        assert result["published"] == PUBLISHED["medians"][result["what"]]


def test_what_is_published_stands_in_performance_md() -> None:
    page = (ROOT / "docs" / "explanation" / "performance.md").read_text("utf-8")
    for what, figure in (PUBLISHED["medians"] | PUBLISHED["ratios"]).items():
        assert re.search(rf"(?<![\d.]){figure:g}(?![\d.]\d)", page), what


def test_a_measurement_that_there_is_not_is_said(alone: Shell, here: Here) -> None:
    status, _, err = here.run(alone, "bench", "hardware")
    assert status == 2
    assert "choose of wire, damage, latency" in two_lines(err)
