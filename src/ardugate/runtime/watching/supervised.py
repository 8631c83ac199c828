"""What a service manager is told (systemd's sd_notify, which is a few lines): when the gateway is ready, that its loop
still runs, and when it ends. Without one nothing is said.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager

logger = logging.getLogger(__name__)

# A sign of life comes so many times within the time after which it would be missed.
SIGNS = 3


class Supervisor:
    """Whoever started this process, as ``environ`` names it. Needs a running loop."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A name in Linux' abstract namespace begins with a zero, which the variable writes as @.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._period_s = _watchdog_s(environ) / SIGNS
        self._timer: asyncio.TimerHandle | None = None

    def ready(self, url: str) -> None:
        """The gateway listens."""
        self.tell(f"READY=1\nSTATUS=listening at {url}")
        if self._period_s:
            self._sign()

    def stopping(self) -> None:
        """It ends."""
        if self._timer is not None:
            self._timer.cancel()
        self.tell("STOPPING=1\nSTATUS=making outputs safe")

    def tell(self, what: str) -> None:
        """Say it; that nobody listens is no reason to fail."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.sendto(what.encode(), self._address)
        except OSError as error:
            logger.warning("the service manager cannot be told: %s", error)

    def _sign(self) -> None:
        # From the loop, so that one that stands still gives none.
        self.tell("WATCHDOG=1")
        self._timer = asyncio.get_running_loop().call_later(self._period_s, self._sign)


@contextmanager
def supervised() -> Generator[Supervisor]:
    """For the length of a ``with`` block; at its end it is said that the gateway ends."""
    supervisor = Supervisor(os.environ)
    try:
        yield supervisor
    finally:
        supervisor.stopping()


def _watchdog_s(environ: Mapping[str, str]) -> float:
    """After how long without a sign of life this process is ended; 0: never."""
    try:
        mine = int(environ.get("WATCHDOG_PID") or os.getpid()) == os.getpid()
        return int(environ.get("WATCHDOG_USEC", "0")) / 1e6 if mine else 0.0
    except ValueError:
        return 0.0
