"""A capture served as if its boards were here: the same streams, values and times, slower or faster."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from ardugate.errors import ConfigError, NotACapture
from ardugate.model import Board, BoardState
from ardugate.record.blocks import Damaged
from ardugate.record.files import blocks, span
from ardugate.record.notes import BoardSeen, ClockSaid, Happened, Head, Missing, Pause, Said, StreamBegan, StreamOver
from ardugate.record.reader import Event, Reader, Scans
from ardugate.runtime.gateway import Gateway

logger = logging.getLogger(__name__)

# After so many events others get their turn, whatever the speed.
_TURN: Final = 64


class ReplayClock:
    """The capture's time, ``speed`` times as fast; it stands still before ``start``, and waits for who is behind."""

    def __init__(self, begin_ns: int, speed: float, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.speed = speed
        self._begin_ns = begin_ns
        self._monotonic_ns = monotonic_ns
        self._started_ns: int | None = None

    def start(self) -> None:
        """Let the time run."""
        self._started_ns = self._monotonic_ns()

    def now_ns(self) -> int:
        """The capture's time now."""
        if self._started_ns is None:
            return self._begin_ns
        return self._begin_ns + round((self._monotonic_ns() - self._started_ns) * self.speed)

    def real_s(self, at_ns: int) -> float:
        """Seconds of our own time until then; negative for what is over."""
        return (at_ns - self.now_ns()) / 1e9 / self.speed


def clock_of(file: Path, speed: float) -> ReplayClock:
    """The clock of a capture. Raises ConfigError where it cannot be read, NotACapture for another file."""
    try:
        found = span(file)
    except OSError as error:
        raise ConfigError(str(file), "", (error.strerror or str(error)).lower()) from error
    if found is None:
        raise NotACapture(str(file))
    return ReplayClock(found[0], speed)


class Replay:
    """In place of boards (``boards.Boards``): what a capture tells is told to the gateway when it is due."""

    def __init__(self, gateway: Gateway, file: Path, clock: ReplayClock) -> None:
        self._gateway = gateway
        self._file = file
        self._clock = clock
        self._told = asyncio.Event()
        self._boards: dict[str, Board] = {}
        self._streams: set[str] = set()
        self._doubted: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin."""
        self._clock.start()
        self._task = asyncio.create_task(self._run(), name="replay")

    async def introduced(self) -> None:
        """Wait until the first scans were told."""
        await self._told.wait()

    async def make_safe(self) -> None:
        """There is nothing that moves."""
        self._gateway.ending = True

    async def close(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            for number, event in enumerate(Reader().events(blocks(self._file))):
                await self._due(event, number)
                self._tell(event)
                if isinstance(event, Scans):
                    self._told.set()
        except OSError as error:
            logger.error("%s cannot be read on: %s", self._file, error.strerror or error)
        except Exception:
            # The boundary: a mistake of ours ends the replay, not the gateway.
            self._gateway.failures += 1
            logger.exception("the replay has ended")
        logger.info("%s has ended: what it ended with stays", self._file.name)
        for board in list(self._boards.values()):
            self._show(replace(board, reason="the capture has ended"))
        self._told.set()

    async def _due(self, event: Event, number: int) -> None:
        """Wait until what is told was known: scans come when their last one was taken."""
        match event:
            case Scans(stream=stream, batch=batch):
                last = batch.count - 1
                dt_s = stream.dt_s or 0.0
                at_ns = batch.times_ns[last] if batch.times_ns else batch.t0_ns + round(last * dt_s * 1e9)
            case Happened(at_ns=at_ns) | Said(at_ns=at_ns) | StreamOver(at_ns=at_ns) | Pause(to_ns=at_ns):
                pass
            case _:
                return
        wait_s = self._clock.real_s(at_ns)
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        elif number % _TURN == 0:
            await asyncio.sleep(0)

    def _tell(self, event: Event) -> None:
        gateway = self._gateway
        match event:
            case Head():
                # Another gateway wrote what follows, or this one after a pause: streams that go on are said again.
                self._doubted = set(self._streams)
            case BoardSeen(board=board):
                live = board.state in (BoardState.LIVE, BoardState.SILENT)
                self._show(replace(board, state=BoardState.REPLAY, reason="") if live else board)
            case StreamBegan(stream=stream):
                self._doubted.discard(stream.id)
                if stream.id not in self._streams:
                    self._streams.add(stream.id)
                    gateway.stream_started(stream)
            case StreamOver(stream=stream_id, cause=cause, at_ns=at_ns):
                self._end(stream_id, cause, at_ns)
            case ClockSaid(stream=stream_id, clock_error_s=error_s) if stream_id in self._streams:
                gateway.stream_clock(stream_id, error_s)
            case Scans(batch=batch, packed=packed):
                for stream_id in self._doubted:
                    self._end(stream_id, "restart", batch.t0_ns)
                self._doubted = set()
                gateway.publish(batch, packed)
            case Missing(loss=loss):
                gateway.lost(loss)
            case Happened(kind=kind, board=about, text=text, at_ns=at_ns):
                gateway.mark(text, about, at_ns, kind)
            case Said(board=about, text=text, checked=checked):
                gateway.text_received(about, text, checked=checked)
            case Pause(reason=reason, from_ns=from_ns, to_ns=to_ns):
                gateway.mark(f"not recorded for {(to_ns - from_ns) / 1e9:.1f} s: {reason}", None, to_ns, "disk")
            case Damaged(size=size):
                logger.warning("%d bytes of %s are damaged and left out", size, self._file.name)
            case _:
                return

    def _show(self, board: Board) -> None:
        self._boards[board.id] = board
        self._gateway.board_changed(board, known=True)

    def _end(self, stream_id: str, cause: str, at_ns: int) -> None:
        if stream_id in self._streams:
            self._streams.discard(stream_id)
            self._gateway.stream_ended(stream_id, cause, at_ns)
