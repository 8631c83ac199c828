"""One capture that is being written: on the loop what it gets, in the writer's thread how it gets to the disk."""

from __future__ import annotations

import asyncio
import errno
import logging
import shutil
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Final, Protocol

from ardugate.record.files import CaptureWriter
from ardugate.record.notes import Pause
from ardugate.record.tape import as_blocks
from ardugate.runtime.recording.shelves import Shelf

logger = logging.getLogger(__name__)

# What may wait for a slow disk: 80 s of the fastest stream. More is not kept, and the file says so.
MAX_WAITING_BYTES: Final = 8 * 1_048_576
# A power cut takes so much at most of what is synchronised at all.
SYNC_PERIOD_NS: Final = 5 * 10**9
# A disk that takes nothing is asked again so often.
RETRY_NS: Final = 1_000_000_000
# What an error of the disk is called in a capture (docs/reference/capture.md, 3).
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Begins(Protocol):
    """Knows what a file begins with that begins now."""

    def preamble(self, at_ns: int) -> bytes:
        """Its blocks."""
        ...


class Sink:
    """Takes blocks and puts them into the files of its shelf. ``changed`` is called on the loop when it pauses and when
    it goes on; ``keep_free_bytes`` are left to others on the disk; ``sync``: what is written survives a power cut."""

    def __init__(
        self,
        shelf: Shelf,
        executor: Executor,
        changed: Callable[[Sink], None],
        *,
        keep_free_bytes: int = 0,
        sync: bool = True,
    ) -> None:
        self.shelf = shelf
        self.paused = ""
        """Why nothing is kept now, empty while it is."""
        self.path: Path | None = None
        self.size_bytes = 0
        """What the present file has got, waiting or written."""
        self._executor = executor
        self._changed = changed
        self._sync = sync
        self._synced_ns = 0
        self._paused_ns = 0
        self._retry_ns = 0
        self._waiting_bytes = 0
        self._resuming = False
        self._keep_free_bytes = keep_free_bytes
        self._loop = asyncio.get_running_loop()
        # Of the writer's thread
        self._writer: CaptureWriter | None = None
        self._written: Path | None = None
        self._broken = 0  # the error's number after which blocks are missing

    def offer(self, data: bytes, tape: Begins, now_ns: int) -> None:
        """Blocks that the tape has just given. A file that begins gets what a file begins with."""
        if self.paused:
            if self._resuming or self._waiting_bytes or now_ns < self._retry_ns:
                return
            self._resuming = True
            data = as_blocks([Pause(self.paused, self._paused_ns, now_ns)]) + tape.preamble(now_ns)
        elif self._waiting_bytes + len(data) > MAX_WAITING_BYTES:
            self._pause("slow_disk", now_ns)
            return
        last = b""
        path = self.shelf.path(now_ns, self.size_bytes)
        if path != self.path:
            self.path, self.size_bytes = path, 0
            if not self.paused:
                # The blocks are the last ones of the file before: what they tell is in what the new one begins with.
                last, data = data, tape.preamble(now_ns)
        self.size_bytes += len(data)
        self._waiting_bytes += (size := len(last) + len(data))
        done = self._loop.run_in_executor(self._executor, self._write, path, last, data, now_ns, self._resuming)
        done.add_done_callback(lambda done: self._done(done, size, now_ns))

    def close(self) -> asyncio.Future[None]:
        """No more comes; done when the file is whole on the disk."""
        return self._loop.run_in_executor(self._executor, self._close)

    def _done(self, done: asyncio.Future[None], size: int, now_ns: int) -> None:
        self._waiting_bytes -= size
        if done.cancelled():
            return
        error = done.exception()
        resuming, self._resuming = self._resuming, False
        if error is None:
            if resuming:
                self.paused = ""
                self._changed(self)
            return
        if not isinstance(error, OSError):
            logger.error("%s is not written", self.path, exc_info=error)
        full = isinstance(error, OSError) and error.errno in _FULL
        self._retry_ns = now_ns + RETRY_NS
        self._pause("disk_full" if full else "disk_error", now_ns)

    def _pause(self, reason: str, now_ns: int) -> None:
        if not self.paused:
            self.paused, self._paused_ns, self._retry_ns = reason, now_ns, now_ns + RETRY_NS
            self._changed(self)

    # ---- in the writer's thread

    def _write(self, path: Path, last: bytes, data: bytes, now_ns: int, resuming: bool) -> None:
        if self._broken and not resuming:
            raise OSError(self._broken, "nothing is added behind what is missing")
        try:
            if self._writer is None or self._written != path:
                if self._writer is not None and last:
                    self._writer.append(last)
                self._close()
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._writer, self._written = CaptureWriter.go_on(path), path
                self._tidy(now_ns)
            self._check_room(path)
            self._writer.append(data)
            if self._sync and now_ns - self._synced_ns >= SYNC_PERIOD_NS:
                self._synced_ns = now_ns
                self._writer.sync()
        except OSError as error:
            self._broken = error.errno or errno.EIO
            raise
        self._broken = 0

    def _check_room(self, path: Path) -> None:
        if self._keep_free_bytes and shutil.disk_usage(path.parent).free < self._keep_free_bytes:
            raise OSError(errno.ENOSPC, "no space left that others do not need")

    def _tidy(self, now_ns: int) -> None:
        for old in self.shelf.too_many(now_ns):
            try:
                old.unlink(missing_ok=True)
            except OSError as error:
                logger.warning("%s cannot be removed: %s", old, error.strerror or error)

    def _close(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            try:
                writer.close(self._written)
            except OSError as error:
                logger.warning("%s has no index: %s", self._written, error.strerror or error)
