"""How a gateway ends, as a process: by signals, by its time, by a page that asks too much."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from ardugate.runtime import running_gateways
from tests.integration.helpers import PATIENCE_S
from tests.support.machine import Waited

CODE = """
import asyncio, json, sys
from pathlib import Path
from ardugate.runtime import PortOption, ServeOptions, serve
options = ServeOptions(
    ports=tuple(PortOption(port) for port in sys.argv[2:]), listen="127.0.0.1:0", state_dir=Path(sys.argv[1]), wait=True
)
asyncio.run(serve(options, lambda ready: print(json.dumps({"ws": ready.ws, "token": ready.token}), flush=True)))
"""


async def start(state: Path, *ports: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", CODE, str(state), *ports, stdout=pipe, stderr=pipe
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_within_three_seconds(tmp_path: Path, number: signal.Signals) -> None:
    process = await start(tmp_path, "sim://?name=greenhouse", str(tmp_path / "not-there"))
    assert process.stdout is not None
    async with asyncio.timeout(3 * PATIENCE_S):
        ready = json.loads(await process.stdout.readline())
        headers = {"Authorization": f"Bearer {ready['token']}"}
        async with connect(ready["ws"], additional_headers=headers) as socket:
            assert len(running_gateways(tmp_path)) == 1
            began_s, waited = time.monotonic(), Waited()
            process.send_signal(number)
            await socket.wait_closed()
            assert socket.close_code == 1001
            _, errors = await process.communicate()
    assert time.monotonic() - began_s < 3 + waited.seconds
    assert process.returncode == 0
    assert errors.decode() == ""
    assert running_gateways(tmp_path) == []


async def test_a_client_that_does_not_read_does_not_delay_the_end(tmp_path: Path) -> None:
    process = await start(tmp_path, "sim://?name=greenhouse")
    assert process.stdout is not None
    async with asyncio.timeout(3 * PATIENCE_S):
        ready = json.loads(await process.stdout.readline())
        headers = {"Authorization": f"Bearer {ready['token']}"}
        host, port = ready["ws"].removeprefix("ws://").removesuffix("/ws").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1)
        lines = [
            "GET /ws HTTP/1.1", f"Host: {host}:{port}", f"Authorization: {headers['Authorization']}",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
        ]  # fmt: skip
        writer.write("\r\n".join(lines).encode())
        await reader.read(1)
        began_s, waited = time.monotonic(), Waited()
        process.send_signal(signal.SIGTERM)
        await process.wait()
    assert time.monotonic() - began_s < 3 + waited.seconds
    assert process.returncode == 0
    writer.close()


async def test_a_signal_before_it_listens_ends_it_too(tmp_path: Path) -> None:
    code = (
        CODE.replace(
            "asyncio.run(",
            """
import signal, os
async def early(coroutine):
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
    await coroutine
asyncio.run(early(""",
        ).rstrip()
        + ")\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", code, str(tmp_path), "sim://",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(3 * PATIENCE_S):
        said, errors = await process.communicate()
    assert (process.returncode, said, errors) == (0, b"", b"")
