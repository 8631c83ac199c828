# What ardugate uses of pyserial-asyncio 0.6, which carries no types of its own.
import asyncio

import serial

class SerialTransport(asyncio.Transport):
    _serial: serial.Serial | None
    _protocol: asyncio.Protocol
    _closing: bool
    _write_buffer: list[bytes]
    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.BaseProtocol, serial_instance: serial.Serial
    ) -> None: ...
    def _read_ready(self) -> None: ...
    def _abort(self, exc: Exception | None) -> None: ...
    def _fatal_error(self, exc: Exception, message: str = ...) -> None: ...
    def _call_connection_lost(self, exc: Exception | None) -> None: ...
