"""A gateway that is told to end while it has much to do, again and again. ``make soak`` runs it; ``SOAK_DRAINS`` is how
often."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty
from tests.support.machine import Waited
from tests.support.running import running_gateway

TIMES = int(os.environ.get("SOAK_DRAINS", "20"))
CLIENTS = 10
PROMISED_S = 3.0
GOING = (1001, 1012)


async def load(socket: ClientConnection, number: int, busy: asyncio.Event) -> int | None:
    """Subscribe to everything and set an output without a pause, until the gateway ends it; the code of the close."""
    turn = 0
    try:
        await socket.send('{"jsonrpc":"2.0","id":"s","method":"subscribe"}')
        while True:
            turn += 1
            params = {"channel": f"D{number + 2}", "value": True}
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": turn, "method": "set", "params": params}))
            while json.loads(await socket.recv()).get("id") != turn:
                pass
            if turn > 2:
                busy.set()
    except ConnectionClosed:
        return socket.close_code


@pytest.mark.timeout(1_800)
async def test_told_to_end_under_load_it_does_and_leaves_every_output_safe(tmp_path: Path) -> None:
    took_s, codes = list[float](), set[int | None]()
    for turn in range(TIMES):
        home = tmp_path / str(turn)
        home.mkdir()
        board = SimBoard(SimOptions(name="uno", sketch=SketchName.PLAIN))
        on_pty = BoardOnPty(home / "board", board)
        on_pty.plug()
        # The board lives in this loop, so whoever waits for the gateway waits elsewhere.
        context = running_gateway(home, "serve", "--port", str(on_pty.place))
        gateway = await asyncio.to_thread(context.__enter__)
        address = gateway.url.replace("http", "ws", 1) + "ws"
        headers = {"Authorization": f"Bearer {gateway.token}"}
        protocols = [Subprotocol("ardugate.v1.json")]
        busy = [asyncio.Event() for _ in range(CLIENTS)]
        sockets = [await connect(address, subprotocols=protocols, additional_headers=headers) for _ in busy]
        clients = [asyncio.create_task(load(socket, n, busy[n])) for n, socket in enumerate(sockets)]
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(each.wait() for each in busy))
        began_s, waited = time.monotonic(), Waited()
        gateway.process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(gateway.process.wait, PATIENCE_S)
        took_s.append(time.monotonic() - began_s)
        assert status == 0
        assert took_s[-1] < PROMISED_S + waited.seconds
        codes |= set(await asyncio.gather(*clients))
        assert [board.output(f"D{number + 2}") for number in range(CLIENTS)] == [0] * CLIENTS
        await asyncio.to_thread(context.__exit__, None, None, None)
        on_pty.unplug()
    print(f"\n{TIMES} drains: {min(took_s):.2f} to {max(took_s):.2f} s, codes {codes}")
    assert codes <= set(GOING)
