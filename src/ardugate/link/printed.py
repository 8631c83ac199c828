"""Channels of a sketch that only prints: its numbers, with gateway time, and nothing that could check them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ardugate.link.events import BatchReceived, LinkEvent, PrintedChanged, StreamEnded, StreamStarted, TextReceived
from ardugate.link.plotter import Printed, parse_header, parse_line
from ardugate.link.pulse import Pulse
from ardugate.model import Batch, Channel, Mode, Stream, ValueType

# A sketch that prints more has its first ones shown; its text is shown anyway.
MAX_CHANNELS: Final = 16
# A label that was printed once may be a word that looks like one.
_SEEN_BEFORE: Final = 2
# Labels that are counted before they become channels: a sketch that prints its time as a label makes new ones for ever.
_MAX_LABELS: Final = 256
_MAX_NAME: Final = 32
_NO_NAME: Final = re.compile(r"[^\w.%°+-]+")
# 10 bits a byte; the core's ring of 64 bytes, and a converter that holds bytes back for 16 ms.
_BITS: Final = 10
_RING_BYTES: Final = 64
_HELD_S: Final = 0.016
_S: Final = 1_000_000_000


@dataclass(slots=True)
class _Running:
    stream: Stream
    seq: int = 0
    last_ns: int = 0


class PrintedNumbers:
    """The channels of one sketch, from its lines. ``board`` is the id that streams carry; events go to ``emit``."""

    def __init__(self, board: str, new_stream_id: Callable[[], str], emit: Callable[[LinkEvent], None]) -> None:
        self._board = board
        self._new_stream_id = new_stream_id
        self._emit = emit
        self._header: tuple[str, ...] = ()
        self._seen: dict[str, int] = {}
        self._channels: dict[str, Channel] = {}
        self._running: dict[str, _Running] = {}

    def look(self, pulse: Pulse, now_ns: int, baud: int | None) -> None:
        """After every input. Another sketch's lines are shown, and their numbers are samples."""
        if lines := pulse.look(now_ns):
            self._emit(TextReceived("\n".join(lines) + "\n", checked=False))
            self.take(lines, now_ns, baud, late=pulse.late)
            pulse.late = False
        elif not pulse.foreign:
            self.end("boot", now_ns)

    def take(self, lines: Sequence[str], now_ns: int, baud: int | None, *, late: bool) -> None:
        """Whole lines that came until now. ``late``: they waited until it was known what they are, so that their times
        are not, and the first of them may be half a line."""
        after = [0] * len(lines)
        for index in range(len(lines) - 1, 0, -1):
            after[index - 1] = after[index] + len(lines[index]) + 2
        found: dict[str, list[tuple[int, float]]] = {}
        for line, bytes_after in zip(lines, after, strict=True):
            numbers = parse_line(line)
            if numbers is None:
                self._header = parse_header(line) or self._header
                continue
            at_ns = now_ns - (bytes_after * _BITS * _S // baud if baud else 0)
            for name, each in self._named(numbers):
                if self._is_known(name, each, now_ns, baud) and not late:
                    found.setdefault(name, []).append((at_ns, each.value))
        for name, samples in found.items():
            self._publish(self._running[name], samples)

    def end(self, cause: str, now_ns: int) -> None:
        """The sketch is gone, or another one prints from here on."""
        for running in self._running.values():
            self._emit(StreamEnded(running.stream.id, cause, now_ns))
        self._header = ()
        self._seen.clear()
        self._channels.clear()
        self._running.clear()

    def restart(self, cause: str, now_ns: int) -> None:
        """End each stream; its successor goes on where it is."""
        for name, running in self._running.items():
            before = running.stream
            self._emit(StreamEnded(before.id, cause, now_ns))
            stream = replace(before, id=self._new_stream_id(), started_ns=now_ns, cause=cause, predecessor=before.id)
            self._running[name] = _Running(stream, 0, running.last_ns)
            self._emit(StreamStarted(stream))

    def _named(self, numbers: Sequence[Printed]) -> list[tuple[str, Printed]]:
        """Each number with its channel's name: its label, the header's, or its place."""
        if len(self._header) == len(numbers) and not any(each.label for each in numbers):
            labels: Sequence[str] = self._header
        else:
            labels = [each.label for each in numbers]
        names = [
            _NO_NAME.sub("_", label).strip("_")[:_MAX_NAME] or f"value{place}" for place, label in enumerate(labels, 1)
        ]
        return list(dict(zip(names, numbers, strict=True)).items())

    def _is_known(self, name: str, printed: Printed, now_ns: int, baud: int | None) -> bool:
        if name in self._channels:
            return True
        if len(self._channels) == MAX_CHANNELS or (len(self._seen) == _MAX_LABELS and name not in self._seen):
            return False
        self._seen[name] = self._seen.get(name, 0) + 1
        if self._seen[name] < _SEEN_BEFORE:
            return False
        channel = Channel(
            number=len(self._channels),
            name=name,
            type=ValueType.FLOAT,
            mode=Mode.DECLARED,
            unit=printed.unit,
            claimed=True,
            events=True,
            dtype="f32",
            checked=False,
        )
        self._channels[name] = channel
        self._emit(PrintedChanged(tuple(self._channels.values())))
        stream = Stream(
            id=self._new_stream_id(),
            board=self._board,
            channels=(channel,),
            dtype="f32",
            dt_ticks=None,
            tick_hz=1,
            started_ns=now_ns,
            offsets_s=(0.0,),
            clock_error_s=_HELD_S + (_RING_BYTES * _BITS / baud if baud else 0.0),
        )
        self._running[name] = _Running(stream)
        self._emit(StreamStarted(stream))
        return True

    def _publish(self, running: _Running, samples: Sequence[tuple[int, float]]) -> None:
        times_ns = array("q")
        for at_ns, _ in samples:
            running.last_ns = max(at_ns, running.last_ns + 1)
            times_ns.append(running.last_ns)
        values = array("f", [value for _, value in samples])
        self._emit(BatchReceived(Batch(running.stream.id, running.seq, times_ns[0], [values], times_ns)))
        running.seq += len(samples)
