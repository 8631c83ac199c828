"""A gateway keeps to its ``/openapi.json`` whatever is asked: schemathesis asks, a few hundred times."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.running import running_gateway

CONFIG = Path(__file__).parents[1] / "support" / "schemathesis.toml"
# Ten seconds on an idle machine; only a hang should reach this.
WITHIN_S = 110.0
SEED = 20_251_122
# The stream goes on for ever; the tests of the ways without a WebSocket have it.
ENDLESS = "/api/v1/stream"


def test_whatever_is_asked_the_answer_is_one_that_openapi_names(tmp_path: Path) -> None:
    with running_gateway(tmp_path, "demo") as gateway:
        program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
        address = [f"{gateway.url}openapi.json", "--header", f"Authorization: Bearer {gateway.token}"]
        extent = ["--phases", "coverage,fuzzing", "--max-examples", "25", "--workers", "1", "--seed", str(SEED)]
        done = subprocess.run(
            [*program, *address, *extent, "--exclude-path", ENDLESS, "--no-color"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=WITHIN_S,
        )
        assert gateway.process.poll() is None, "the gateway has ended"
    assert done.returncode == 0, done.stdout + done.stderr
