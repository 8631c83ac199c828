"""A simulated board behind a TCP socket, raw bytes: ``python -m tests.support.remote_board HOST`` says its port."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time

from ardugate.sim import SimBoard, SimOptions, SketchName


async def serve(board: SimBoard, host: str = "127.0.0.1") -> asyncio.Server:
    """A server that carries its bytes, for one client at a time; its port is any free one."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while not reader.at_eof():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.005):
                        board.receive_data(time.time_ns(), await reader.read(4096))
                board.tick(time.time_ns())
                writer.write(board.data_to_send(time.time_ns()))
        writer.close()

    return await asyncio.start_server(carry, host)


async def main() -> None:
    """Until it is killed."""
    server = await serve(SimBoard(SimOptions(name="remote", sketch=SketchName.PLAIN)), sys.argv[1])
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
