"""What the integration tests share: a gateway in this process, clients of it, a simulated board on a real pty."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import pty
import time
import tty
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ardugate.runtime import PortOption, Ready, ServeOptions, running
from ardugate.sim import SimBoard

PATIENCE_S = 60.0  # a hard end for what is awaited: only a hang should reach it
Message = dict[str, Any]


@asynccontextmanager
async def gateway(state: Path, *ports: str, **more: Any) -> AsyncGenerator[Ready]:
    """A gateway on any free TCP port."""
    options = ServeOptions(
        ports=tuple(PortOption(port) for port in ports), listen="127.0.0.1:0", state_dir=state, **more
    )
    async with running(options) as ready:
        yield ready


class Talk:
    """A client of ``ardugate.v1.json``; keeps what it was told."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: list[Message] = []
        self._count = 0

    async def call(self, method: str, **params: object) -> Message:
        """Ask and get the answer: its ``result``, or its ``error`` as it is."""
        self._count += 1
        await self.connection.send(
            json.dumps({"jsonrpc": "2.0", "id": self._count, "method": method, "params": params})
        )
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self._next()).get("id") != self._count:
                self.told.append(message)
        return cast("Message", message.get("result", message))

    async def live(self) -> None:
        """Wait until every board is live: a gateway is ready before, if its boards take their time."""
        while any(board["state"] != "live" for board in (await self.call("boards"))["boards"]):
            await self.until("board")

    async def reason(self, method: str, **params: object) -> str:
        """Ask and get the reason of the refusal."""
        return str((await self.call(method, **params))["error"]["data"]["reason"])

    async def until(self, method: str, wanted: Callable[[Message], bool] = lambda _: True) -> Message:
        """The params of the first notification that is wanted; those before it are thrown away."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = self.told.pop(0) if self.told else await self._next()
                if message.get("method") == method and wanted(message["params"]):
                    return cast("Message", message["params"])

    async def until_any(self, *methods: str) -> Message:
        """The params of the next notification of these; those before it are thrown away."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = self.told.pop(0) if self.told else await self._next()
                if message.get("method") in methods:
                    return cast("Message", message["params"])

    async def _next(self) -> Message:
        return cast("Message", json.loads(await self.connection.recv()))


@asynccontextmanager
async def talk(ready: Ready, **more: Any) -> AsyncGenerator[Talk]:
    """Connect with the token."""
    async with connection(ready, "ardugate.v1.json", **more) as socket:
        yield Talk(socket)


def connection(ready: Ready, subprotocol: str | None = None, *, query: str = "", **more: Any) -> connect:
    """A WebSocket with the token."""
    headers = {"Authorization": f"Bearer {ready.token}"}
    subprotocols = [Subprotocol(subprotocol)] if subprotocol else None
    return connect(ready.ws + query, subprotocols=subprotocols, additional_headers=headers, **more)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def cookie(self) -> str:
        """What a browser would send back."""
        return self.headers["set-cookie"].partition(";")[0]


async def request(
    ready: Ready, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: str | None = None
) -> Answer:
    """One HTTP request, with exactly these headers and, where they name none, the right Host."""
    return await asyncio.to_thread(_request, ready, path, dict(headers or {}), method, body)


def _request(ready: Ready, path: str, headers: dict[str, str], method: str, body: str | None) -> Answer:
    address = urlsplit(ready.url)
    with contextlib.closing(
        http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_S)
    ) as http_:
        http_.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": address.netloc, **headers}.items():
            http_.putheader(name, value)
        if body is not None:
            http_.putheader("Content-Length", str(len(body.encode())))
        http_.endheaders(body.encode() if body is not None else None)
        answer = http_.getresponse()
        text = "" if answer.status == http.client.SWITCHING_PROTOCOLS else answer.read().decode()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)


def bearer(ready: Ready) -> dict[str, str]:
    """The header of an API client."""
    return {"Authorization": f"Bearer {ready.token}"}


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class BoardOnPty:
    """A simulated board behind a real pseudo-terminal, whose place in the file system stays when it is plugged in
    again. Runs on the test's own loop."""

    def __init__(self, place: Path, board: SimBoard) -> None:
        self.place = place
        self.board = board
        self.asleep = False  # nothing reaches it, and it says nothing
        self.pump_s = 0.002  # so often it says what has come due
        self._master: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def plug(self) -> None:
        """Plug it in."""
        loop = asyncio.get_running_loop()
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self.place.unlink(missing_ok=True)
        self.place.symlink_to(os.ttyname(slave))
        os.close(slave)
        loop.add_reader(self._master, self._read)
        self._pump()

    def unplug(self) -> None:
        """Pull the cable."""
        if self._master is not None:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            self._master = None
            self.place.unlink()
        if self._timer is not None:
            self._timer.cancel()

    def say(self, data: bytes) -> None:
        """Bytes on the line, in the middle of whatever the board says."""
        if self._master is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    def _read(self) -> None:
        assert self._master is not None
        try:
            data = os.read(self._master, 4096)
        except OSError:  # nobody has the other end open at present
            data = b""
        if data and not self.asleep:
            self.board.receive_data(time.time_ns(), data)
            self._write()

    def _pump(self) -> None:
        if not self.asleep:
            self.board.tick(time.time_ns())
            self._write()
        self._timer = asyncio.get_running_loop().call_later(self.pump_s, self._pump)

    def _write(self) -> None:
        data = self.board.data_to_send(time.time_ns())
        if data and self._master is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)
