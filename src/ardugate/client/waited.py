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
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from ardugate.client.answers import Alarm, Reading, Receipt, Recording, Reply
from ardugate.client.asking import AsyncGateway, Form, Json
from ardugate.client.feed import Told
from ardugate.client.given import Duration
from ardugate.client.samples import Batch, Row
from ardugate.errors import ArdugateError

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
        pulled = _Pulled(items)
        try:
            while True:
                try:
                    item = self.wait(pulled.next())
                except StopAsyncIteration:
                    return
                yield item
        finally:
            if self._loop.is_running():
                self.wait(pulled.close())


class _Pulled(Generic[T]):
    """A generator that is pulled from another thread, which may be interrupted (Ctrl-C) while it waits."""

    def __init__(self, items: AsyncGenerator[T]) -> None:
        self._items = items
        self._pending: asyncio.Task[T] | None = None

    async def next(self) -> T:
        self._pending = asyncio.create_task(self._next())
        return await self._pending

    async def close(self) -> None:
        """Let go of it. What was pulled last ends first: a generator that still tidies up cannot be closed."""
        if self._pending is not None and not self._pending.done():
            if not self._pending.cancelling():  # a second time would cut its tidying up short
                self._pending.cancel()
            await asyncio.wait({self._pending})
            if not self._pending.cancelled():
                self._pending.exception()  # nobody waits for it any more
        await self._items.aclose()

    async def _next(self) -> T:
        return await anext(self._items)


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
        """What the gateway tells everybody: ``board event lease driven stop log loss link``, and ``welcome`` first."""
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

    def lease(
        self, *channels: str, ttl: Duration = "2s", takeover: bool = False
    ) -> contextlib.AbstractContextManager[None]:
        """The right to drive these channels, for the length of a ``with`` block: nobody else may, and what was set
        last in it is held. Should this script end, both end within ``ttl``."""
        return self._within(self._gateway.lease(*channels, ttl=ttl, takeover=takeover))

    def stop_all(self, board: str | None = None) -> dict[str, Any]:
        """Every output to its safe value, latched; what became of it, by board."""
        return self._loop.wait(self._gateway.stop_all(board))

    def clear_stop(self, board: str | None = None) -> dict[str, Any]:
        """Let outputs be set again; what became of it, by board."""
        return self._loop.wait(self._gateway.clear_stop(board))

    def boards(self) -> list[Json]:
        """Every board, as in docs/reference/gateway.md, 3.1."""
        return self._loop.wait(self._gateway.boards())

    def journal(
        self,
        since: datetime | None = None,
        last: int = 100,
        *,
        until: datetime | None = None,
        board: str | None = None,
    ) -> list[Json]:
        """The newest lines of what happened, oldest first: ``t_s kind board text``; with ``board`` what is about that
        one or about none."""
        return self._loop.wait(self._gateway.journal(since, last, until=until, board=board))

    def history(
        self,
        *channels: str,
        since: datetime | Duration | None = None,
        until: datetime | None = None,
        points: int | None = None,
        recording: str | None = None,
    ) -> list[Batch]:
        """What was: batches in the order of their times, from ``since`` (a date, or so long ago; None: as far back as
        memory reaches) to ``until`` (None: now). With ``points`` at most so many a channel: the least and the greatest
        of so many scans (``minima``, ``maxima``), which reach back for months. With ``recording`` what one holds."""
        asked = self._gateway.history(*channels, since=since, until=until, points=points, recording=recording)
        return self._loop.wait(asked)

    def alarms(self) -> Generator[Alarm]:
        """Alarms of the gateway's settings, as they are raised and as they are over."""
        return self._loop.iterate(self._gateway.alarms())

    def annotate(self, text: str, *, board: str | None = None, time: datetime | None = None) -> None:
        """Note what happened, now or then: a mark on everybody's page, in the journal and in every recording."""
        self._loop.wait(self._gateway.annotate(text, board=board, time=time))

    def record(self, name: str | None = None) -> contextlib.AbstractContextManager[Recording]:
        """Record everything that boards send, for the length of a ``with`` block, on the gateway's disk."""
        return self._within(self._gateway.record(name))

    def save(self, last: Duration, name: str | None = None) -> Recording:
        """What the ring on disk has of the last so long, as a recording: for after the event."""
        return self._loop.wait(self._gateway.save(last, name))

    def recordings(self) -> list[Recording]:
        """All recordings of the gateway, by name."""
        return self._loop.wait(self._gateway.recordings())

    def download(self, name: str, file: str | Path) -> Path:
        """Get a recording from the gateway. ``file`` must not exist. Raises GatewayUnreachable and OSError."""
        return self._loop.wait(self._gateway.download(name, file))

    def clients(self) -> Json:
        """Who is connected, and who controls what, as in docs/reference/gateway.md, 3.2."""
        return self._loop.wait(self._gateway.clients())

    def ledger(self) -> Json:
        """Every loss since the gateway began, by place, as in docs/reference/gateway.md, 3.3."""
        return self._loop.wait(self._gateway.ledger())

    def identify(self, board: str | None = None, *, ttl: Duration = "5s") -> None:
        """Let a board blink."""
        self._loop.wait(self._gateway.identify(board, ttl=ttl))

    def name(self, name: str, *, board: str | None = None) -> None:
        """Give a board another name, which it keeps; its id stays."""
        self._loop.wait(self._gateway.name(name, board=board))

    def ports(self) -> list[Json]:
        """The serial ports of the gateway's computer, as in docs/reference/gateway.md, `ports`."""
        return self._loop.wait(self._gateway.ports())

    def use(self, port: str) -> Json:
        """Let the gateway open a port, as in docs/reference/gateway.md, `port_use`."""
        return self._loop.wait(self._gateway.use(port))

    def lend(self, port: str, *, to: str = "a script") -> contextlib.AbstractContextManager[str]:
        """Have a port for oneself, for the length of a ``with`` block: its outputs go safe, and it is closed.
        ``port`` is a path or a board's id; gives the path."""
        return self._within(self._gateway.lend(port, to=to))

    def ask(self, method: str, params: Mapping[str, Any] | None = None) -> Json:
        """Any request of docs/reference/gateway.md, and its result."""
        return self._loop.wait(self._gateway.ask(method, params))

    @contextmanager
    def _within(self, held: contextlib.AbstractAsyncContextManager[T]) -> Generator[T]:
        """The same for ``with``."""
        value = self._loop.wait(_enter(held))
        try:
            yield value
        except BaseException:
            with contextlib.suppress(ArdugateError):  # what ended the block is what is raised
                self._loop.wait(_exit(held))
            raise
        self._loop.wait(_exit(held))


async def _enter(held: contextlib.AbstractAsyncContextManager[T]) -> T:
    return await held.__aenter__()


async def _exit(held: contextlib.AbstractAsyncContextManager[T]) -> None:
    await held.__aexit__(None, None, None)
