"""A gateway that ends leaves outputs safe by its own doing, not by the board's watchdog: the board tells what it was
told last."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ardugate.runtime import Ready
from ardugate.sim import SimBoard, SimOptions, SketchName
from ardugate.wire.framing import Decoder, Frame, encode
from ardugate.wire.messages import Code
from ardugate.wire.ops import Op
from tests.integration.helpers import PATIENCE_S, BoardOnPty, connection, gateway, talk

LINE = SimOptions(name="uno", sketch=SketchName.PLAIN, baud=115_200)
_SET = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "set", "params": {"channel": "D13", "value": True}})


class Watched(SimBoard):
    """Tells when it has run a command; of its frames only those with the codes in ``says`` get through."""

    def __init__(self) -> None:
        super().__init__(LINE)
        self.says = frozenset(Code)
        self.ran = asyncio.Event()
        self._heard = Decoder(256)

    def receive_data(self, now_ns: int, data: bytes) -> None:
        before = len(self.executions)
        super().receive_data(now_ns, data)
        if len(self.executions) > before:
            self.ran.set()

    def data_to_send(self, now_ns: int) -> bytes:
        frames = [item.body for item in self._heard.receive(super().data_to_send(now_ns)) if isinstance(item, Frame)]
        return b"".join(encode(body) for body in frames if body[0] in self.says)

    def assert_made_safe(self) -> None:
        """The last that it was told is the safe value, and that is what it does."""
        last = self.executions[-1]
        assert (last.op, last.arguments[0], last.arguments[-4:]) == (Op.SET, 13, bytes(4))
        assert self.output("D13") == 0


@asynccontextmanager
async def plugged(tmp_path: Path, board: Watched) -> AsyncGenerator[str]:
    """A board behind a pty; gives the port."""
    place = tmp_path / "board"
    on_pty = BoardOnPty(place, board)
    on_pty.plug()
    try:
        yield str(place)
    finally:
        on_pty.unplug()


async def _set_for_ever(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.send(_SET)
            await socket.recv()


@asynccontextmanager
async def setting_for_ever(ready: Ready) -> AsyncGenerator[asyncio.Task[None]]:
    """A client that sets D13 again and again, until the gateway lets it no more."""
    async with connection(ready, "ardugate.v1.json") as socket:
        yield asyncio.create_task(_set_for_ever(socket))


async def test_who_sets_an_output_until_the_last_moment_does_not_leave_it_on(tmp_path: Path) -> None:
    board = Watched()
    async with plugged(tmp_path, board) as port, contextlib.AsyncExitStack() as clients:
        async with gateway(tmp_path / "state", port) as ready:
            async with talk(ready) as client:
                await client.live()
                await client.call("set", channel="D13", value=True)
            setting = await clients.enter_async_context(setting_for_ever(ready))
            for _ in range(5):
                board.ran.clear()
                await asyncio.wait_for(board.ran.wait(), PATIENCE_S)
        board.assert_made_safe()
        await asyncio.wait_for(setting, PATIENCE_S)


async def test_a_pin_that_is_just_being_made_an_output_is_safe_too(tmp_path: Path) -> None:
    board = Watched()
    async with plugged(tmp_path, board) as port, contextlib.AsyncExitStack() as clients:
        async with gateway(tmp_path / "state", port) as ready:
            socket = await clients.enter_async_context(connection(ready, "ardugate.v1.json"))
            async with talk(ready) as client:
                await client.live()
            before = len(board.executions)
            board.ran.clear()
            await socket.send(_SET)
            await asyncio.wait_for(board.ran.wait(), PATIENCE_S)
            assert len(board.executions) == before + 1, "the mode is set, the level is not"
        board.assert_made_safe()


async def test_an_output_whose_change_was_never_seen_is_safe_too(tmp_path: Path) -> None:
    board = Watched()
    async with plugged(tmp_path, board) as port:
        async with gateway(tmp_path / "state", port) as ready, talk(ready) as client:
            await client.live()
            await client.call("subscribe", channels=["D13"])
            await client.call("set", channel="D13", value=False)
            await client.until("samples", lambda params: params["columns"]["uno/D13"][-1] is False)
            board.says -= {Code.IRREGULAR}
            await client.call("set", channel="D13", value=True)
        board.assert_made_safe()


async def test_a_board_that_is_silent_at_this_moment_is_asked_all_the_same(tmp_path: Path) -> None:
    board = Watched()
    async with plugged(tmp_path, board) as port:
        async with gateway(tmp_path / "state", port) as ready, talk(ready) as client:
            await client.live()
            await client.call("set", channel="D13", value=True)
            board.says = frozenset()
            await client.until("board", lambda params: "board" in params and params["board"]["state"] == "silent")
        board.assert_made_safe()
