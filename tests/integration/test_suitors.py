"""A port is lent by itself to a program that uploads to it, and taken back when that has ended."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from ardugate.runtime.ports.suitors import installed
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty, Talk, gateway, talk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell of programs")

PLAIN = SimOptions(name="greenhouse", sketch=SketchName.PLAIN)


@pytest.fixture
def avrdude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program of this name on the path, which opens nothing and ends when its stdin does."""
    program = tmp_path / "bin" / "avrdude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nread line\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return str(program)


async def start(program: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(program, *arguments, stdin=asyncio.subprocess.PIPE)


async def end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(PATIENCE_S):
        await process.wait()


async def until_state(client: Talk, state: str) -> str:
    told = await client.until("board", lambda it: it.get("board", {}).get("state") == state)
    return str(told["board"]["reason"])


async def test_an_uploader_that_names_the_port_has_it_until_it_ends(tmp_path: Path, avrdude: str) -> None:
    board = BoardOnPty(tmp_path / "board", SimBoard(PLAIN))
    board.plug()
    path = str(board.place)
    async with gateway(tmp_path / "state", path) as ready, talk(ready) as client:
        await client.live()
        # By the link's name, and by the port's own, as `-P` of avrdude has it.
        for word in (f"-P{path}", os.path.realpath(path)):  # noqa: ASYNC240 (a test waits for nobody)
            process = await start(avrdude, "-p", "m328p", word)
            assert await until_state(client, "lent") == "lent to avrdude"
            await end(process)
            await until_state(client, "live")
    board.unplug()


async def test_who_names_another_port_gets_none_and_never_is_never(tmp_path: Path, avrdude: str) -> None:
    board = BoardOnPty(tmp_path / "board", SimBoard(PLAIN))
    board.plug()
    path = str(board.place)
    async with gateway(tmp_path / "state", path) as ready, talk(ready) as client:
        await client.live()
        other = await start(avrdude, "-P/dev/ttyNONE")
        mine = await start(avrdude, f"-P{path}")
        assert await until_state(client, "lent") == "lent to avrdude"
        await end(other)
        await end(mine)
        await until_state(client, "live")
    async with gateway(tmp_path / "state", path, lend=False) as ready, talk(ready) as client:
        await client.live()
        mine = await start(avrdude, f"-P{path}")
        await end(mine)
        assert "lent" not in {each["params"].get("kind") for each in client.told}
        assert (await client.call("boards"))["boards"][0]["state"] == "live"
    board.unplug()


def test_uploaders_of_arduinos_own_folder_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, avrdude: str
) -> None:
    monkeypatch.setenv("ARDUINO_DIRECTORIES_DATA", str(tmp_path / "data"))
    tool = tmp_path / "data" / "packages" / "arduino" / "tools" / "avrdude" / "6.3.0" / "bin" / "avrdude"
    tool.parent.mkdir(parents=True)
    tool.write_text("")
    assert {Path(avrdude), tool} <= set(installed())
