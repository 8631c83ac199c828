"""A cable that is pulled a hundred times, at any moment: when clients are told, and when the board can be used again.

The gateway is a process of its own, the board a simulated one that boots each time it is plugged in, on a
pseudo-terminal whose other end closes as a converter's does. What was measured is printed.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty, Talk
from tests.soak.test_life import tasks
from tests.support.running import RunningGateway, open_files, running_gateway

pytestmark = pytest.mark.timeout(1_200)

TIMES = int(os.environ.get("SOAK_UNPLUGS", "100"))
PLAIN = SimOptions(name="greenhouse", sketch=SketchName.PLAIN)
WARM_UP = 3  # what is opened once, at the first loss or the first sample, is no leak


class Cable:
    """Between a gateway and a board; whoever pulls it waits until a client knows."""

    def __init__(self, board: BoardOnPty, client: Talk) -> None:
        self.board = board
        self.told_s: list[float] = []
        self.usable_s: list[float] = []
        self._client = client

    def plug(self) -> None:
        """The board gets its power from it: it boots."""
        self.board.board.reset(time.time_ns())
        self.board.plug()

    async def pull(self) -> None:
        """Until the client was told."""
        began_s = time.monotonic()
        self.board.unplug()
        await self._client.until("board", lambda it: it.get("board", {}).get("state") == "down")
        self.told_s.append(time.monotonic() - began_s)

    async def use(self) -> None:
        """Until an output is confirmed."""
        began_s = time.monotonic()
        self.plug()
        await self.used()
        self.usable_s.append(time.monotonic() - began_s)

    async def used(self) -> None:
        """An output is confirmed, however often it has to be asked: whoever is told why not asks again."""
        async with asyncio.timeout(PATIENCE_S):
            while "error" in await self._client.call("set", channel="D13", value=True):
                await self._client.until_any("board")


@asynccontextmanager
async def cabled(gateway: RunningGateway, board: BoardOnPty) -> AsyncGenerator[Cable]:
    """A client that sees every sample, and the cable of the board."""
    headers = {"Authorization": f"Bearer {gateway.token}"}
    url = gateway.url.replace("http", "ws", 1) + "ws"
    async with connect(url, additional_headers=headers, subprotocols=[Subprotocol("ardugate.v1.json")]) as socket:
        client = Talk(socket)
        cable = Cable(board, client)
        cable.plug()
        await client.call("subscribe")
        await cable.used()
        yield cable
    board.unplug()


async def has(gateway: RunningGateway) -> tuple[int, int]:
    """How many files and tasks."""
    return open_files(gateway.process.pid), await asyncio.to_thread(tasks, gateway)


def spread(seconds: list[float]) -> str:
    """Median, p99, most."""
    parts = quantiles(seconds, n=100, method="inclusive")
    return f"median {parts[49] * 1e3:.0f} ms, p99 {parts[98] * 1e3:.0f}, most {max(seconds) * 1e3:.0f}"


@pytest.mark.parametrize("boot_ms", [0, 2_000], ids=["no bootloader", "a bootloader of 2 s"])
async def test_each_unplug_is_told_and_each_board_that_returns_can_be_used(tmp_path: Path, boot_ms: int) -> None:
    chance = random.Random(seed := int(os.environ.get("SOAK_SEED", "0")) or secrets.randbits(31))
    board = BoardOnPty(tmp_path / "board", SimBoard(replace(PLAIN, boot_ms=boot_ms)))
    with running_gateway(
        tmp_path, "serve", "--wait", "--port", str(board.place), module="tests.support.counted"
    ) as gateway:
        async with cabled(gateway, board) as cable:
            before = (0, 0)
            for number in range(WARM_UP + TIMES):
                if number == WARM_UP:
                    before = await has(gateway)
                await asyncio.sleep(chance.uniform(0, 0.3))
                await cable.pull()
                await asyncio.sleep(chance.uniform(0, 0.3))
                await cable.use()
            after = await has(gateway)
        print(f"\nseed {seed}, load {os.getloadavg()[0]:.1f}: {TIMES} times; files and tasks {before} -> {after}")
        print(f"told: {spread(cable.told_s[WARM_UP:])}")
        print(f"used: {spread(cable.usable_s[WARM_UP:])}")
        assert after == before


async def test_a_cable_that_is_pulled_twice_within_ten_milliseconds_leaves_a_board_that_can_be_used(
    tmp_path: Path,
) -> None:
    chance = random.Random(seed := int(os.environ.get("SOAK_SEED", "0")) or secrets.randbits(31))
    board = BoardOnPty(tmp_path / "board", SimBoard(PLAIN))
    with running_gateway(
        tmp_path, "serve", "--wait", "--port", str(board.place), module="tests.support.counted"
    ) as gateway:
        async with cabled(gateway, board) as cable:
            before = await has(gateway)
            for _ in range(TIMES):
                board.unplug()
                await asyncio.sleep(chance.uniform(0, 0.005))
                cable.plug()
                await asyncio.sleep(chance.uniform(0, 0.005))
                board.unplug()
                await cable.use()
                await asyncio.sleep(chance.uniform(0, 0.3))
            after = await has(gateway)
        print(f"\nseed {seed}, load {os.getloadavg()[0]:.1f}: {TIMES} times; files and tasks {before} -> {after}")
        print(f"used: {spread(cable.usable_s)}")
        assert after == before
