"""What is kept of everything that the gateway hears: the ring, recordings that somebody asked for, a file a day."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from ardugate import __version__
from ardugate.errors import Reason, RequestError
from ardugate.hub import Hub
from ardugate.model import Batch, Board, Delivery, Loss, Stream
from ardugate.record.cut import cut
from ardugate.record.files import open_capture, span
from ardugate.record.notes import Happened, Missing, Note, Said
from ardugate.record.tape import Tape
from ardugate.runtime.options import RecordOptions
from ardugate.runtime.recording.archive import Archive, Question
from ardugate.runtime.recording.claims import claim
from ardugate.runtime.recording.restoring import restore
from ardugate.runtime.recording.shelves import DailyFiles, OneFile, Recordings, RingFiles, is_of_a_day
from ardugate.runtime.recording.sink import Sink
from ardugate.runtime.recording.tiering import Tiers
from ardugate.session import notifications
from ardugate.session.shapes import Json, Notification, recording, seconds

logger = logging.getLogger(__name__)

# Blocks go to the disk so often: a process that is killed loses no more.
FLUSH_S: Final = 0.25
# Recordings that run at once (security limit): each writes everything.
MAX_RUNNING: Final = 8

_WHY: Final = {
    "disk_full": "the disk is full",
    "disk_error": "the disk does not take it",
    "slow_disk": "the disk is too slow",
}


@dataclass(slots=True, eq=False)
class _Running:
    name: str
    sink: Sink
    began_ns: int
    timer: asyncio.TimerHandle | None = None


class Recorder:
    """Hears and keeps. Needs a running loop; ``close`` at the end.

    What the ring has of an earlier gateway goes into the ``hub``. ``folder`` is the state folder, with the ring and
    (where the options name no other) the recordings; None: there are none. ``broadcast`` tells everybody of a recording
    that begins, ends, pauses or goes on, and of a disk that is full.
    """

    def __init__(
        self,
        hub: Hub,
        now_ns: Callable[[], int],
        options: RecordOptions,
        folder: Path | None,
        broadcast: Callable[[Notification], None],
    ) -> None:
        self.tape = Tape(hub.life, __version__)
        recordings = options.folder or (None if folder is None else folder / "recordings")
        self.recordings = None if recordings is None else Recordings(recordings)
        self._now_ns = now_ns
        self._options = options
        self._broadcast = broadcast
        self._loop = asyncio.get_running_loop()
        # One thread: blocks reach their files in order, and a disk that hangs holds up nobody but this.
        self._executor = ThreadPoolExecutor(1, "recorder")
        self._timer: asyncio.TimerHandle | None = None
        self._named: dict[str, _Running] = {}
        self._sinks: list[Sink] = []
        self._endings: set[asyncio.Task[Json]] = set()
        self._spans: dict[str, tuple[int, int, int]] = {}  # by name: size, first and last time
        keeps = options.ring_bytes or options.always
        self._claim = claim(folder, "ring") if folder is not None and keeps else None
        self.ring: RingFiles | None = None
        self._tiers: Tiers | None = None
        if self._claim is not None:
            free = options.keep_free_bytes
            self._tiers = Tiers(self._claim.folder, self._executor, self._sink_changed, free)
        if self._claim is not None and options.ring_bytes:
            self.ring = RingFiles(self._claim.folder, options.ring_bytes)
            restore(hub, self.ring.files(), now_ns())
            self.tape.order = hub.orders.newest
            self._add(Sink(self.ring, self._executor, self._sink_changed, sync=False))
        self._archive = Archive(hub, self.ring, self._tiers.files if self._tiers else {})
        if options.always and self.recordings is not None:
            daily = DailyFiles(self.recordings.folder, options.keep_days, options.keep_bytes)
            self._add(self._sink(daily))

    # ---- what is heard

    def board(self, board: Board) -> None:
        """Anything of a board."""
        self.tape.board(board, self._now_ns())
        self._heard()

    def board_gone(self, board_id: str) -> None:
        """A place's board is known."""
        self.tape.board_gone(board_id)

    def stream_started(self, stream: Stream) -> None:
        """A stream begins."""
        self.tape.stream_started(stream)
        if self._tiers is not None:
            self._tiers.stream_started(stream)
        self._heard()

    def stream_ended(self, order: int, stream_id: str, cause: str, at_ns: int) -> None:
        """A stream is over."""
        self.tape.stream_ended(order, stream_id, cause, at_ns)
        if self._tiers is not None:
            self._tiers.stream_ended(stream_id)
        self._heard()

    def stream_clock(self, stream_id: str, clock_error_s: float) -> None:
        """Its times may be more or less wrong than was said."""
        self.tape.stream_clock(stream_id, clock_error_s)
        self._heard()

    def publish(self, order: int, batch: Batch, packed: bytes) -> None:
        """Scans."""
        if not self._sinks:
            self.tape.passed_over(batch.stream)
            return
        self.tape.samples(order, batch, packed)
        if self._tiers is not None:
            self._tiers.publish(batch)
        if self._timer is None:
            self._timer = self._loop.call_later(FLUSH_S, self.flush)

    def lost(self, order: int, loss: Loss) -> None:
        """Missing scans."""
        self.note(Missing(order, loss))

    def heard(self, notification: Notification) -> None:
        """Everybody is told something: what happened and what sketches print is kept."""
        params = notification.params
        match notification.method:
            case "event":
                kind, board, text = str(params["kind"]), params["board"], str(params["text"])
                at_ns = round(float(str(params["t_s"])) * 1e9)
                self.note(Happened(kind, None if board is None else str(board), text, at_ns))
            case "log":
                checked = bool(params["checked"])
                self.note(Said(str(params["board"]), str(params["text"]), self._now_ns(), checked))
            case _:
                return

    def note(self, note: Note) -> None:
        """Anything else."""
        if self._sinks:
            self.tape.note(note)
            self._heard()

    # ---- what is asked

    def start(self, name: str | None, for_s: float | None) -> Json:
        """Begin a recording. Raises RequestError."""
        folder = self._folder()
        if len(self._named) >= MAX_RUNNING:
            raise RequestError(Reason.TOO_MANY, f"{MAX_RUNNING} recordings run", "stop one first")
        now_ns = self._now_ns()
        path = self._new(folder, name, now_ns)
        running = _Running(path.name, self._sink(OneFile(path)), now_ns)
        self.flush()
        self._named[path.name] = running
        self._add(running.sink)
        if for_s is not None:
            running.timer = self._loop.call_later(for_s, self._time_over, running)
        logger.info("recording %s", path)
        return self._tell(running, "recording")

    async def stop(self, name: str | None) -> Json:
        """End a recording (None: the one that runs); done when it is whole on the disk. Raises RequestError."""
        if name is None and len(self._named) != 1:
            which = ", ".join(self._named) or "none"
            raise RequestError(Reason.REFUSED, f"which recording? {which} run", "say its name")
        wanted = next(iter(self._named)) if name is None else self._folder().path(name).name
        running = self._named.get(wanted)
        if running is None:
            raise RequestError(Reason.REFUSED, f"no recording {wanted} runs", "look at `recordings`")
        return await self._end(running)

    async def listed(self) -> Json:
        """Every recording, the ring, and the room that is left."""
        in_thread = self._loop.run_in_executor
        found = [] if self.recordings is None else await in_thread(self._executor, self._listed, self.recordings)
        ring = await in_thread(self._executor, self._ring)
        return {"recordings": found, "ring": ring, "free_bytes": self._free_bytes()}

    async def save(self, last_s: float, name: str | None) -> Json:
        """The ring's newest seconds as a recording. Raises RequestError."""
        folder = self._folder()
        if self.ring is None:
            raise RequestError(
                Reason.REFUSED, "there is no ring to save from", "set `ring_mb` of [record] in the config"
            )
        now_ns = self._now_ns()
        path = self._new(folder, name, now_ns)
        self.flush()
        from_ns = now_ns - round(last_s * 1e9)
        try:
            await self._loop.run_in_executor(self._executor, cut, self.ring.files, path, from_ns, now_ns)
        except OSError as error:
            raise RequestError(Reason.REFUSED, f"not saved: {error.strerror or error}", "is there room?") from error
        told = await self._loop.run_in_executor(self._executor, self._file, path)
        self._broadcast(notifications.recording(told))
        return told

    async def older(self, question: Question) -> list[Delivery]:
        """What was before memory. Raises RequestError (``cursor_expired``, ``too_large``)."""
        return await asyncio.to_thread(self._archive.read, question)

    async def of_recording(self, name: str, question: Question) -> list[Delivery]:
        """What a recording holds of a time. Raises RequestError (``out_of_range``, ``too_large``)."""
        path = self._folder().path(name)
        if path not in self._folder().files():
            raise _no_such_recording()
        return await asyncio.to_thread(self._archive.of_recording, path, question)

    def file_name(self, name: str) -> str:
        """What a recording's file is called. Raises RequestError."""
        return self._folder().path(name).name

    def open(self, name: str) -> tuple[BinaryIO, int]:
        """A recording for reading, and how long it is now. Raises RequestError."""
        path = self._folder().path(name)
        try:
            file = open_capture(path)
        except OSError:  # it is not there, or a link
            raise _no_such_recording() from None
        return file, os.fstat(file.fileno()).st_size

    async def close(self) -> None:
        """Everything is put on the disk."""
        self.flush()
        for running in self._named.values():
            if running.timer is not None:
                running.timer.cancel()
        if self._tiers is not None:
            self._tiers.flush(self._now_ns(), ends=True)
        tiers = self._tiers.sinks.values() if self._tiers else ()
        await asyncio.gather(*(sink.close() for sink in (*self._sinks, *tiers)))
        self._sinks.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._executor.shutdown()
        if self._claim is not None:
            self._claim.release()

    # ---- inside

    def _sink(self, shelf: OneFile | DailyFiles) -> Sink:
        return Sink(shelf, self._executor, self._sink_changed, keep_free_bytes=self._options.keep_free_bytes)

    def _add(self, sink: Sink) -> None:
        """Its file begins now: with what was said before, and nothing that came before."""
        self._sinks.append(sink)
        sink.offer(b"", self.tape, self._now_ns())

    def _heard(self) -> None:
        if not self._sinks:
            self.tape.take()
        elif self._timer is None:
            self._timer = self._loop.call_later(FLUSH_S, self.flush)

    def flush(self) -> None:
        """Give what was heard to the disk."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        data, now_ns = self.tape.take(), self._now_ns()
        for sink in self._sinks:
            if data or sink.paused:
                sink.offer(data, self.tape, now_ns)
        if self._tiers is not None:
            self._tiers.flush(now_ns)
        if any(sink.paused for sink in self._sinks):
            # Whoever has a pause to end is asked again, whether anything happens or not.
            self._timer = self._loop.call_later(FLUSH_S, self.flush)

    def _sink_changed(self, sink: Sink) -> None:
        name = sink.path.name if sink.path else "the recording"
        what = "the ring" if isinstance(sink.shelf, RingFiles) else name
        text = f"{what} is not written: {_WHY[sink.paused]}" if sink.paused else f"{what} is written again"
        self._broadcast(notifications.happened("disk", None, text, self._now_ns()))
        for running in self._named.values():
            if running.sink is sink:
                self._tell(running, "paused" if sink.paused else "recording")

    def _tell(self, running: _Running, state: str) -> Json:
        told = self._shape(running, state)
        self._broadcast(notifications.recording(told))
        return told

    def _shape(self, running: _Running, state: str) -> Json:
        sink = running.sink
        return recording(running.name, state, sink.paused, running.began_ns, self._now_ns(), sink.size_bytes)

    def _time_over(self, running: _Running) -> None:
        ending = self._loop.create_task(self._end(running), name=f"end of {running.name}")
        running.timer = None
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _end(self, running: _Running) -> Json:
        if running.timer is not None:
            running.timer.cancel()
        self._named.pop(running.name, None)
        self.flush()
        self._sinks.remove(running.sink)
        await running.sink.close()
        logger.info("recorded %s", running.sink.path)
        assert running.sink.path is not None, "a recording has a file from its begin"
        told = await self._loop.run_in_executor(self._executor, self._file, running.sink.path)
        self._broadcast(notifications.recording(told))
        return told

    def _folder(self) -> Recordings:
        if self.recordings is None:
            raise RequestError(Reason.REFUSED, "this gateway has no folder for recordings", "start it with `serve`")
        return self.recordings

    def _new(self, folder: Recordings, name: str | None, now_ns: int) -> Path:
        path = folder.path(name or folder.free_name(now_ns, self._named))
        if path.name in self._named or path.exists() or path.is_symlink():
            raise RequestError(Reason.REFUSED, f"there is a recording {path.name}", "choose another name")
        if is_of_a_day(path):
            raise RequestError(Reason.REFUSED, f"{path.name} would be a day's file", "choose another name")
        folder.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def _free_bytes(self) -> int | None:
        folder = None if self.recordings is None else self.recordings.folder
        while folder is not None and not folder.exists():
            folder = folder.parent
        return None if folder is None else shutil.disk_usage(folder).free

    def _listed(self, folder: Recordings) -> list[Json]:
        return [self._file(path) for path in folder.files()]

    def _file(self, path: Path) -> Json:
        """A file as it is, in the writer's thread."""
        running = self._named.get(path.name)
        if running is not None:
            return self._shape(running, "paused" if running.sink.paused else "recording")
        size = path.stat().st_size
        if self._spans.get(path.name, (0, 0, 0))[0] != size:
            try:
                first_ns, last_ns = span(path) or (0, 0)
            except OSError:  # it is not ours to read
                first_ns = last_ns = 0
            self._spans[path.name] = (size, first_ns, last_ns)
        _, first_ns, last_ns = self._spans[path.name]
        sink = next((each for each in self._sinks if each.path == path), None)
        state = "whole" if sink is None else "paused" if sink.paused else "recording"
        return recording(path.name, state, sink.paused if sink else "", first_ns, last_ns, size)

    def _ring(self) -> Json | None:
        if self.ring is None or not (files := self.ring.files()):
            return None
        first = next((found for path in files if (found := span(path)) is not None), None)
        size = sum(path.stat().st_size for path in files)
        return None if first is None else {"from_s": seconds(first[0]), "size_bytes": size}


def _no_such_recording() -> RequestError:
    return RequestError(Reason.OUT_OF_RANGE, "there is no such recording", "look at `recordings`")
