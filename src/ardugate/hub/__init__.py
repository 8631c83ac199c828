"""The hub: streams and their rings, subscriptions as cursors, last values, leases, who set what, the loss ledger. Pure.

In brief, for whoever composes it::

    hub = Hub(life="7f3a")                                  # `life`: other letters at each start
    hub.directory.put(board)                                # whenever anything of a board changes
    hub.stream_started(stream); hub.publish(batch); hub.lost(loss); hub.stream_ended(id, cause, now_ns)

    resolver = Resolver(hub.directory)                      # one a connection: remembers the board it first resolved to
    board, channel = resolver.channel("pump")               # or RequestError with the nearest names in its hint
    taken = hub.subscribe(client, resolver, channels=("*/A*",), form=Form.RAW, max_hz=50, now_ns=now)
    hub.tick(now_ns)                                        # once a tick: `latest` views, leases, old rings
    for place in hub.ready():                               # where there is something, each with all who get the same
        items = hub.take_at(place, now_ns)                  # in order, for all of place.clients; hub.part() who cannot
    hub.leave(client, now_ns)
"""

from __future__ import annotations

from ardugate.hub.drivers import DriverChange, Drivers
from ardugate.hub.hub import Hub, Subscribed
from ardugate.hub.leases import LeaseChange, Leases
from ardugate.hub.ledger import Ledger, Total
from ardugate.hub.newest import Last
from ardugate.hub.places import Place
from ardugate.hub.resolve import Address, Directory, Resolver

__all__ = [
    "Address",
    "Directory",
    "DriverChange",
    "Drivers",
    "Hub",
    "Last",
    "LeaseChange",
    "Leases",
    "Ledger",
    "Place",
    "Resolver",
    "Subscribed",
    "Total",
]
