"""Start a gateway, and end it cleanly: the two functions that commands call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from ardugate.runtime.options import Ready, ServeOptions


@asynccontextmanager
async def running(options: ServeOptions) -> AsyncGenerator[Ready]:
    """A gateway for the length of a ``with`` block; takes no signals.

    Leaving the block puts every board's outputs at their safe values, tells the clients (close code 1001) and closes
    the ports, within 3 s. Raises ListenError (the TCP address), PortMissing, PortNotATty, PortDenied (a port that the
    options name, unless they say ``wait``) and ConfigError.
    """
    raise NotImplementedError
    yield Ready("", "", "", options.state_dir, "")


async def serve(options: ServeOptions, on_ready: Callable[[Ready], None]) -> None:
    """Run a gateway until SIGTERM, SIGINT, cancellation or ``options.run_for_s``; raises what ``running`` raises.

    ``on_ready`` is called once, when the gateway listens. Returns normally after a signal: ending is no error.
    """
    async with running(options) as ready:
        on_ready(ready)
