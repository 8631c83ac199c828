"""What was, and what is kept of it: history, alarms, marks and recordings, for ``async with``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from ardugate.client.answers import Alarm, Recording, alarm, recording
from ardugate.client.download import download
from ardugate.client.feed import Feed, Told
from ardugate.client.given import Duration, moment, seconds
from ardugate.client.line import Line
from ardugate.client.samples import Batch
from ardugate.errors import ArdugateError

Json = dict[str, Any]
_MS = 1_000


class _Subscribed(Protocol):
    async def next(self) -> Batch | Told:
        """What comes next."""
        ...


class Keeping:
    """The part of ``AsyncGateway`` that is about the past."""

    _line: Line
    _board: str | None

    def _address(self, name: str) -> str:
        """With the board that names without one are about."""
        raise NotImplementedError

    def _listening(self, params: Json | None) -> AbstractAsyncContextManager[_Subscribed]:
        """A subscription; without ``params`` to what everybody is told."""
        raise NotImplementedError

    @asynccontextmanager
    async def _afterwards(self, method: str, params: Json) -> AsyncGenerator[None]:
        """Ask this when the block ends. Where an error ended it, that is what is raised."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(ArdugateError):
                await self._line.ask(method, params)
            raise
        await self._line.ask(method, params)

    async def history(
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
        globs = [self._address(each) for each in channels] or ([f"{self._board}/*"] if self._board else [])
        params: Json = {"channels": globs} if globs else {}
        params |= {} if since is None else {"from_s": moment(since)}
        params |= {} if until is None else {"to_s": until.timestamp()}
        params |= {} if points is None else {"points": points}
        params |= {} if recording is None else {"recording": recording}
        feed = Feed()
        for board in (await self._line.ask("boards", {}))["boards"]:
            feed.names.learn(board)
        found = feed.past(await self._line.ask("history", params))
        return sorted(found, key=lambda batch: batch.seconds()[0])

    async def alarms(self) -> AsyncGenerator[Alarm]:
        """Alarms of the gateway's settings, as they are raised and as they are over."""
        async with self._listening(None) as subscription:
            while True:
                told = await subscription.next()
                if isinstance(told, Told) and told.method == "event" and "alarm" in told.params:
                    yield alarm(told.params)

    async def annotate(self, text: str, *, board: str | None = None, time: datetime | None = None) -> None:
        """Note what happened, now or then: a mark on everybody's page, in the journal and in every recording."""
        params: Json = {"text": text} | ({} if time is None else {"t_s": time.timestamp()})
        board = board or self._board
        await self._line.ask("annotate", params | ({} if board is None else {"board": board}))

    @asynccontextmanager
    async def record(self, name: str | None = None) -> AsyncGenerator[Recording]:
        """Record everything that boards send, for the length of an ``async with`` block, on the gateway's disk."""
        begun = recording(await self._line.ask("record_start", {} if name is None else {"name": name}))
        async with self._afterwards("record_stop", {"name": begun.name}):
            yield begun

    async def save(self, last: Duration, name: str | None = None) -> Recording:
        """What the ring on disk has of the last so long, as a recording: for after the event."""
        params: Json = {"last_s": seconds(last)} | ({} if name is None else {"name": name})
        return recording(await self._line.ask("save", params, timeout_s=None))

    async def recordings(self) -> list[Recording]:
        """All recordings of the gateway, by name."""
        return [recording(each) for each in (await self._line.ask("recordings", {}))["recordings"]]

    async def download(self, name: str, file: str | Path) -> Path:
        """Get a recording from the gateway. ``file`` must not exist. Raises GatewayUnreachable and OSError."""
        return await asyncio.to_thread(download, self._line.target, name, Path(file))
