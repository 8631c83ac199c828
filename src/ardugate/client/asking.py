"""A gateway as a script sees it, for ``async with``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, Literal

from ardugate.client.answers import Reading, Receipt, Reply, reading, receipt, reply
from ardugate.client.feed import Told
from ardugate.client.find import Target
from ardugate.client.given import Duration, seconds
from ardugate.client.keeping import Keeping
from ardugate.client.line import Line
from ardugate.client.rows import Rows
from ardugate.client.samples import Batch, Row
from ardugate.client.subscription import Subscription
from ardugate.errors import ArdugateError, RequestError

Form = Literal["raw", "envelope", "latest"]
Json = dict[str, Any]

# Rows at a beat take what is newest: asked for ten times as often, it is at most a tenth of a beat old.
_FRESHER: Final = 10
_LEAST_HZ, _MOST_HZ = 0.001, 20.0
# A lease is renewed three times before it ends, so that two renewals may be lost on the way.
_RENEWALS: Final = 3
_MS: Final = 1_000


class AsyncGateway(Keeping):
    """A gateway and its boards. Channels are named ``temp``, or ``greenhouse/temp`` where there are several boards;
    with ``board``, names without one are that board's.

    Everything raises RequestError (``reason`` says why, ``hint`` what to do) and GatewayUnreachable. A connection that
    ends is opened again, and samples go on where they were.
    """

    def __init__(self, find: Callable[[], Target], board: str | None = None) -> None:
        self._find = find
        self._board = board
        self._line = Line(find)
        self._subscriptions = set[Subscription]()

    async def open(self) -> None:
        """Connect."""
        await self._line.open()

    async def close(self) -> None:
        """End every subscription, then the connection."""
        for subscription in list(self._subscriptions):
            await subscription.close()
        self._subscriptions.clear()
        await self._line.close()

    # ---- samples

    async def stream(self, *channels: str, every: Duration | None = None) -> AsyncGenerator[Row]:
        """Rows with the newest value of each of ``channels`` (all, where none is named): at every scan, or a row
        ``every`` so often, as long as there is something new."""
        beat_s = None if every is None else seconds(every)
        params: Json = {}
        if beat_s is not None:
            if not beat_s > 0:
                raise ValueError(f"expected a time above 0, got {every!r}")
            params = {"form": "latest", "max_hz": min(max(_FRESHER / beat_s, _LEAST_HZ), _MOST_HZ)}
        async with self._subscribed(channels, params) as subscription:
            rows = Rows([self._address(each) for each in channels], subscription.feed.names)
            if beat_s is None:
                while True:
                    match await subscription.next():
                        case Batch() as batch:
                            for row in rows.scans(batch):
                                yield row
                        case told:
                            rows.hear(told)
            loop = asyncio.get_running_loop()
            due_s = loop.time()
            while True:
                await self._until(due_s, rows, subscription)
                yield rows.take()
                due_s = max(due_s + beat_s, loop.time())

    async def subscribe(self, *channels: str, max_hz: float | None = None, form: Form = "raw") -> AsyncGenerator[Batch]:
        """Batches as they come: every scan, thinned to ``max_hz``, or (``envelope``) the least and the greatest of so
        many. Their arrays need numpy."""
        params: Json = {"form": form} | ({} if max_hz is None else {"max_hz": max_hz})
        async with self._subscribed(channels, params) as subscription:
            while True:
                item = await subscription.next()
                if isinstance(item, Batch):
                    yield item

    async def events(self) -> AsyncGenerator[Told]:
        """What the gateway tells everybody: ``board event lease driven stop log loss link``, and ``welcome`` first."""
        async with self._listening(None) as subscription:
            while True:
                item = await subscription.next()
                if isinstance(item, Told):
                    yield item

    # ---- requests

    async def get(self, channel: str) -> Reading:
        """The newest value; waits up to 5 s for a first one."""
        return reading(await self._line.ask("get", {"channel": self._address(channel)}))

    async def set(
        self, values: Mapping[str, Any] | None = None, /, *, ttl: Duration | None = None, **channels: Any
    ) -> dict[str, Receipt]:
        """Set outputs, in order, and wait for the board: ``set(pump=True)``, ``set({"greenhouse/pump": True})``.

        ``ttl``: how long they are held. Receipts by the names that were given; the first refusal is raised, when all
        are answered.
        """
        wanted = dict(values or {}) | channels
        more: Json = {} if ttl is None else {"ttl_ms": round(seconds(ttl) * _MS)}
        calls = [
            ("set", {"channel": self._address(name), "value": _plain(value)} | more) for name, value in wanted.items()
        ]
        outcomes = await self._line.batch(calls) if calls else []
        receipts = dict[str, Receipt]()
        for name, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, RequestError):
                raise outcome
            receipts[name] = receipt(outcome)
        return receipts

    async def call(self, command: str, /, *, board: str | None = None, **arguments: Any) -> Reply:
        """Run a sketch's command, and wait until it has ended: ``call("water", seconds=3)``."""
        board, name = _of_board(command, board or self._board)
        args = {key: _plain(value) for key, value in arguments.items()}
        params: Json = {"command": name, "args": args}
        return reply(await self._line.ask("call", params | _board(board), timeout_s=None))

    async def mode(self, pin: str, mode: str, **options: Any) -> Receipt:
        """Put a pin to a use: ``mode("D9", "servo")``, ``mode("D2", "count", edge="both")``."""
        params = {"channel": self._address(pin), "mode": mode, "options": options}
        return receipt(await self._line.ask("mode", params))

    async def rate(self, *channels: str, hz: float | Literal["max"]) -> dict[str, float]:
        """Sample channels so often; the rates kept, by address."""
        params = {"channels": [self._address(each) for each in channels], "hz": hz}
        rates: dict[str, float] = (await self._line.ask("rate", params))["rates"]
        return rates

    @asynccontextmanager
    async def lease(self, *channels: str, ttl: Duration = "2s", takeover: bool = False) -> AsyncGenerator[None]:
        """The right to drive these channels, for the length of an ``async with`` block: nobody else may, and what was
        set last in it is held. Should this script end, both end within ``ttl``."""
        names = [self._address(each) for each in channels]
        ttl_s = seconds(ttl)
        params: Json = {"channels": names, "ttl_ms": round(ttl_s * _MS)}
        await self._line.ask("lease_take", params | {"takeover": takeover})
        renewing = asyncio.create_task(self._renew(params, ttl_s / _RENEWALS), name="lease")
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            with contextlib.suppress(ArdugateError):  # it is gone already
                await self._line.ask("lease_release", {"channels": names})

    async def stop_all(self, board: str | None = None) -> dict[str, Any]:
        """Every output to its safe value, latched; what became of it, by board."""
        return await self._stopping("stop_all", board)

    async def clear_stop(self, board: str | None = None) -> dict[str, Any]:
        """Let outputs be set again; what became of it, by board."""
        return await self._stopping("clear_stop", board)

    async def boards(self) -> list[Json]:
        """Every board, as in docs/reference/gateway.md, 3.1."""
        boards: list[Json] = (await self._line.ask("boards", {}))["boards"]
        return boards

    async def journal(
        self,
        since: datetime | None = None,
        last: int = 100,
        *,
        until: datetime | None = None,
        board: str | None = None,
    ) -> list[Json]:
        """The newest lines of what happened, oldest first: ``t_s kind board text``; with ``board`` what is about that
        one or about none."""
        ends = {"since_s": since, "until_s": until}
        params: Json = {name: each.timestamp() for name, each in ends.items() if each is not None}
        params |= {"last": last} | _board(board)
        entries: list[Json] = (await self._line.ask("journal", params))["entries"]
        return entries

    async def clients(self) -> Json:
        """Who is connected, and who controls what, as in docs/reference/gateway.md, 3.2."""
        return await self._line.ask("clients", {})

    async def ledger(self) -> Json:
        """Every loss since the gateway began, by place, as in docs/reference/gateway.md, 3.3."""
        return await self._line.ask("ledger", {})

    async def identify(self, board: str | None = None, *, ttl: Duration = "5s") -> None:
        """Let a board blink."""
        await self._line.ask("identify", {"for_ms": round(seconds(ttl) * _MS)} | _board(board or self._board))

    async def name(self, name: str, *, board: str | None = None) -> None:
        """Give a board another name, which it keeps; its id stays."""
        await self._line.ask("name", {"name": name} | _board(board or self._board))

    async def ports(self) -> list[Json]:
        """The serial ports of the gateway's computer, as in docs/reference/gateway.md, `ports`."""
        ports: list[Json] = (await self._line.ask("ports", {}))["ports"]
        return ports

    async def use(self, port: str) -> Json:
        """Let the gateway open a port, as in docs/reference/gateway.md, `port_use`."""
        return await self._line.ask("port_use", {"port": port})

    @asynccontextmanager
    async def lend(self, port: str, *, to: str = "a script") -> AsyncGenerator[str]:
        """Have a port for oneself, for the length of an ``async with`` block: its outputs go safe, and it is closed.
        ``port`` is a path or a board's id; gives the path."""
        lent = await self._line.ask("port_lend", {"port": port, "to": to, "while_connected": True})
        async with self._afterwards("port_reclaim", {"port": lent["port"]}):
            yield str(lent["port"])

    async def ask(self, method: str, params: Mapping[str, Any] | None = None) -> Json:
        """Any request of docs/reference/gateway.md, and its result."""
        return await self._line.ask(method, params or {})

    # ----

    def _address(self, name: str) -> str:
        return name if "/" in name or self._board is None else f"{self._board}/{name}"

    async def _stopping(self, method: str, board: str | None) -> dict[str, Any]:
        boards: dict[str, Any] = (await self._line.ask(method, _board(board or self._board)))["boards"]
        return boards

    async def _renew(self, params: Json, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await self._line.ask("lease_renew", params)
            except ArdugateError:
                # Lost: to somebody else, or with its connection. Then it is taken again, if it is free.
                with contextlib.suppress(ArdugateError):
                    await self._line.ask("lease_take", params)

    @asynccontextmanager
    async def _subscribed(self, channels: tuple[str, ...], params: Json) -> AsyncGenerator[Subscription]:
        globs = [self._address(each) for each in channels] or ([f"{self._board}/*"] if self._board else [])
        async with self._listening(params | ({"channels": globs} if globs else {})) as subscription:
            yield subscription

    @asynccontextmanager
    async def _listening(self, params: Json | None) -> AsyncGenerator[Subscription]:
        subscription = Subscription(self._find, params)
        await subscription.open()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            await subscription.close()

    async def _until(self, due_s: float, rows: Rows, subscription: Subscription) -> None:
        """Take what comes until it is time, and there is a row to give."""
        loop = asyncio.get_running_loop()
        while not rows.ready or loop.time() < due_s:
            try:
                async with asyncio.timeout_at(due_s if rows.ready else None):
                    item = await subscription.next()
            except TimeoutError:
                return
            match item:
                case Batch():
                    rows.add(item)
                case Told():
                    rows.hear(item)


def _plain(value: Any) -> Any:
    """What JSON has, of what numpy has."""
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def _of_board(command: str, board: str | None) -> tuple[str | None, str]:
    """``greenhouse/water`` as its board and its command."""
    of, slash, name = command.rpartition("/")
    return (of, name) if slash else (board, command)


def _board(board: str | None) -> Json:
    return {} if board is None else {"board": board}
