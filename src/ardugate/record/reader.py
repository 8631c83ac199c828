"""From the blocks of a capture back to what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ardugate.model import Batch, Stream
from ardugate.record.blocks import Block, Damaged, Kind
from ardugate.record.notes import FORMAT, VERSION, ClockSaid, Head, Note, StreamBegan, StreamOver, parse
from ardugate.record.packing import batch_of, packed_of
from ardugate.record.tape import RECORD, SAMPLES_HEAD


@dataclass(frozen=True, slots=True, eq=False)
class Scans:
    """A batch of a stream at its place; ``packed`` as the board sent it."""

    order: int
    stream: Stream
    batch: Batch
    packed: bytes


Event = Note | Scans | Damaged


@dataclass(slots=True)
class _Known:
    stream: Stream
    next_seq: int | None


class Reader:
    """Reads the blocks of one capture in their order. Never raises, whatever they hold: what cannot be read is
    ``Damaged``."""

    def __init__(self) -> None:
        self._streams: dict[int, _Known] = {}

    def events(self, blocks: Iterable[Block | Damaged]) -> Iterator[Event]:
        """What happened, in order."""
        for each in blocks:
            if isinstance(each, Damaged):
                yield each
                continue
            try:
                match each.kind:
                    case Kind.NOTE:
                        note = parse(each.body)
                        if note is not None:
                            self._learn(note)
                            yield note
                    case Kind.SAMPLES:
                        yield from list(self._scans(each.body))
                    case _:
                        continue
            except ValueError:
                yield Damaged(each.offset, len(each.body), tail=False)

    def passed_over(self) -> None:
        """Blocks were left out on purpose: what comes next has lost nothing before it."""
        for known in self._streams.values():
            known.next_seq = None

    def _learn(self, note: Note) -> None:
        match note:
            case Head(format=name, version=version):
                if name != FORMAT or version > VERSION:
                    raise ValueError(f"a capture of version {version} is newer than this reader")
                self._streams.clear()
            case StreamBegan(number, stream, next_seq):
                self._streams[number] = _Known(stream, next_seq)
            case StreamOver(stream=stream_id):
                self._streams = {key: each for key, each in self._streams.items() if each.stream.id != stream_id}
            case ClockSaid(stream_id, clock_error_s):
                for known in self._streams.values():
                    if known.stream.id == stream_id:
                        known.stream = replace(known.stream, clock_error_s=clock_error_s)
            case _:
                return

    def _scans(self, body: bytes) -> Iterator[Scans]:
        if len(body) < SAMPLES_HEAD.size:
            raise ValueError("a samples block without its head")
        base = SAMPLES_HEAD.unpack_from(body)[0]
        at = SAMPLES_HEAD.size
        while at < len(body):
            if at + RECORD.size > len(body):
                raise ValueError("a record that is cut off")
            number, size, order, t0_ns, seq = RECORD.unpack_from(body, at)
            at += RECORD.size
            payload = body[at : at + size]
            at += size
            known = self._streams.get(number)
            if known is None or len(payload) != size:
                raise ValueError(f"a record of stream {number}, which is not known")
            lost = 0 if known.next_seq is None else seq - known.next_seq
            if lost < 0:
                raise ValueError(f"scan {seq} after {known.next_seq}")
            batch = batch_of(known.stream, seq, t0_ns, lost, payload)
            known.next_seq = seq + batch.count
            yield Scans(base + order, known.stream, batch, packed_of(known.stream, payload))
