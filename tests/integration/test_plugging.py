"""Ports that come and go: noticed at once where the system tells, and nothing is left behind."""

from __future__ import annotations

import asyncio
import random
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ardugate.runtime.ports import opening
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty, Talk, gateway, talk
from tests.support.running import open_files

PLAIN = SimOptions(name="greenhouse", sketch=SketchName.PLAIN)
UNPLUGS, WARM_UP = 200, 20
# As long as no test lasts: what happens before was told by the system.
NEVER_S = 1_000.0

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell of ports")


@pytest.fixture
def told_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports are not looked for in turns."""
    monkeypatch.setattr(opening, "REOPEN_FIRST_S", NEVER_S)
    monkeypatch.setattr(opening, "REOPEN_MOST_S", NEVER_S)


async def until_state(client: Talk, state: str) -> None:
    await client.until("board", lambda it: it.get("board", {}).get("state") == state)


@linux
@pytest.mark.usefixtures("told_only")
async def test_a_board_that_returns_is_noticed_without_looking_for_it(tmp_path: Path) -> None:
    board = BoardOnPty(tmp_path / "board", SimBoard(PLAIN))
    board.plug()
    async with gateway(tmp_path / "state", str(board.place)) as ready, talk(ready) as client:
        await client.live()
        for _ in range(3):
            board.unplug()
            await until_state(client, "down")
            board.plug()
            await until_state(client, "live")
    board.unplug()


@linux
@pytest.mark.usefixtures("told_only")
async def test_a_port_is_noticed_in_a_folder_that_was_not_there(tmp_path: Path) -> None:
    # As /dev/serial/by-id, which is there only while something is.
    folder = tmp_path / "serial" / "by-id"
    board = BoardOnPty(folder / "usb-board", SimBoard(PLAIN))
    async with gateway(tmp_path / "state", str(board.place), wait=True) as ready, talk(ready) as client:
        for _ in range(2):
            folder.mkdir(parents=True)
            board.plug()
            await until_state(client, "live")
            board.unplug()
            folder.rmdir()
            folder.parent.rmdir()
            await until_state(client, "down")


async def test_two_hundred_unplugs_at_any_moment_lose_no_board_and_leave_nothing_behind(tmp_path: Path) -> None:
    chance = random.Random(4)
    # It talks for a while as a bootloader does, so that many unplugs fall into the handshake.
    board = BoardOnPty(tmp_path / "board", SimBoard(replace(PLAIN, boot_ms=20)))
    board.plug()
    async with gateway(tmp_path / "state", str(board.place)) as ready, talk(ready) as client:
        await client.call("subscribe", channels=["A0"])
        await client.live()
        files = tasks = 0
        for count in range(UNPLUGS):
            if count == WARM_UP:
                # What is opened once, at the first loss or the first sample, is no leak.
                await client.live()
                files, tasks = open_files(), len(asyncio.all_tasks())
            board.unplug()
            await asyncio.sleep(chance.uniform(0, 0.01))
            board.plug()
            if count % 20:
                await asyncio.sleep(chance.uniform(0, 0.04))
            else:
                await client.live()
        await client.live()
        await client.until("samples")
        async with asyncio.timeout(PATIENCE_S):
            while (open_files(), len(asyncio.all_tasks())) != (files, tasks):
                await client.until("samples")  # the last opening may not be quite over
    board.unplug()


@linux
@pytest.mark.parametrize(
    ("set_up", "told"),
    [
        ("open('/proc/self/comm', 'w').write('ModemManager')", r"held by ModemManager \(\d+\), which looks for modems"),
        ("import sys; sys.argv", r"held by ardugate \(\d+\)"),
    ],
    ids=["ModemManager", "another gateway"],
)
async def test_who_holds_a_port_is_named_and_waited_out(tmp_path: Path, set_up: str, told: str) -> None:
    board = BoardOnPty(tmp_path / "board", SimBoard(PLAIN))
    board.plug()
    code = f"{set_up}; import fcntl, os, sys; port = os.open({str(board.place)!r}, os.O_RDWR | os.O_NOCTTY)"
    code += "; fcntl.flock(port, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, "/usr/bin/ardugate") if "argv" in set_up else (sys.executable, "-c", code),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    await holder.stdout.readline()
    async with gateway(tmp_path / "state", str(board.place)) as ready, talk(ready) as client:
        (at_first,) = ready.boards
        assert at_first.state == "blocked"
        assert re.search(told, at_first.reason), at_first.reason
        holder.stdin.close()
        await until_state(client, "live")
    await holder.wait()
    board.unplug()
