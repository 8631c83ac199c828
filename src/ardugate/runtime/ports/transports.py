"""Byte pipes to boards: what a ``--port`` may name, and how each is opened.

Each opens to an ``asyncio.Transport`` with a ``Protocol`` of ours on it; what differs stays in here. ``abort()`` ends
any of them at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from ardugate.errors import PortError, PortMissing
from ardugate.runtime.ports.listing import PortInfo, present_ports, real_path
from ardugate.sim import SimBoard, parse_sim_url

CONNECT_TIMEOUT_S = 5.0  # longer than a TCP SYN's second repetition (3 s); a host that is there answers in milliseconds
# Heartbeats go out all the time; a computer that confirms none of them for so long is gone (a cable, a power cut).
UNCONFIRMED_S = 5.0
# A simulated board on a pipe without a baud rate sends what has come due; waking up more often than this is no better.
SIM_MIN_WAIT_S = 0.001


class Port(Protocol):
    """Something that can be opened, again and again."""

    @property
    def address(self) -> str:
        """The port as the user sees it: a path or a URL."""
        ...

    @property
    def key(self) -> str | None:
        """What it is known by after a restart (``PortInfo.key``), None when it says nothing about a board."""
        ...

    @property
    def baud(self) -> int | None:
        """Its line's rate, None on a pipe without one."""
        ...

    async def open(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Tie ``protocol`` to it. Raises errors.Port*."""
        ...


def port_of(spec: str, baud: int, now_ns: Callable[[], int]) -> Port:
    """The port that ``spec`` names (a path, a USB serial number, ``sim://…``, ``socket://host:port``,
    ``rfc2217://host:port``); opens nothing.

    Raises PortError when the URL cannot be.
    """
    scheme = spec.partition("://")[0] if "://" in spec else ""
    match scheme:
        case "":
            return SerialPort(spec, baud)
        case "sim":
            return SimPort(spec, now_ns)
        case "socket":
            return SocketPort(spec)
        case "rfc2217":
            return Rfc2217Port(spec, baud)
        case _:
            known = "use a path, a USB serial number, sim://, socket://host:port or rfc2217://host:port"
            raise PortError(spec, "unknown kind of URL", known)


class SerialPort:
    """A serial port by its path or its device's USB serial number."""

    def __init__(self, spec: str, baud: int) -> None:
        self.baud = baud
        self._spec = spec
        self._found: PortInfo | None = None

    @property
    def address(self) -> str:
        """Its path; the serial number as long as no such device is there."""
        return self._found.path if self._found else self._spec

    @property
    def key(self) -> str | None:
        """What the USB device says of itself, None for anything that is no listed port (a pseudo-terminal)."""
        return self._found.key if self._found else None

    def is_called(self, text: str) -> bool:
        """Whether ``text`` means this port: what was given when it was named, its USB serial number, or its path by
        whatever links."""
        found = self._found
        if text in (self._spec, self.address) or (found is not None and text in (found.path, found.serial_number)):
            return True
        return "/" in text and real_path(text) == real_path(self.address)

    async def open(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Open it at its baud rate. Raises errors.Port*."""
        from ardugate.runtime.ports.serial_port import open_serial

        # Looked up at each opening: a board may come back under another path, or another board under this one.
        ports = await asyncio.get_running_loop().run_in_executor(None, present_ports)
        self._found = next((port for port in ports if self._spec in (port.path, port.serial_number)), None)
        return await open_serial(self.address, self.baud, protocol)


class SocketPort:
    """A serial port behind a TCP socket: raw bytes, as of ``ser2net`` or a simulator."""

    def __init__(self, url: str) -> None:
        self._host, self._tcp_port = _host_and_port(url)
        self.address = url
        self.key = self.baud = None

    async def open(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Connect. Raises PortMissing."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                transport, _ = await loop.create_connection(lambda: protocol, self._host, self._tcp_port)
        except (OSError, TimeoutError) as error:
            detail = str(error) or f"no answer within {CONNECT_TIMEOUT_S:.0f} s"
            raise PortMissing(self.address, detail) from error
        notice_silence(transport.get_extra_info("socket"))
        return transport


class Rfc2217Port:
    """A serial port behind an RFC 2217 server. Its line keeps its first rate, so that it counts as a pipe without."""

    def __init__(self, url: str, baud: int) -> None:
        host, tcp_port = _host_and_port(url)
        self.address = url
        self.key = self.baud = None
        # Without what else a URL may carry: the library takes options there, some of which change its process.
        self._url = f"rfc2217://{f'[{host}]' if ':' in host else host}:{tcp_port}"
        self._line_baud = baud

    async def open(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Connect and set the line's rate. Raises errors.Port*."""
        from ardugate.runtime.ports.rfc2217 import open_rfc2217

        return await open_rfc2217(self._url, self._line_baud, protocol)


def notice_silence(connection: socket.socket) -> None:
    """Let a connection end when the other computer is gone without a word. Left to itself, the system tries for a
    quarter of an hour. Linux; elsewhere that is how long it takes."""
    if sys.platform == "linux":
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNCONFIRMED_S * 1e3))


def _host_and_port(url: str) -> tuple[str, int]:
    remedy = f"write {url.partition(':')[0]}://HOST:PORT"
    try:
        parts = urlsplit(url)
        host, tcp_port = parts.hostname, parts.port
    except ValueError as error:
        raise PortError(url, str(error), remedy) from None
    if not host or not tcp_port:
        raise PortError(url, "host or port is missing", remedy)
    return host, tcp_port


class SimPort:
    """A simulated board in this process. It lives on while its port is closed, as a board with its own power does."""

    def __init__(self, url: str, now_ns: Callable[[], int]) -> None:
        try:
            self.board = SimBoard(parse_sim_url(url))
        except ValueError as error:
            raise PortError(url, str(error), "look at `ardugate sim --help`") from None
        self.address = url
        self.key = None
        # Without a highest rate it is a pipe, however slow.
        options = self.board.options
        self.baud = options.baud if options.max_baud else None
        self._now_ns = now_ns

    async def open(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Never fails."""
        if self.baud is not None:
            self.board.set_host_baud(self._now_ns(), self.baud)
        return _SimTransport(self.board, self._now_ns, protocol)


class _SimTransport(asyncio.Transport):
    """Carries bytes to and from a simulated board, and its time."""

    def __init__(self, board: SimBoard, now_ns: Callable[[], int], protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._board = board
        self._now_ns = now_ns
        self._protocol = protocol
        self._closing = False
        self._pump_handle: asyncio.Handle = self._loop.call_soon(self._start)

    def _start(self) -> None:
        self._protocol.connection_made(self)
        if not self._closing:
            self._pump()

    def _pump(self) -> None:
        now_ns = self._now_ns()
        self._board.tick(now_ns)
        data = self._board.data_to_send(now_ns)
        deadline_ns = self._board.next_deadline()
        if deadline_ns is not None:
            wait_s = max((deadline_ns - now_ns) / 1e9, SIM_MIN_WAIT_S)
            self._pump_handle = self._loop.call_later(wait_s, self._pump)
        if data:
            self._protocol.data_received(data)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing:
            return
        self._board.receive_data(self._now_ns(), bytes(data))
        self._pump_handle.cancel()
        self._pump_handle = self._loop.call_soon(self._pump)

    def set_baud(self, baud: int) -> None:
        """The gateway's end of the line goes to this rate."""
        self._board.set_host_baud(self._now_ns(), baud)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._pump_handle.cancel()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon(self._protocol.connection_lost, None)
