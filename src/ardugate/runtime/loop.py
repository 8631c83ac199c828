"""The event loop of a gateway that runs by itself."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed (ardugate's extra ``fast``), else asyncio's own: the same, but slower."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()
