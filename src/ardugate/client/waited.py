"""A gateway as a script sees it, for ``with``: the same as for ``async with``, each call waited for.

The connections live in a thread of their own, so that leases are renewed and the gateway is answered while the script
does something else.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, TypeVar

from ardugate.client.answers import Reading, Receipt, Reply
from ardugate.client.asking import AsyncGateway, Duration, Form, Json
from ardugate.client.feed import Told
from ardugate.client.samples import Batch, Row

T = TypeVar("T")


class Loop:
    """An event loop in a thread, for the length of a ``with`` block."""

    def __enter__(self) -> Loop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ardugate client", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What the coroutine gives; it is cancelled when the one who waits is interrupted."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, items: AsyncGenerator[T]) -> Generator[T]:
        """What the generator gives, one after the other; closed with this one."""
        try:
            while True:
                try:
                    item = self.wait(_next(items))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            if self._loop.is_running():
                self.wait(items.aclose())


async def _next(items: AsyncGenerator[T]) -> T:
    return await anext(items)


class Gateway:
    """A gateway and its boards. Channels are named ``temp``, or ``greenhouse/temp`` where there are several boards;
    with ``board``, names without one are that board's.

    Everything raises RequestError (``reason`` says why, ``hint`` what to do) and GatewayUnreachable. A connection that
    ends is opened again, and samples go on where they were.
    """

    def __init__(self, loop: Loop, gateway: AsyncGateway) -> None:
        self._loop = loop
        self._gateway = gateway

    def stream(self, *channels: str, every: Duration | None = None) -> Generator[Row]:
        """Rows with the newest value of each of ``channels`` (all, where none is named): at every scan, or a row
        ``every`` so often, as long as there is something new."""
        return self._loop.iterate(self._gateway.stream(*channels, every=every))

    def subscribe(self, *channels: str, max_hz: float | None = None, form: Form = "raw") -> Generator[Batch]:
        """Batches as they come: every scan, thinned to ``max_hz``, or (``envelope``) the least and the greatest of so
        many. Their arrays need numpy."""
        return self._loop.iterate(self._gateway.subscribe(*channels, max_hz=max_hz, form=form))

    def events(self) -> Generator[Told]:
        """What the gateway tells everybody: ``board event lease stop log loss link``, and ``welcome`` first."""
        return self._loop.iterate(self._gateway.events())

    def get(self, channel: str) -> Reading:
        """The newest value; waits up to 5 s for a first one."""
        return self._loop.wait(self._gateway.get(channel))

    def set(
        self, values: Mapping[str, Any] | None = None, /, *, ttl: Duration | None = None, **channels: Any
    ) -> dict[str, Receipt]:
        """Set outputs, in order, and wait for the board: ``set(pump=True)``, ``set({"greenhouse/pump": True})``.

        ``ttl``: how long they are held. Receipts by the names that were given; the first refusal is raised, when all
        are answered.
        """
        return self._loop.wait(self._gateway.set(values, ttl=ttl, **channels))

    def call(self, command: str, /, *, board: str | None = None, **arguments: Any) -> Reply:
        """Run a sketch's command, and wait until it has ended: ``call("water", seconds=3)``."""
        return self._loop.wait(self._gateway.call(command, board=board, **arguments))

    def mode(self, pin: str, mode: str, **options: Any) -> Receipt:
        """Put a pin to a use: ``mode("D9", "servo")``, ``mode("D2", "count", edge="both")``."""
        return self._loop.wait(self._gateway.mode(pin, mode, **options))

    def rate(self, *channels: str, hz: float | Literal["max"]) -> dict[str, float]:
        """Sample channels so often; the rates kept, by address."""
        return self._loop.wait(self._gateway.rate(*channels, hz=hz))

    @contextmanager
    def lease(self, *channels: str, ttl: Duration = "2s", takeover: bool = False) -> Generator[None]:
        """The right to drive these channels, for the length of a ``with`` block: nobody else may, and what was set
        last in it is held. Should this script end, both end within ``ttl``."""
        held = self._gateway.lease(*channels, ttl=ttl, takeover=takeover)
        self._loop.wait(_enter(held))
        try:
            yield
        finally:
            self._loop.wait(_exit(held))

    def stop_all(self, board: str | None = None) -> dict[str, Any]:
        """Every output to its safe value, latched; what became of it, by board."""
        return self._loop.wait(self._gateway.stop_all(board))

    def clear_stop(self, board: str | None = None) -> dict[str, Any]:
        """Let outputs be set again; what became of it, by board."""
        return self._loop.wait(self._gateway.clear_stop(board))

    def boards(self) -> list[Json]:
        """Every board, as in docs/reference/gateway.md, 3.1."""
        return self._loop.wait(self._gateway.boards())

    def journal(self, since: datetime | None = None, last: int = 100) -> list[Json]:
        """What happened, oldest first: ``t_s kind board text``."""
        return self._loop.wait(self._gateway.journal(since, last))

    def ask(self, method: str, params: Mapping[str, Any] | None = None) -> Json:
        """Any request of docs/reference/gateway.md, and its result."""
        return self._loop.wait(self._gateway.ask(method, params))


async def _enter(held: contextlib.AbstractAsyncContextManager[None]) -> None:
    await held.__aenter__()


async def _exit(held: contextlib.AbstractAsyncContextManager[None]) -> None:
    await held.__aexit__(None, None, None)
