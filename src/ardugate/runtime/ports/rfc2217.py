"""A serial port on another computer behind an RFC 2217 server, as ``ser2net`` is one: the only file that knows
pyserial's client of it.

That client blocks, so two threads carry the bytes, and one more closes it. The line keeps the rate that it was opened
with: a change takes several turns over the network, and the rates that boards go up to are faster than such a line is
worth.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from serial.rfc2217 import Serial

from ardugate.errors import PortError, PortMissing
from ardugate.runtime.ports.transports import notice_silence

logger = logging.getLogger(__name__)

# As of a serial port (``serial_port.py``): more than a few messages waiting means that the network does not take them.
WRITE_HIGH_BYTES = 192
# How often the reading thread looks whether it is still wanted; what arrives wakes it at once.
READ_TURN_S = 0.5

_News = TypeVar("_News")


async def open_rfc2217(url: str, baud: int, protocol: asyncio.Protocol) -> asyncio.Transport:
    """Connect to ``rfc2217://HOST:PORT``, set the line to ``baud``, 8N1, and tie ``protocol`` to it.

    Opening raises DTR, which resets many boards. Raises PortMissing when nobody answers, PortError when whoever does
    speaks another language. ``protocol.connection_lost`` gets an error when the connection ends, None after
    ``abort()``.
    """
    loop = asyncio.get_running_loop()
    port = Serial(baudrate=baud, timeout=READ_TURN_S)
    port.port = url
    opening = loop.run_in_executor(None, port.open)
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(lambda done: done.exception() or loop.run_in_executor(None, port.close))
        raise
    except OSError as error:
        # The library gives the system's errors as text only, in words of its own for each step.
        detail = str(error).removeprefix(f"Could not open port {url}: ")
        if detail != str(error):
            raise PortMissing(url, detail) from error
        raise PortError(
            url, "it does not speak RFC 2217", "for a server that passes raw bytes write socket://HOST:PORT"
        ) from error
    notice_silence(port._socket)  # type: ignore[attr-defined] # noqa: SLF001 # pyright: ignore (shown nowhere else)
    return _Rfc2217Transport(port, protocol, loop)


class _Rfc2217Transport(asyncio.Transport):
    """Bytes to and from the threads. All but ``_read``, ``_write`` and ``_close`` is called on the loop."""

    def __init__(self, port: Serial, protocol: asyncio.Protocol, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._port = port
        self._protocol = protocol
        self._loop = loop
        self._to_write: SimpleQueue[bytes] = SimpleQueue()  # b"" ends the thread
        self._waiting_bytes = 0
        self._paused = False
        self._closing = False
        loop.call_soon(self._start)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing or not data:
            return
        self._to_write.put(bytes(data))
        self._waiting_bytes += len(data)
        if self._waiting_bytes > WRITE_HIGH_BYTES and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self._end(None)

    def _start(self) -> None:
        self._protocol.connection_made(self)
        for work in (self._read, self._write):
            self._in_thread(work)

    def _received(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)

    def _written(self, count: int) -> None:
        self._waiting_bytes -= count
        if self._paused and not self._waiting_bytes and not self._closing:
            self._paused = False
            self._protocol.resume_writing()

    def _end(self, cause: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        self._to_write.put(b"")
        self._in_thread(lambda: self._close(cause))

    def _in_thread(self, work: Callable[[], None]) -> None:
        # A thread that waits for the network must not keep the process from ending.
        threading.Thread(target=work, name=f"{self._port.port}", daemon=True).start()

    def _tell(self, hear: Callable[[_News], None], news: _News) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(hear, news)

    def _read(self) -> None:
        try:
            while not self._closing:
                if data := self._port.read(1):
                    data += self._port.read(self._port.in_waiting)
                    self._tell(self._received, data)
        except OSError as error:
            self._lost(error)

    def _write(self) -> None:
        try:
            while data := self._to_write.get():
                self._port.write(data)
                self._tell(self._written, len(data))
        except OSError as error:
            self._lost(error)

    def _lost(self, error: OSError) -> None:
        logger.debug("%s: %s", self._port.port, error)
        self._tell(self._end, error)

    def _close(self, cause: Exception | None) -> None:
        self._port.close()
        self._tell(self._protocol.connection_lost, cause)
