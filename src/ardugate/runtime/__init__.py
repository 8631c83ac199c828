"""The gateway's one room that awaits: serial ports, the HTTP and WebSocket server, signals.

Everything here is composition: bytes and times go into the pure rooms (link, hub, session), bytes and events come out.
``gateway`` composes; ``board_task`` is the way from a port to the hub, ``client`` that from the hub to a connection,
``operations`` what is asked (``remembering`` where it is the past). Folders: ``http``, ``ports``, ``recording``,
``watching``.

In brief, for a command or a test::

    async with running(ServeOptions(ports=(PortOption("sim://"),), listen="127.0.0.1:0")) as ready:
        ...                                      # ready.url, ready.ws, ready.token

    await serve(options, on_ready)               # the same, until SIGTERM, SIGINT or options.run_for_s

``list_ports`` and ``running_gateways`` need no event loop and import nothing heavy.
"""

from __future__ import annotations

from ardugate.runtime.loop import new_event_loop
from ardugate.runtime.options import AlarmOption, PortOption, Ready, ServeOptions, TlsFiles, options_from
from ardugate.runtime.ports.listing import PortInfo, PortKind, list_ports
from ardugate.runtime.serve import running, serve
from ardugate.runtime.state import RunningGateway, StateFolder, running_gateways
from ardugate.runtime.watching.journal import read_journal

__all__ = [
    "AlarmOption",
    "PortInfo",
    "PortKind",
    "PortOption",
    "Ready",
    "RunningGateway",
    "ServeOptions",
    "StateFolder",
    "TlsFiles",
    "list_ports",
    "new_event_loop",
    "options_from",
    "read_journal",
    "running",
    "running_gateways",
    "serve",
]
