"""How many files and sockets this process may have open: each client is one, and each who asks."""

from __future__ import annotations

import contextlib
import logging
import sys
from dataclasses import dataclass

from ardugate.runtime.http.room import MAX_CLIENTS

if sys.platform != "win32":
    import resource

logger = logging.getLogger(__name__)

# What the gateway has open beside who is connected: ports, logs, recordings, pages on their way.
BESIDE_CLIENTS = 128
# Connections that ask over HTTP: more than may live on it (fallback.py), and a second's worth of a storm.
MAX_CALLERS = 1_024
# No more is asked for than it can need; some systems have no bound at all, and loops that go through all there may be.
ENOUGH = 2 * (MAX_CLIENTS + BESIDE_CLIENTS)


@dataclass(frozen=True, slots=True)
class Places:
    """For how many there are files: ``clients`` with a WebSocket, and ``callers``, connections that ask over HTTP or
    have not asked yet. What the gateway opens itself has files of its own, which nobody who connects can take."""

    clients: int
    callers: int


def open_files_limit() -> int | None:
    """How many may be open now; None where there is no such limit."""
    if sys.platform == "win32":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def share_out() -> Places:
    """Raise the limit as far as this process may and needs, and share out what there is; say so when there is no room
    for all clients then."""
    _raise()
    room = max(0, (open_files_limit() or ENOUGH) - BESIDE_CLIENTS)
    callers = min(MAX_CALLERS, room // 4)
    clients = min(MAX_CLIENTS, room - callers)
    if clients < MAX_CLIENTS:
        logger.warning(
            "there is room for %d clients, not for %d: this system lets a process open %d files; raise it with "
            "`ulimit -Hn`, or LimitNOFILE= in a systemd unit",
            clients,
            MAX_CLIENTS,
            open_files_limit(),
        )
    return Places(clients, callers)


def _raise() -> None:
    if sys.platform == "win32" or (now := open_files_limit()) is None or now >= ENOUGH:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    with contextlib.suppress(OSError, ValueError):  # some systems have a lower bound of their own
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), hard))
