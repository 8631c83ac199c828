"""A small synchronous client of a gateway, over the dialect ``ardugate.v1.json`` (docs/reference/gateway.md).

    with connect(find_gateway()) as gateway:
        gateway.call("set", {"channel": "led", "value": True})

``embedded`` is a gateway in this process, for a board that none serves.
"""

from __future__ import annotations

from ardugate.client.connection import Connection, Notification, connect
from ardugate.client.find import Target, find_gateway

__all__ = ["Connection", "Notification", "Target", "connect", "find_gateway"]
