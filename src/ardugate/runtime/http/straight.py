"""Writing to a socket past its transport's queue, while that is empty."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable


def straight_writer(transport: asyncio.Transport) -> Callable[[bytes], None]:
    """What does as ``transport.write`` does, for a third less CPU a small message: a thousand clients feel that.

    Not to be called after the protocol's ``connection_lost``: the socket's number may be another one's by then.
    """
    sock = transport.get_extra_info("socket")
    # With TLS, what goes on the line is not what is written; and on Windows a socket is no file.
    if sock is None or transport.get_extra_info("sslcontext") is not None or os.name != "posix":
        return transport.write
    fd, queued, write = sock.fileno(), transport.get_write_buffer_size, transport.write

    def write_straight(data: bytes) -> None:
        sent = 0
        if not queued():
            try:
                sent = os.write(fd, data)
            except OSError:
                sent = 0  # it takes none now, or never again: the transport finds out which, and tells
        if sent < len(data):
            write(data[sent:])

    return write_straight
