"""Whether a page keeps what it set: by the hold's end, which moves on, and not by waiting for it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.support.running import READY_S, RunningGateway


async def renewed(gateway: RunningGateway, channel: str, hold_ms: int) -> None:
    """Wait until an output is held for longer after it was set than one hold lasts: somebody has renewed it."""
    ends = time.monotonic() + READY_S
    while (held_s := _held_s(gateway, channel)) <= hold_ms / 1_000 + 0.1:
        assert time.monotonic() < ends, f"{channel} is held for {held_s} s after it was set, and no longer"
        await asyncio.sleep(0.05)


def _held_s(gateway: RunningGateway, channel: str) -> float:
    drivers: Any = gateway.rpc("clients")["drivers"]
    (driver,) = (each for each in drivers if each["channel"] == channel)
    assert driver["until_s"] is not None, f"the hold of {channel} has no end"
    return float(driver["until_s"] - driver["set_t_s"])
