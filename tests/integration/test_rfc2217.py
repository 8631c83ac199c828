"""A board behind an RFC 2217 server: pyserial's own, in front of a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from serial.rfc2217 import IAC, PortManager, Serial

import serial
from ardugate.errors import PortError, PortMissing
from ardugate.runtime import PortOption, ServeOptions, running
from ardugate.runtime.ports.rfc2217 import WRITE_HIGH_BYTES, open_rfc2217
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty, gateway, talk
from tests.integration.test_serial_port import Heard

PLAIN = SimOptions(name="greenhouse", sketch=SketchName.PLAIN)


class Terminal(serial.Serial):
    """A pseudo-terminal as the server's serial port. It has no modem lines: these are the only thing made up."""

    @property
    def cts(self) -> bool:
        return False

    @property
    def dsr(self) -> bool:
        return False

    @property
    def ri(self) -> bool:
        return False

    @property
    def cd(self) -> bool:
        return False

    def _update_dtr_state(self) -> None: ...

    def _update_rts_state(self) -> None: ...


class Server:
    """One RFC 2217 server, which outlives its clients."""

    def __init__(self) -> None:
        self.port: serial.Serial | None = None  # while a client is there
        self.reads = True
        self.url = ""
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def start(self, place: Path, tcp_port: int = 0) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with Terminal(str(place), timeout=0) as self.port:
                await self._carry(self.port, reader, writer)
            self.port = None
            writer.close()

        self._server = await asyncio.start_server(serve, "127.0.0.1", tcp_port)
        self.url = f"rfc2217://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """It dies, its clients' connections with it."""
        assert self._server is not None
        self._server.close()
        if self._writer is not None:
            self._writer.transport.abort()
        await self._server.wait_closed()

    async def _carry(self, port: serial.Serial, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        self._writer = writer
        # Its types say less than it takes: any serial port, and whatever one can write to.
        manager = PortManager(cast("Serial", port), cast("Serial", writer))
        loop.add_reader(port.fileno(), lambda: writer.write(b"".join(manager.escape(port.read(4096)))))
        try:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(4096):
                    port.write(b"".join(manager.filter(data)))
        finally:
            loop.remove_reader(port.fileno())


@asynccontextmanager
async def served(place: Path) -> AsyncGenerator[Server]:
    server = Server()
    await server.start(place)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def plugged(place: Path) -> AsyncGenerator[BoardOnPty]:
    board = BoardOnPty(place, SimBoard(PLAIN))
    board.plug()
    try:
        yield board
    finally:
        board.unplug()


async def test_a_board_on_another_computer_is_live_and_obeys(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place) as board, served(place) as server:
        async with gateway(tmp_path / "state", server.url) as ready, talk(ready) as client:
            await client.live()
            await client.call("subscribe", channels=["A0"])
            await client.until("samples")
            assert (await client.call("set", channel="D13", value=True))["value"] is True
            assert board.board.output("D13") == 1
        assert board.board.output("D13") == 0  # made safe before the connection was let go


async def test_a_server_that_dies_is_an_unplug_and_the_board_returns_with_it(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with (
        plugged(place),
        served(place) as server,
        gateway(tmp_path / "state", server.url) as ready,
        talk(ready) as client,
    ):
        await client.live()
        await server.stop()
        down = await client.until("board", lambda it: it.get("board", {}).get("state") == "down")
        assert down["board"]["reason"] == "unplugged"
        await server.start(place, int(server.url.rpartition(":")[2]))
        await client.until("board", lambda it: it.get("board", {}).get("state") == "live")


async def test_the_line_has_the_rate_that_was_configured(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place), served(place) as server:
        option = PortOption(server.url)
        options = ServeOptions(ports=(option,), baud=57_600, listen="127.0.0.1:0", state_dir=tmp_path / "state")
        async with running(options) as ready, talk(ready) as client:
            await client.live()
            assert server.port is not None
            assert server.port.baudrate == 57_600


async def test_every_byte_passes_both_ways(tmp_path: Path) -> None:
    place = tmp_path / "line"
    master, slave = os.openpty()
    every = bytes(range(256)) + IAC * 7
    try:
        place.symlink_to(os.ttyname(slave))
        async with served(place) as server:
            heard = Heard()
            transport = await open_rfc2217(server.url, 115_200, heard)
            transport.write(every)
            came = b""
            while len(came) < len(every):
                came += await asyncio.to_thread(os.read, master, 4096)
            assert came == every
            os.write(master, every)
            async with asyncio.timeout(PATIENCE_S):
                while len(heard.received) < len(every):
                    heard.news.clear()
                    await heard.news.wait()
                assert heard.received == every
                transport.abort()
                transport.abort()
                assert await heard.lost is None
            assert heard.losses == 1
    finally:
        os.close(master)
        os.close(slave)


async def test_a_network_that_takes_nothing_is_told_to_who_writes(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place), served(place) as server:
        heard = Heard()
        transport = await open_rfc2217(server.url, 115_200, heard)
        transport.write(bytes(WRITE_HIGH_BYTES + 1))
        assert heard.paused.is_set()
        transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            assert await heard.lost is None


async def test_nobody_there_and_a_server_of_another_kind_are_told_apart(tmp_path: Path) -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1") as other:
        url = f"rfc2217://127.0.0.1:{other.sockets[0].getsockname()[1]}"
        with pytest.raises(PortError, match="does not speak RFC 2217") as caught:
            async with gateway(tmp_path, url):
                pass
        assert "socket://" in caught.value.remedy
    with pytest.raises(PortMissing, match="refused"):
        async with gateway(tmp_path, url):
            pass
