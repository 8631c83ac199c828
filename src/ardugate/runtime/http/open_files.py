"""How many files and sockets this process may have open: each client is one."""

from __future__ import annotations

import contextlib
import logging
import sys

from ardugate.runtime.http.room import MAX_CLIENTS

if sys.platform != "win32":
    import resource

logger = logging.getLogger(__name__)

# What the gateway has open beside its clients: ports, logs, pages on their way, and as much again.
BESIDE_CLIENTS = 128
# No more is asked for than it can need; some systems have no bound at all, and loops that go through all there may be.
ENOUGH = 2 * (MAX_CLIENTS + BESIDE_CLIENTS)


def open_files_limit() -> int | None:
    """How many may be open now; None where there is no such limit."""
    if sys.platform == "win32":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def allow_many() -> None:
    """Raise the limit as far as this process may and needs; say so when there is no room for all clients then."""
    if sys.platform == "win32" or (now := open_files_limit()) is None or now >= ENOUGH:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    with contextlib.suppress(OSError, ValueError):  # some systems have a lower bound of their own
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), hard))
    room = (open_files_limit() or ENOUGH) - BESIDE_CLIENTS
    if room < MAX_CLIENTS:
        logger.warning(
            "there is room for %d clients, not for %d: this system lets a process open %d files; raise it with "
            "`ulimit -Hn`, or LimitNOFILE= in a systemd unit",
            max(room, 0),
            MAX_CLIENTS,
            open_files_limit(),
        )
