"""After a restart: what the ring on disk has of the last minute goes back into the hub, so that cursors go on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ardugate.hub import Hub
from ardugate.hub.limits import ENDED_KEPT_NS
from ardugate.model import Batch, Stream
from ardugate.record.blocks import Damaged, Kind
from ardugate.record.files import Entry, blocks_at, entries
from ardugate.record.notes import Head, Missing, Pause, StreamBegan, StreamOver
from ardugate.record.reader import Reader, Scans

logger = logging.getLogger(__name__)

# Scans that are read again, in bytes of blocks: half a second of work. The hub keeps 1 MiB of unpacked scans a stream.
RESTORE_BYTES: Final = 4 * 1_048_576
# Files that are looked at: the newest may have just begun.
_FILES: Final = 2


@dataclass(slots=True, eq=False)
class _Stream:
    stream: Stream
    batches: list[tuple[int, Batch]] = field(default_factory=list["tuple[int, Batch]"])
    ended: tuple[str, int] | None = None


def restore(hub: Hub, files: Sequence[Path], now_ns: int) -> None:
    """Read the newest of these captures, oldest first, into a hub that is new. What cannot be read is left out."""
    newest, life, gone = 0, "", 0
    lives: dict[str, int] = {}
    streams: dict[str, _Stream] = {}
    for path in files[-_FILES:]:
        try:
            skipped, found = _chosen(path, entries(path))
        except OSError as error:
            logger.warning("%s cannot be read: %s", path, error.strerror or error)
            continue
        begun = False
        for event in Reader().events(blocks_at(path, found)):
            match event:
                case Head(life=life, order=order):
                    if not lives:
                        gone = order
                    newest = max(newest, order)
                case StreamBegan(stream=stream):
                    streams.setdefault(stream.id, _Stream(stream))
                case Scans(order=order, stream=stream, batch=batch):
                    if skipped and not begun:
                        gone, begun = max(gone, order - 1), True
                    before = streams[stream.id].batches
                    # What lies before was left out, not lost.
                    before.append((order, replace(batch, lost=0) if skipped and not before else batch))
                    newest = order
                case Missing(order=order):
                    newest = order
                case StreamOver(order=order, stream=stream_id, cause=cause, at_ns=at_ns):
                    newest = order
                    if stream_id in streams:
                        streams[stream_id].ended = (cause, at_ns)
                case Damaged(tail=False) | Pause():
                    # Something is missing in the middle: nobody goes on from before it.
                    gone = newest
                case _:
                    continue
            if life:
                lives[life] = newest
    if not lives:
        return
    # Those that ran to the end have ended with that gateway; they are kept for as long as any that ends now.
    over = sorted(
        ((each, each.ended or ("restart", now_ns)) for each in streams.values() if each.batches),
        key=lambda pair: pair[1][1],
    )
    too_old = [each for each, ended in over if ended[1] + ENDED_KEPT_NS <= now_ns]
    gone = max([gone, *(each.batches[-1][0] for each in too_old)])
    hub.resume(newest, lives, gone)
    for each, ended in over:
        if each not in too_old:
            hub.restore(each.stream, [pair for pair in each.batches if pair[0] > gone], ended)


def _chosen(path: Path, found: list[Entry]) -> tuple[bool, list[Entry]]:
    """All notes and the newest samples of a file, and whether older ones were left out."""
    size = path.stat().st_size
    chosen: list[Entry] = []
    taken, end, skipped = 0, size, False
    for entry in reversed(found):
        taken += end - entry.offset if entry.kind == Kind.SAMPLES else 0
        end = entry.offset
        if entry.kind == Kind.SAMPLES and taken > RESTORE_BYTES:
            skipped = True
            continue
        chosen.append(entry)
    return skipped, chosen[::-1]
