"""A port that another program has for a while, behind real pseudo-terminals."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from ardugate.runtime import Ready
from ardugate.runtime.ports.serial_port import holders, open_serial
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty, Message, Talk, bearer, gateway, request, talk

PLAIN = SimOptions(name="greenhouse", sketch=SketchName.PLAIN)


@asynccontextmanager
async def lab(tmp_path: Path, options: SimOptions = PLAIN) -> AsyncGenerator[tuple[str, BoardOnPty, Ready, Talk]]:
    """The path of a port with a board, a gateway that has it, a client."""
    board = BoardOnPty(tmp_path / "board", SimBoard(options))
    board.plug()
    async with gateway(tmp_path / "state", str(board.place)) as ready, talk(ready) as client:
        await client.live()
        yield str(board.place), board, ready, client
    board.unplug()


async def until_state(client: Talk, state: str) -> Message:
    told = await client.until("board", lambda it: it.get("board", {}).get("state") == state)
    return told["board"]  # type: ignore[no-any-return]


@asynccontextmanager
async def another_program(path: str) -> AsyncGenerator[None]:
    """A program that has the port open, until the block ends."""
    code = f"import os, sys; os.open({path!r}, os.O_RDWR | os.O_NOCTTY); print('open', flush=True); sys.stdin.read()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    async with asyncio.timeout(PATIENCE_S):
        assert await process.stdout.readline() == b"open\n"
        try:
            yield
        finally:
            process.stdin.close()
            await process.wait()


async def test_a_lent_port_is_free_and_clients_stay_and_see_who_has_it(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, _, client):
        await client.call("subscribe", channels=["A0"])
        await client.until("samples")
        assert await client.call("port_lend", port=path, to="arduino-cli") == {
            "port": path,
            "board": "greenhouse",
            "to": "arduino-cli",
        }
        assert holders(path) == ()
        assert our_terminals(path) == []
        lent = await until_state(client, "lent")
        assert lent["reason"] == "lent to arduino-cli"
        assert (await client.until("event", lambda it: it["kind"] == "lent"))["text"] == (
            "greenhouse is lent to arduino-cli"
        )
        assert await client.reason("set", channel="D13", value=True) == "offline"
        assert await client.call("port_reclaim", port=path) == {"port": path, "board": "greenhouse"}
        await until_state(client, "live")
        await client.until("samples")


def our_terminals(path: str) -> list[str]:
    """This process' descriptors of the port."""
    target = Path(path).resolve()
    return [each.name for each in Path("/proc/self/fd").iterdir() if each.exists() and each.resolve() == target]


async def test_outputs_go_safe_before_and_modes_and_rates_are_put_back_without_values(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, board, _, client):
        await client.call("mode", channel="D9", mode="pwm")
        await client.call("rate", channels=["A3"], hz=50)
        await client.call("set", channel="D9", value=0.5, ttl_ms=60_000)
        await client.call("set", channel="D13", value=True)
        assert "error" not in await client.call("port_lend", port=path)
        assert (await client.call("boards"))["boards"][0]["reason"] == "lent to another program"
        # What was flashed is the same sketch: the board starts anew.
        board.board.reset(time.time_ns())
        await client.call("port_reclaim", port=path)
        await until_state(client, "live")
        restored = await client.until(
            "board",
            lambda it: (
                any(each["name"] == "A3" and each["rate_hz"] == 50 for each in channels(it["board"]))
                and any(each["name"] == "D9" and each["mode"] == "pwm" for each in channels(it["board"]))
            ),
        )
        assert restored["board"]["state"] == "live"
        assert (await client.call("get", channel="D9"))["value"] == 0
        assert (await client.call("get", channel="D13"))["value"] in (False, 0)


def channels(board: Message) -> list[Message]:
    return board["descriptor"]["channels"] if board["descriptor"] else []


async def test_a_board_whose_cable_stays_is_made_safe_by_the_gateway_when_its_port_is_lent(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, board, _, client):
        await client.call("set", channel="D13", value=True)
        await client.call("port_lend", port=path)
        # At once, long before the board's own watchdog misses the gateway.
        assert board.board.output("D13") == 0


async def test_a_port_is_named_by_any_of_its_names(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, _, client):
        for name in (path, os.path.realpath(path), "greenhouse"):  # noqa: ASYNC240 (a test waits for nobody)
            assert (await client.call("port_lend", port=name))["port"] == path
            await client.call("port_reclaim", port=name)
            await until_state(client, "live")
        assert await client.reason("port_lend", port="/dev/ttyNONE") == "unknown_board"
        assert await client.reason("port_reclaim", port="attic") == "unknown_board"


async def test_a_port_that_is_lent_cannot_be_lent_again_and_one_that_is_not_may_be_taken_back(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, _, client):
        assert (await client.call("port_reclaim", port=path))["port"] == path
        assert (await client.call("boards"))["boards"][0]["state"] == "live"
        assert (await client.call("port_lend", port=path, to="one"))["to"] == "one"
        assert await client.reason("port_lend", port=path, to="two") == "refused"


async def test_a_port_is_not_taken_back_while_another_program_has_it_open(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, _, client):
        await client.call("port_lend", port=path)
        async with another_program(path):
            refusal = (await client.call("port_reclaim", port=path))["error"]
            assert refusal["data"]["reason"] == "refused"
            assert "python" in refusal["message"]
            assert (await client.call("boards"))["boards"][0]["state"] == "lent"
        await client.call("port_reclaim", port=path)
        await until_state(client, "live")


async def test_what_was_lent_to_a_connection_is_taken_back_at_its_end_when_nobody_has_it_open(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, ready, client):
        async with talk(ready) as borrower:
            await borrower.call("port_lend", port=path, to="make", while_connected=True)
            async with another_program(path):
                await borrower.connection.close()
                await client.call("clients")
                assert (await client.call("boards"))["boards"][0]["state"] == "lent"
        await until_state(client, "live")


async def test_over_plain_http_a_port_is_lent_until_it_is_taken_back(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, ready, client):

        async def rpc(params: str, method: str = "port_lend") -> str:
            body = f'{{"jsonrpc": "2.0", "id": 1, "method": "{method}", "params": {params}}}'
            headers = {**bearer(ready), "Content-Type": "application/json"}
            return (await request(ready, "/api/v1/rpc", headers, method="POST", body=body)).text

        assert "a connection that lasts" in await rpc(f'{{"port": "{path}", "while_connected": true}}')
        assert '"to":"another program"' in (await rpc(f'{{"port": "{path}"}}')).replace(": ", ":")
        await until_state(client, "lent")
        assert "result" in await rpc(f'{{"port": "{path}"}}', "port_reclaim")
        await until_state(client, "live")


async def test_a_stop_reaches_a_board_until_its_port_is_closed_and_is_refused_after(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, _, client):
        await client.call("port_lend", port=path)
        stopped = await client.call("stop_all")
        assert stopped["boards"]["greenhouse"]["error"]["reason"] == "offline"


async def test_a_gateway_ends_while_its_port_is_lent(tmp_path: Path) -> None:
    async with lab(tmp_path) as (path, _, _, client):
        await client.call("port_lend", port=path)
        async with asyncio.timeout(PATIENCE_S):
            transport = await open_serial(path, 115_200, asyncio.Protocol())
        transport.abort()
