"""What is on its way to the board: numbers, repetitions and the budget (docs/reference/wire.md, 3.4)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from ardugate.wire.framing import encode
from ardugate.wire.limits import BUDGET_BYTES, FRAME_OVERHEAD, MAX_LINE_TO_BOARD, QUERY_REPEAT_MS, REPLY_SLOTS
from ardugate.wire.messages import Command, Heartbeat, Hello, Query, Stop, serialize
from ardugate.wire.ops import Arguments, Op, op_of, serialize_arguments

_MS: Final = 1_000_000
_ID_MASK: Final = 0xFFFF
# A COMMAND's body before its arguments: code, boot id, id, op.
_COMMAND_HEAD: Final = 8

# How long an un-answered frame counts against the budget after it was last sent (3.4).
_COUNTS_NS: Final = QUERY_REPEAT_MS * _MS
# An answer that comes later than this is nobody's.
_FORGET_NS: Final = 5_000 * _MS
_NEVER_NS: Final = 1 << 62
# The first repetition comes after this long at least, so that a busy line repeats nothing needlessly; then twice that
# each time up to the longest. At 1e-3 damaged bytes a try fails once in 20, and a deadline of 2 s holds seven tries.
RESEND_MIN_MS: Final = 100
RESEND_MAX_MS: Final = 400
# A command of the sketch that runs is asked after so often: its end may have been lost, or the board.
PENDING_REPEAT_MS: Final = 1_000
# Four round trips: a reply may wait behind two full frames of samples.
_RESEND_ROUND_TRIPS: Final = 4
# Ids that were answered not long ago: a second answer to one of them is a repetition.
_REMEMBERED: Final = 2 * REPLY_SLOTS


@dataclass(slots=True, eq=False)
class Entry:
    """One command or stop, from its asking to its reply. ``op`` None is a STOP. ``tag`` is its owner's."""

    tag: object
    arguments: Arguments | None
    id: int = -1
    line: bytes = b""
    tries: int = 0
    sent_ns: int = 0
    resend_ns: int = 0
    pending: bool = False  # the board answered that it runs, since it was sent last
    accepted: bool = False  # it answered so at all
    once: bool = False  # sent once, and never repeated

    @property
    def op(self) -> Op | None:
        """The op of its arguments."""
        return None if self.arguments is None else op_of(self.arguments)

    @property
    def size(self) -> int:
        """Bytes on the line."""
        payload = b"" if self.arguments is None else serialize_arguments(self.arguments)
        return _COMMAND_HEAD + len(payload) + FRAME_OVERHEAD


@dataclass(slots=True)
class _Question:
    """A heartbeat, query or hello that was sent and not answered."""

    key: object
    size: int
    sent_ns: int


@dataclass(slots=True)
class Outbox:
    """Numbers, sends and repeats commands; ``pump`` gives what may be sent now. ``hold``: nothing new but heartbeats,
    since the line's rate is about to change."""

    next_id: int
    boot_id: int = 0
    hold: bool = False
    resends: int = 0
    _pumped_ns: int = 0
    _held_back: bool = False  # the budget had no room for something
    _waiting: deque[Entry] = field(default_factory=deque["Entry"])
    _stops: deque[Entry] = field(default_factory=deque["Entry"])
    _flight: list[Entry] = field(default_factory=list["Entry"])
    _asking: deque[tuple[object, bytes]] = field(default_factory=deque["tuple[object, bytes]"])
    _asked: list[_Question] = field(default_factory=list["_Question"])
    _answered: deque[int] = field(default_factory=lambda: deque[int](maxlen=_REMEMBERED))

    def command(self, tag: object, arguments: Arguments) -> None:
        """Put a command behind those that wait."""
        self._waiting.append(Entry(tag, arguments))

    def once(self, tag: object, arguments: Arguments) -> None:
        """Put a command in front of those that wait, also while there is ``hold``; it is not repeated."""
        self._waiting.appendleft(Entry(tag, arguments, once=True))

    def busy(self, now_ns: int) -> bool:
        """Whether anything is un-answered that an answer may still come to."""
        return any(not entry.accepted for entry in self._flight) or any(
            now_ns - question.sent_ns < _COUNTS_NS for question in self._asked
        )

    def quiet_ns(self) -> int | None:
        """When it is no longer ``busy`` if nothing is answered; None: an answer must come first."""
        if any(not entry.accepted for entry in self._flight):
            return None
        return max((question.sent_ns for question in self._asked), default=self._pumped_ns) + _COUNTS_NS

    def stop(self) -> None:
        """Put a STOP in front of everything; the budget does not hold it back. One that waits already is enough."""
        if not any(entry.op is None for entry in self._all()):
            self._stops.append(Entry(None, None))

    def stop_now(self, now_ns: int, round_trip_ns: float) -> bytes:
        """The same, and its bytes."""
        self.stop()
        return self.pump_stops(now_ns, round_trip_ns)

    def ask(self, key: object, message: Hello | Heartbeat | Query) -> None:
        """Put a question in front of the commands that wait; it is sent once, as soon as the budget allows. One that
        has the same key and waits already is not doubled."""
        if all(other != key for other, _ in self._asking):
            self._asking.append((key, encode(serialize(message), MAX_LINE_TO_BOARD)))

    def answered(self, key: object) -> int | None:
        """A question was answered: when it was sent, None when nothing waited for that."""
        for question in self._asked:
            if question.key == key:
                self._asked.remove(question)
                return question.sent_ns
        return None

    def reply(self, command_id: int, *, pending: bool) -> Entry | None:
        """The entry that a reply belongs to, None when none waits for it. It is done with unless ``pending``."""
        for entry in self._flight:
            if entry.id == command_id:
                if pending:
                    entry.pending = entry.accepted = True
                    entry.resend_ns = entry.sent_ns + PENDING_REPEAT_MS * _MS
                else:
                    self._flight.remove(entry)
                    self._answered.append(command_id)
                return entry
        return None

    def was_answered(self, command_id: int) -> bool:
        """Whether this id was answered not long ago."""
        return command_id in self._answered

    def take(self, tag: object) -> Entry | None:
        """Take out the entry of this owner; ``tries`` tells whether it was ever sent."""
        entry = self.find(tag)
        if entry is not None:
            self._drop([entry])
        return entry

    def find(self, tag: object) -> Entry | None:
        """The entry of this owner."""
        return next((entry for entry in self._all() if entry.tag is tag), None)

    def drop_stop(self) -> None:
        """Give a STOP up."""
        self._drop([entry for entry in self._all() if entry.op is None])

    def rate_changed(self, now_ns: int) -> None:
        """What is un-answered was sent at another line rate: a STOP is sent again at once, questions get no answer."""
        self.forget_questions()
        for entry in self._flight:
            if entry.op is None:
                entry.resend_ns = now_ns

    def forget_questions(self) -> None:
        """The pipe or the boot is another one: no answer comes to what was asked."""
        self._asking.clear()
        self._asked.clear()

    def next_deadline(self) -> int | None:
        """When something is to be repeated, or no longer counts against the budget."""
        times = [entry.resend_ns for entry in self._flight if entry.op is None or entry.resend_ns > self._pumped_ns]
        if self._held_back:
            sent = [question.sent_ns for question in self._asked] + [entry.sent_ns for entry in self._flight]
            times += [sent_ns + _COUNTS_NS for sent_ns in sent if sent_ns + _COUNTS_NS > self._pumped_ns]
        return min(times, default=None)

    def pump_stops(self, now_ns: int, round_trip_ns: float) -> bytes:
        """A STOP that is new or to be repeated, whatever else is on its way."""
        if not self._stops and not self._flight:
            return b""
        wait_ns = _first_wait_ns(round_trip_ns)
        out = b"".join(self._send(stop, now_ns, wait_ns) for stop in self._stops)
        self._stops.clear()
        late = [entry for entry in self._flight if entry.op is None and entry.resend_ns <= now_ns]
        return out + b"".join(self._send(stop, now_ns, wait_ns) for stop in late)

    def pump(self, now_ns: int, round_trip_ns: float) -> bytes:
        """What else may be sent now: questions, repetitions, then new commands in order."""
        self._asked = [question for question in self._asked if now_ns - question.sent_ns < _FORGET_NS]
        first_wait_ns = _first_wait_ns(round_trip_ns)
        self._pumped_ns = now_ns
        self._held_back = True
        out = bytearray()
        for key, line in list(self._asking):
            if self.hold and not _is_beat(key):
                continue
            if self._used(now_ns) + len(line) > BUDGET_BYTES:
                # A heartbeat that waits holds back what comes after it, or repetitions could starve the watchdog.
                return bytes(out)
            self._asking.remove((key, line))
            self._asked.append(_Question(key, len(line), now_ns))
            out += line
        self._held_back = False
        for entry in self._flight:
            if entry.resend_ns <= now_ns and not (self.hold and entry.accepted):
                if self._used(now_ns, entry) + len(entry.line) > BUDGET_BYTES:
                    self._held_back = True
                    continue
                out += self._send(entry, now_ns, first_wait_ns)
        while self._waiting and self._window_open() and (self._waiting[0].once or not self.hold):
            if self._used(now_ns) + self._waiting[0].size > BUDGET_BYTES:
                self._held_back = True
                break
            out += self._send(self._waiting.popleft(), now_ns, first_wait_ns)
        return bytes(out)

    def _send(self, entry: Entry, now_ns: int, first_wait_ns: int) -> bytes:
        if not entry.line:
            # Numbered when it is sent, so that ids go on the line in order.
            entry.id = self.next_id
            self.next_id = (self.next_id + 1) & _ID_MASK
            message = Stop(entry.id) if entry.arguments is None else self._command(entry.id, entry.arguments)
            entry.line = encode(serialize(message), MAX_LINE_TO_BOARD)
            self._flight.append(entry)
        elif not entry.accepted:
            self.resends += 1
        entry.pending = False
        wait_ns = min(first_wait_ns << entry.tries, max(first_wait_ns, RESEND_MAX_MS * _MS))
        entry.tries += 1
        entry.sent_ns = now_ns
        entry.resend_ns = _NEVER_NS if entry.once else now_ns + wait_ns
        return entry.line

    def _command(self, command_id: int, arguments: Arguments) -> Command:
        return Command(self.boot_id, command_id, op_of(arguments), serialize_arguments(arguments))

    def _window_open(self) -> bool:
        """Whether the next command's id is near enough to the oldest un-answered one; the last slot is a STOP's. One
        that the board runs already is remembered apart (3.4)."""
        oldest = next((entry.id for entry in self._flight if not entry.accepted), None)
        return oldest is None or (self.next_id - oldest) & _ID_MASK < REPLY_SLOTS - 1

    def _used(self, now_ns: int, without: Entry | None = None) -> int:
        """Bytes on their way, a STOP's excepted."""
        used = sum(question.size for question in self._asked if now_ns - question.sent_ns < _COUNTS_NS)
        for entry in self._flight:
            if entry is not without and entry.op is not None and now_ns - entry.sent_ns < _COUNTS_NS:
                used += 0 if entry.pending else len(entry.line)
        return used

    def _all(self) -> list[Entry]:
        return [*self._stops, *self._flight, *self._waiting]

    def _drop(self, entries: list[Entry]) -> None:
        gone = set(map(id, entries))
        self._flight = [entry for entry in self._flight if id(entry) not in gone]
        self._waiting = deque(entry for entry in self._waiting if id(entry) not in gone)
        self._stops = deque(entry for entry in self._stops if id(entry) not in gone)


def _is_beat(key: object) -> bool:
    return isinstance(key, tuple) and key[:1] == ("beat",)


def _first_wait_ns(round_trip_ns: float) -> int:
    return int(max(RESEND_MIN_MS * _MS, _RESEND_ROUND_TRIPS * round_trip_ns))
