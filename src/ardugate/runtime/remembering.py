"""The answer to ``history``: from memory, from disk, from a recording. One after another, for each costs the loop or a
thread some ten milliseconds or more: whoever asks for much, or often, holds up nobody but himself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

from ardugate.hub import Hub
from ardugate.model import Delivery
from ardugate.runtime.client import Client
from ardugate.runtime.recording.archive import Question
from ardugate.runtime.recording.keeping import check_whole
from ardugate.runtime.recording.recorder import Recorder
from ardugate.session.past import Past
from ardugate.session.requests import ReadHistory
from ardugate.session.shapes import Json

# Who asks from the time of a scan that it was told means that scan: Unix seconds come in steps of 238 ns as a float,
# and a Python datetime rounds them to its microseconds.
TOLD_NS = 750
# The clock of a young link may be wrong, and its newest samples a little ahead of now.
AHEAD_NS = 1_000_000_000


class Remembering:
    """Reads what was: of each place that asks one question at a time, and of all of them one from disk and one from
    memory."""

    def __init__(self, hub: Hub, recorder: Recorder, now_ns: Callable[[], int]) -> None:
        self._hub = hub
        self._recorder = recorder
        self._now_ns = now_ns
        self._turn_of: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._disk, self._memory = asyncio.Lock(), asyncio.Lock()

    async def answer(self, client: Client, request: ReadHistory) -> Json:
        """HISTORY of docs/reference/gateway.md, 3.19. Raises RequestError."""
        place = (client.connection.remote, client.principal.name)
        turn = self._turn_of.setdefault(place, asyncio.Lock())  # kept for as long as anybody waits for it
        async with turn:
            return await self._answer(client, request)

    async def _answer(self, client: Client, request: ReadHistory) -> Json:
        to_ns = self._now_ns() + AHEAD_NS if request.to_s is None else round(request.to_s * 1e9) + TOLD_NS
        from_ns = None if request.from_s is None else round(request.from_s * 1e9) - TOLD_NS
        resolver, channels, points = client.resolver, request.channels, request.points
        if request.recording is not None:
            check_whole(client.principal)
            asked = Question(resolver, channels, from_ns or 0, to_ns, points)
            async with self._disk:
                return await self._told(await self._recorder.of_recording(request.recording, asked))
        parts: list[Delivery] = []
        if from_ns is not None:
            kept_ns = min(to_ns + 1, self._hub.history.kept_since(resolver, channels, from_ns))
            if from_ns < kept_ns:
                older = Question(resolver, channels, from_ns, kept_ns - 1, points)
                async with self._disk:
                    parts, from_ns = await self._recorder.older(older), kept_ns
        async with self._memory:
            found = self._hub.history.read(resolver, channels=channels, from_ns=from_ns, to_ns=to_ns, points=points)
            streams = await asyncio.to_thread(list, found)
            return await self._told(parts + [part for stream in streams for part in stream])

    async def _told(self, parts: list[Delivery]) -> Json:
        past = Past(self._hub.cursor())
        for each in parts:
            past.add(each)
            await asyncio.sleep(0)  # a long answer is made in pieces: others go on between them
        return past.result()
