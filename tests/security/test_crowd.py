"""Who only connects, and asks for nothing, keeps nobody out and takes no file that the gateway needs itself."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ardugate.runtime.http import open_files
from tests.integration.helpers import PATIENCE_S, gateway, request, talk

MOST = 20
CROWD = 60


async def test_of_a_crowd_that_asks_for_nothing_the_first_ones_make_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_files, "MAX_CALLERS", MOST)
    async with gateway(tmp_path, "sim://?name=demo") as ready, talk(ready) as client, AsyncExitStack() as stack:
        await client.live()
        address = urlsplit(ready.url)
        readers = list[asyncio.StreamReader]()
        for _ in range(CROWD):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            stack.callback(writer.close)
            readers.append(reader)
        assert (await request(ready, "/healthz")).status == 200
        assert (await client.call("set", channel="demo/led", value=True))["value"] is True
        async with talk(ready) as another, asyncio.timeout(PATIENCE_S):
            assert (await another.call("boards"))["boards"][0]["state"] == "live"
            for reader in readers[: CROWD - MOST]:
                assert await reader.read() == b""
        lines = (await client.call("journal"))["entries"]
        assert any("too many connections ask for nothing" in line["text"] for line in lines)
