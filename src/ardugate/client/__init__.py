"""Clients of a gateway (docs/reference/gateway.md).

Scripts have ``ardugate.connect`` (``script.py``; docs/reference/python.md). Its parts, from the bytes up: ``feed`` and
``samples`` read what a subscription gets, ``rows`` makes rows of it, ``subscription`` and ``line`` keep connections,
``asking`` is the gateway for ``async with``, ``waited`` the same for ``with``.

Commands have a smaller one, which loads less and opens one connection that is not opened again::

    with connect(find_gateway()) as gateway:
        gateway.call("set", {"channel": "led", "value": True})

``embedded`` is a gateway in this process, for a board that none serves.
"""

from __future__ import annotations

from ardugate.client.connection import Connection, Notification, connect
from ardugate.client.find import Target, find_gateway

__all__ = ["Connection", "Notification", "Target", "connect", "find_gateway"]
