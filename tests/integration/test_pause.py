"""A gateway that stands still for a while: what was asked of it meanwhile must not move anything."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ardugate.sim import SimBoard
from ardugate.wire import limits
from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.messages import Code
from tests.integration.helpers import PATIENCE_S, BoardOnPty, Talk
from tests.support.joined import PLAIN
from tests.support.running import running_gateway

PAUSE_S = 4.0  # the pause itself: longer than any work of a gateway takes
LEASE_MS = 2_000  # is over before it ends
COMMANDS = 100


class Logged(SimBoard):
    """Counts the commands that reach it."""

    commands = 0

    def __init__(self) -> None:
        super().__init__(PLAIN)
        self._decoder = Decoder(limits.MAX_LINE_TO_BOARD)

    def receive_data(self, now_ns: int, data: bytes) -> None:
        found = self._decoder.receive(data)
        self.commands += sum(isinstance(each, Frame) and each.body[0] == Code.COMMAND for each in found)
        super().receive_data(now_ns, data)


async def test_what_was_asked_while_it_stood_still_is_refused_and_never_reaches_the_board(tmp_path: Path) -> None:
    await stands_still(tmp_path, PAUSE_S)


async def stands_still(tmp_path: Path, pause_s: float) -> None:
    """So long, with commands waiting: none runs, and a lease that ended meanwhile is over and said to be."""
    board = Logged()
    on_pty = BoardOnPty(tmp_path / "board", board)
    on_pty.plug()
    try:
        with running_gateway(tmp_path, "serve", "--port", str(on_pty.place)) as gateway:
            url = gateway.url.replace("http", "ws", 1) + "ws"
            headers = {"Authorization": f"Bearer {gateway.token}"}
            protocols = [Subprotocol("ardugate.v1.json")]
            async with connect(url, additional_headers=headers, subprotocols=protocols) as socket:
                client = Talk(socket)
                await client.live()
                receipt = await client.call("set", channel="D13", value=True)
                assert receipt["value"] is True
                await client.call("lease_take", channels=["D12"], ttl_ms=LEASE_MS)
                gateway.process.send_signal(signal.SIGSTOP)
                try:
                    for number in range(COMMANDS):
                        params = {"channel": "D13", "value": number % 2 == 0}
                        message = {"jsonrpc": "2.0", "id": f"late{number}", "method": "set", "params": params}
                        await socket.send(json.dumps(message))
                    before = board.commands
                    await asyncio.sleep(pause_s)
                finally:
                    gateway.process.send_signal(signal.SIGCONT)
                reasons = [await reason(client, f"late{number}") for number in range(COMMANDS)]
                assert reasons == ["timeout"] * COMMANDS
                assert board.commands == before
                over = await client.until("lease", lambda told: told["cause"] == "expired")
                assert [lease["channel"] for lease in over["leases"]] == ["uno/D12"]
                await until_it_runs(client)
    finally:
        on_pty.unplug()


async def reason(client: Talk, id_: str) -> str:
    """Why a request was refused; what else was told is kept."""
    async with asyncio.timeout(PATIENCE_S):
        while (message := json.loads(await client.connection.recv())).get("id") != id_:
            client.told.append(message)
    return str(message["error"]["data"]["reason"]) if "error" in message else "done"


async def until_it_runs(client: Talk) -> None:
    """A moment later it does again as it is told."""
    async with asyncio.timeout(PATIENCE_S):
        while "error" in await client.call("set", channel="D13", value=False):
            pass
