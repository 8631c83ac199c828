"""ardugate: the bridge between Arduinos and browsers.

A script begins with ``from ardugate import connect`` (docs/reference/python.md). What it imports is loaded when it is
used: the package itself loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ardugate.client.answers import Alarm, Reading, Receipt, Recording, Reply
    from ardugate.client.asking import AsyncGateway
    from ardugate.client.feed import Told
    from ardugate.client.samples import Batch, Row
    from ardugate.client.script import connect
    from ardugate.client.waited import Gateway
    from ardugate.errors import ArdugateError, GatewayUnreachable, PortError, Reason, RequestError, SeveralGateways

__all__ = [
    "Alarm",
    "ArdugateError",
    "AsyncGateway",
    "Batch",
    "Gateway",
    "GatewayUnreachable",
    "PortError",
    "Reading",
    "Reason",
    "Receipt",
    "Recording",
    "Reply",
    "RequestError",
    "Row",
    "SeveralGateways",
    "Told",
    "connect",
]

_PLACES = {
    "Alarm": "client.answers",
    "AsyncGateway": "client.asking",
    "Batch": "client.samples",
    "Gateway": "client.waited",
    "Reading": "client.answers",
    "Receipt": "client.answers",
    "Recording": "client.answers",
    "Reply": "client.answers",
    "Row": "client.samples",
    "Told": "client.feed",
    "connect": "client.script",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module 'ardugate' has no attribute {name!r}")
    return getattr(import_module(f"ardugate.{_PLACES.get(name, 'errors')}"), name)
