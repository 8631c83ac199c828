"""A board on another computer whose network cable is pulled: neither end is told. ``make soak`` runs it, as root."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from ardugate.runtime.ports.transports import UNCONFIRMED_S
from tests.integration.helpers import gateway, talk
from tests.soak.test_safe_soak import NETNS, THERE, cable, namespace

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")


@pytest.fixture
def url() -> Generator[str]:
    """Where the board is."""
    command = ["ip", "netns", "exec", NETNS, sys.executable, "-m", "tests.support.remote_board", THERE]
    with namespace(), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"socket://{THERE}:{int(server.stdout.readline())}"
        finally:
            server.kill()


async def test_a_board_behind_a_cut_network_is_unplugged_soon_and_returns_with_it(url: str, tmp_path: Path) -> None:
    async with gateway(tmp_path, url) as ready, talk(ready) as client:
        await client.live()
        cable("down")
        cut_s = time.monotonic()
        await client.until("board", lambda it: it.get("board", {}).get("state") == "down")
        print(f"\ndown {time.monotonic() - cut_s:.1f} s after the cut, {UNCONFIRMED_S} s of it unconfirmed")
        cable("up")
        up_s = time.monotonic()
        await client.until("board", lambda it: it.get("board", {}).get("state") == "live")
        print(f"live {time.monotonic() - up_s:.1f} s after it was mended")
