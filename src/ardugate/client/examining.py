"""Watching boards for ``doctor``: how they answer, what is lost, how the line does at each rate."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ardugate.client.asking import AsyncGateway
from ardugate.client.embedded import embedded
from ardugate.client.find import Target
from ardugate.client.samples import Batch
from ardugate.doctor import BoardFacts, SpeedFacts

# How long a board may take for its first word: the slowest known bootloader needs 8 s.
HELLO_S: Final = 10.0
# A clock is judged by a stream of at least so long.
_DRIFT_OVER_S: Final = 1.5
# Characters of another sketch's text that are kept.
_TEXT_CHARS: Final = 200
_LOOK_S: Final = 0.05
_JOURNAL_LINES: Final = 1_000
_PPM: Final = 1e6

Json = dict[str, Any]


@dataclass(slots=True)
class _Seen:
    """What happened while one looked."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    first: dict[str, Batch] = field(default_factory=dict[str, Batch])
    last: dict[str, Batch] = field(default_factory=dict[str, Batch])
    scans: dict[str, int] = field(default_factory=dict[str, int])
    lost: dict[str, int] = field(default_factory=dict[str, int])
    streams: dict[tuple[str, ...], set[str]] = field(default_factory=dict[tuple[str, ...], set[str]])

    @property
    def kept(self) -> bool:
        """Whether the line stayed as it was: every change of its rate gives streams successors."""
        return bool(self.streams) and all(len(ids) == 1 for ids in self.streams.values())

    def event(self, method: str, params: Json) -> None:
        if method == "event" and params["board"] is not None:
            self.counts[str(params["board"]), str(params["kind"])] += 1
        elif method == "log":
            board = str(params["board"])
            self.texts[board] = (self.texts.get(board, "") + str(params["text"]))[:_TEXT_CHARS]

    def batch(self, batch: Batch) -> None:
        self.scans[batch.board] = self.scans.get(batch.board, 0) + len(batch)
        self.lost[batch.board] = self.lost.get(batch.board, 0) + batch.lost
        if batch.dt_s is not None:
            self.streams.setdefault(batch.channels, set()).add(batch.stream)
            self.first.setdefault(batch.stream, batch)
            self.last[batch.stream] = batch

    def drift_ppm(self, board: str) -> float | None:
        """How much faster than it says the board's clock runs, by its longest stream."""
        spans = [
            (last.seq - first.seq, first, last)
            for stream, last in self.last.items()
            for first in (self.first[stream],)
            if first.board == board
        ]
        if not spans:
            return None
        scans, first, last = max(spans, key=lambda span: span[0])
        own_s = scans * (first.dt_s or 0.0)
        return None if own_s < _DRIFT_OVER_S else (own_s / (last.t0_s - first.t0_s) - 1) * _PPM


async def watch(find: Callable[[], Target], seconds: float) -> list[BoardFacts]:
    """Every board of a gateway that runs, for so long. Raises what its requests raise."""
    gateway = AsyncGateway(find)
    try:
        return [replace(board, watched_by_us=False) for board, _ in await _watch(gateway, seconds)]
    finally:
        await gateway.close()


async def open_and_watch(ports: Sequence[str], seconds: float, state_dir: Path | None = None) -> list[BoardFacts]:
    """The boards on these ports, from their opening on. Raises what ``embedded`` raises."""
    async with _opened(ports, None, state_dir) as gateway:
        boards = [board for board, _ in await _watch(gateway, seconds)]
        hello_s = await _hello_s(gateway)
        return [replace(board, hello_s=hello_s.get(board.id)) for board in boards]


async def try_speeds(
    port: str, rates: Sequence[int], seconds: float, state_dir: Path | None = None
) -> tuple[SpeedFacts, ...]:
    """How the line does at each rate, one after the other, each for so long."""
    found = list[SpeedFacts]()
    for baud in rates:
        async with _opened([port], baud, state_dir) as gateway:
            watched = await _watch(gateway, seconds)
        if not watched or watched[0][0].wire is None:
            found.append(SpeedFacts(baud, reached=False))
        else:
            board, seen = watched[0]
            found.append(SpeedFacts(baud, seen.kept, board.seconds, board.scans, board.lost, board.bad_frames))
    return tuple(found)


@asynccontextmanager
async def _opened(ports: Sequence[str], baud: int | None, state_dir: Path | None) -> AsyncGenerator[AsyncGateway]:
    """A gateway of our own with these ports alone, their lines at a rate."""
    from ardugate.runtime import PortOption, ServeOptions
    from ardugate.runtime.options import RecordOptions

    options = ServeOptions(
        ports=tuple(PortOption(port, baud=baud) for port in ports),
        state_dir=state_dir,
        record=RecordOptions(ring_bytes=0),
    )
    own = embedded(options)
    target = await asyncio.to_thread(own.__enter__)
    gateway = AsyncGateway(lambda: target)
    try:
        yield gateway
    finally:
        await gateway.close()
        await asyncio.to_thread(own.__exit__, None, None, None)


async def _watch(gateway: AsyncGateway, seconds: float) -> list[tuple[BoardFacts, _Seen]]:
    seen = _Seen()
    listening = [asyncio.create_task(_events(gateway, seen)), asyncio.create_task(_batches(gateway, seen))]
    try:
        await _settled(gateway)
        await asyncio.sleep(seconds)
        boards = await gateway.boards()
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return [(_facts(board, seen, seconds), seen) for board in boards]


async def _settled(gateway: AsyncGateway) -> None:
    """Wait until every board is live, or will not be."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + HELLO_S
    while loop.time() < end_s:
        boards = await gateway.boards()
        if boards and all(board["state"] != "connecting" for board in boards):
            return
        await asyncio.sleep(_LOOK_S)


async def _hello_s(gateway: AsyncGateway) -> dict[str, float]:
    """How long after the gateway's start each board was live, by its journal."""
    entries = await gateway.journal(last=_JOURNAL_LINES)
    started_s = next(entry["t_s"] for entry in entries if entry["kind"] == "started")
    found = dict[str, float]()
    for entry in entries:
        if entry["kind"] == "live":
            found.setdefault(entry["board"], entry["t_s"] - started_s)
    return found


async def _events(gateway: AsyncGateway, seen: _Seen) -> None:
    async with aclosing(gateway.events()) as events:
        async for told in events:
            seen.event(told.method, told.params)


async def _batches(gateway: AsyncGateway, seen: _Seen) -> None:
    async with aclosing(gateway.subscribe()) as batches:
        async for batch in batches:
            seen.batch(batch)


def _facts(board: Json, seen: _Seen, seconds: float) -> BoardFacts:
    of: str = board["id"]
    descriptor: Json | None = board["descriptor"]
    facts = BoardFacts(
        port=board["port"],
        id=of,
        name=board["name"],
        state=board["state"],
        reason=board["reason"],
        seconds=seconds,
        stopped=board["stopped"],
        scans=seen.scans.get(of, 0),
        lost=seen.lost.get(of, 0),
        resets=seen.counts[of, "reset"],
        silences=seen.counts[of, "silent"],
        hangs=seen.counts[of, "hung"],
        text=seen.texts.get(of, ""),
    )
    if descriptor is not None:
        firmware = descriptor["firmware"]
        facts = replace(
            facts,
            identity=firmware["identity"],
            mcu=descriptor["mcu"],
            firmware=firmware["version"],
            wire=firmware["wire"],
            reset_cause=firmware["reset_cause"],
            drift_ppm=seen.drift_ppm(of),
        )
    if (link := board["link"]) is not None:
        facts = replace(
            facts,
            round_trip_ms=link["round_trip_ms"],
            clock_error_ms=link["clock_error_ms"],
            bad_frames=link["bad_frames"],
            resends=link["resends"],
            counters=dict(link["counters"] or {}),
        )
    return facts
