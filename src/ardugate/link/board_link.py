"""One board's conversation: bytes and gateway time come in; bytes, events and deadlines go out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from enum import Enum
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link.boots import Boots, Heard
from ardugate.link.clock import BoardClock
from ardugate.link.desk import Desk
from ardugate.link.events import (
    BoardCounters,
    CountersReported,
    InfoChanged,
    LinkEvent,
    LinkHealth,
    LinkState,
    RequestFailed,
    StopChanged,
    TextReceived,
)
from ardugate.link.faults import Faults
from ardugate.link.jobs import ALL, PLAN, Job, Plan, keys
from ardugate.link.known import Known
from ardugate.link.learn import Learned, learn, learn_modes, learn_streams
from ardugate.link.pulse import OTHER_SKETCH_REASON, SILENT_REASON, Pulse
from ardugate.link.requests import Requests, Wishes
from ardugate.link.streams import Streams
from ardugate.link.text import LogText
from ardugate.model import BoardRequest, BoardState, Firmware, ReadRequest, Receipt, StopRequest
from ardugate.wire import limits
from ardugate.wire import messages as m
from ardugate.wire.answers import ModeEntry, StreamEntry
from ardugate.wire.descriptor import Descriptor
from ardugate.wire.framing import Damage, Decoder
from ardugate.wire.ops import ClearStop, SetMode
from ardugate.wire.records import unpack_records

_MS: Final = 1_000_000
_U32: Final = 0xFFFFFFFF

# Samples that come before modes, streams and clock are known: a second of full frames at 115,200 baud is 45.
_MAX_HELD: Final = 256
# How often the link's health is told.
_HEALTH_MS: Final = 1_000
# The link's own jobs: putting back modes and rates after a reset takes some ten commands.
_OWN_JOB_MS: Final = 10_000
_NEVER: Final = 1 << 62
# Samples of the mode before may come this long after the reply to a mode command: they waited on the board.
_LATE_MS: Final = 2_000
# Board time may differ from what was expected after a pause by this much, and the boot be the same.
_SAME_CLOCK_MS: Final = 1_000


class _Phase(Enum):
    DOWN = "the pipe is closed"
    HELLO = "saying hello"
    LEARNING = "asking what the board is"
    LIVE = "everything is known"
    FAULTY = "the board contradicts itself"


class BoardLink:
    """The link with one board (docs/reference/wire.md, 3). Pure; lives as long as the gateway knows the board.

    ``now_ns`` is gateway time and never goes back. After each call of a method that takes it, the owner takes
    ``data_to_send()`` and ``events()``, and calls ``tick`` not later than ``next_deadline()``.
    """

    def __init__(self, *, board: str, random_boot_id: Callable[[], int], new_stream_id: Callable[[], str]) -> None:
        """``board`` is the id that streams carry; ``random_boot_id`` gives 32 random bits; ``new_stream_id`` an id that
        was never used."""
        self._events: list[LinkEvent] = []
        self._first = bytearray()  # stops
        self._out = bytearray()
        self._now_ns = 0
        self._phase = _Phase.DOWN
        self._blocked = ""
        self._reason = ""
        self._shown: tuple[BoardState, str] = (BoardState.DOWN, "")
        self._boots = Boots(random_boot_id)
        self._faults = Faults()
        # Ids start anywhere: this gateway's first STOP shall not have the id of another gateway's last (3.4).
        self._desk = Desk(self._boots.boot_id & 0xFFFF, self._events.append, self._faults)
        self._streams = Streams(board, new_stream_id, self._events.append)
        self._wishes = Wishes()
        # Of one connection
        self._decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
        self._pulse = Pulse(0)
        self._hello_ns = 0
        self._beat_ns = 0
        self._health_ns = 0
        # Of one boot
        self._hello: m.BoardHello | None = None
        self._cached: tuple[tuple[int, int], Descriptor] | None = None  # by size and CRC
        self._fresh_boot = True
        self._log = LogText()
        self._clock = BoardClock()
        self._clock_doubtful = False
        self._learned: Learned | None = None
        self._known: Known | None = None
        self._requests: Requests | None = None
        self._stopped = False
        self._watchdog = False
        self._held = deque[m.Samples | m.Irregular](maxlen=_MAX_HELD)
        self._mode_replied_ns: dict[int, int] = {}

    # The pipe

    def connection_made(self, now_ns: int) -> None:
        """The byte pipe is open: begin to say hello."""
        self._decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
        self._pulse = Pulse(now_ns)
        self._reason = ""
        # Whatever stands before it on the line ends here (1.1).
        self._out += b"\0"
        self._greet(now_ns)
        self.tick(now_ns)

    def connection_lost(self, now_ns: int, reason: str) -> None:
        """The byte pipe is gone: the state becomes ``down`` with this reason, and all that is pending fails at once
        (``offline`` if it was never sent, else ``unknown_outcome``). Streams go on if the same boot comes back."""
        self._now_ns = now_ns
        self._phase = _Phase.DOWN
        self._reason = reason
        self._blocked = ""
        self._desk.fail_all("the board's port is gone", stops=True)
        self._first.clear()
        self._out.clear()
        self._held.clear()
        self._show()

    def receive_data(self, now_ns: int, data: bytes) -> None:
        """Bytes from the board, in any pieces. Never raises, whatever they are."""
        if self._phase is _Phase.DOWN:
            return
        self._now_ns = now_ns
        self._pulse.received(now_ns, data)
        for item in self._decoder.receive(data):
            if isinstance(item, Damage):
                self._damage(item)
                continue
            self._pulse.frame(now_ns)
            message = m.parse_from_board(item.body)
            fault = message if isinstance(message, m.Fault) else self._take(message)
            if fault:
                self._faults.add(fault)
        self._go_on()

    def tick(self, now_ns: int) -> None:
        """Do what is due."""
        if self._phase is _Phase.DOWN:
            return
        self._now_ns = now_ns
        if self._phase is _Phase.HELLO and now_ns >= self._hello_ns:
            self._say_hello()
        if self._phase in (_Phase.LEARNING, _Phase.LIVE) and now_ns >= self._beat_ns:
            self._beat()
        if any(PLAN in job.keys for job in self._desk.tick(now_ns)):
            # It is not known which streams run, nor in which mode the pin is: ask.
            self._desk.add(self._own(self._look_again(), harmless=True, deadline_ns=now_ns + _OWN_JOB_MS * _MS))
        self._go_on()

    def next_deadline(self) -> int | None:
        """Gateway time at which ``tick`` has something to do; None while the pipe is closed."""
        if self._phase is _Phase.DOWN:
            return None
        times = [self._desk.next_deadline(), self._pulse.next_deadline()]
        if self._phase is _Phase.HELLO:
            times.append(self._hello_ns)
        elif self._phase is not _Phase.FAULTY:
            times.append(self._beat_ns)
        return min((time for time in times if time is not None), default=None)

    def data_to_send(self) -> bytes:
        """Bytes to be written now, each once; a STOP comes first."""
        data = bytes(self._first + self._out)
        self._first.clear()
        self._out.clear()
        return data

    def events(self) -> list[LinkEvent]:
        """What happened since the last call, in order."""
        events = self._events[:]
        self._events.clear()
        return events

    def send(self, now_ns: int, handle: int, request: BoardRequest, deadline_ns: int) -> None:
        """Ask the board. Exactly one RequestDone or RequestFailed with this ``handle`` follows, not later than the
        first tick at or after ``deadline_ns``; it may be there at once. Requests for one channel are done in order."""
        self._now_ns = max(self._now_ns, now_ns)
        try:
            if isinstance(request, StopRequest) and self._phase is not _Phase.DOWN:
                self._desk.stop(self._now_ns, handle, deadline_ns)
            elif self._phase is not _Phase.LIVE or self._requests is None:
                raise RequestError(Reason.OFFLINE, f"the board is {self._shown[0]}", "ask again when it is live")
            else:
                plan, touched = self._requests.prepare(request, self._now_ns)
                self._desk.add(Job(handle, plan, touched, deadline_ns, isinstance(request, ReadRequest)))
        except RequestError as error:
            self._events.append(RequestFailed(handle, error))
        self._go_on()

    # Messages

    def _take(self, message: m.FromBoard) -> m.Fault | None:
        match message:
            case m.Samples() | m.Irregular():
                return self._samples(message)
            case m.Reply():
                self._reply(message)
            case m.BoardHeartbeat():
                return self._heartbeat(message)
            case m.BoardHello():
                self._heard(message)
            case m.Answer():
                self._desk.answer(message)
            case m.Log(text):
                self._say(self._log.receive(text), checked=True)
            case m.Counters():
                self._events.append(CountersReported(BoardCounters(**asdict(message))))
        return None

    def _heard(self, hello: m.BoardHello) -> None:
        if hello.wire != limits.WIRE_VERSION:
            self._blocked = f"the board speaks wire version {hello.wire}, this gateway {limits.WIRE_VERSION}"
            return
        heard = self._boots.hear(hello, greeting=self._phase in (_Phase.HELLO, _Phase.FAULTY))
        self._blocked = ""
        match heard:
            case Heard.ASKS:
                self._greet(self._now_ns)
                self._say_hello()
            case Heard.RESET:
                self._boot_lost(renew=False)
            case Heard.NEW | Heard.SAME:
                self._learn(hello, fresh=heard is Heard.NEW)
            case Heard.NOTHING:
                return

    def _heartbeat(self, message: m.BoardHeartbeat) -> m.Fault | None:
        sent_ns = self._desk.outbox.answered(("beat", message.stamp))
        if sent_ns is None:
            return m.Fault("unasked_answer", f"heartbeat {message.stamp}")
        if self._phase not in (_Phase.LEARNING, _Phase.LIVE):
            return None
        if message.boot_id != self._boots.boot_id:
            self._boot_lost(renew=True)
            return None
        if self._clock_doubtful and not self._clock.agrees(message.sent_us, self._now_ns, _SAME_CLOCK_MS * _MS):
            # The board says that the boot goes on, but its clock began anew: its answer to the first hello was lost.
            self._boot_lost(renew=True)
            return None
        self._clock_doubtful = False
        steps = self._clock.steps
        self._clock.exchange(sent_ns, message.received_us, message.sent_us, message.uncertainty_us, self._now_ns)
        self._flags(message.flags)
        self._go_live()
        if self._clock.steps != steps and self._known:
            self._streams.restart(self._known, self._clock, "clock", self._now_ns)
        if self._now_ns >= self._health_ns:
            self._health_ns = self._now_ns + _HEALTH_MS * _MS
            self._events.append(
                LinkHealth(
                    round_trip_ms=self._clock.round_trip_ns / _MS,
                    clock_error_ms=self._clock.error_ns / _MS,
                    clock_ppm=self._clock.ppm,
                    bad_frames=self._faults.total("bad_frame"),
                    resends=self._desk.outbox.resends,
                    watchdog=self._watchdog,
                )
            )
        return None

    def _reply(self, message: m.Reply) -> None:
        entry = self._desk.find(message)
        if entry is None or message.status == m.Status.PENDING:
            return
        if isinstance(entry.arguments, SetMode):
            self._mode_replied_ns[entry.arguments.channel] = self._now_ns
        self._desk.settle(entry, message, self._clock.to_ns)
        if message.status == m.Status.OK and (entry.op is None or isinstance(entry.arguments, ClearStop)):
            self._flags(m.FLAG_STOPPED if entry.op is None else 0)
        if message.status == m.Status.WRONG_BOOT and self._phase is _Phase.LIVE:
            self._boot_lost(renew=True)

    def _samples(self, message: m.Samples | m.Irregular) -> m.Fault | None:
        if self._phase is _Phase.LEARNING:
            self._held.append(message)
            return None
        if self._phase is not _Phase.LIVE or self._known is None:
            return None
        if isinstance(message, m.Samples):
            if self._streams.knows(message.stream):
                return self._streams.samples(message, self._clock)
            return m.Fault("unknown_stream", f"samples of stream {message.stream}")
        return self._irregular(self._known, message)

    def _irregular(self, known: Known, message: m.Irregular) -> m.Fault | None:
        number, mode = message.channel, message.mode
        if self._streams.mode_of(number) == mode:
            return self._streams.irregular(message, self._clock)
        form = known.form(number, mode) if number in known.channels else None
        records = unpack_records(form, message.records) if form else None
        if records is None:
            return m.Fault("unknown_stream", f"samples of channel {number} in mode {mode}")
        if self._now_ns < self._mode_replied_ns.get(number, -_NEVER) + _LATE_MS * _MS:
            self._streams.pass_over(message, len(records[0]))
            return None
        # The board changed the mode, or its reply to our command is still to come.
        known.set_mode(number, mode, claimed=False)
        known.refresh()
        self._changed("mode", {})
        if self._streams.mode_of(number) != mode:
            return m.Fault("unknown_stream", f"samples of channel {number} in mode {mode}")
        return self._streams.irregular(message, self._clock)

    def _damage(self, damage: Damage) -> None:
        self._faults.add(m.Fault("bad_frame", f"{damage.kind}, {len(damage.raw)} bytes"))
        self._streams.damage += 1
        if self._phase is _Phase.LIVE:
            self._say(damage.text, checked=False)

    # The boot

    def _greet(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._phase = _Phase.HELLO
        self._blocked = ""
        self._hello_ns = now_ns

    def _say_hello(self) -> None:
        self._desk.outbox.ask("hello", m.Hello(self._boots.boot_id))
        self._hello_ns = self._now_ns + limits.HELLO_REPEAT_MS * _MS

    def _beat(self) -> None:
        stamp = self._now_ns // 1_000 & _U32
        self._desk.outbox.ask(("beat", stamp), m.Heartbeat(self._boots.boot_id, stamp))
        self._beat_ns = self._now_ns + limits.HEARTBEAT_MS * _MS

    def _boot_lost(self, *, renew: bool) -> None:
        """The board was reset: nothing of the boot before counts."""
        if renew:
            self._boots.renew()
        self._desk.fail_all("the board was reset", stops=False)
        self._streams.end_all("boot", self._now_ns)
        self._greet(self._now_ns)
        self._reason = "the board was reset"
        self._say_hello()

    def _learn(self, hello: m.BoardHello, *, fresh: bool) -> None:
        """The boot is agreed on: ask what the board is."""
        crc = (hello.descriptor_bytes, hello.descriptor_crc)
        before = self._hello
        if before and (before.descriptor_crc, before.identity) != (hello.descriptor_crc, hello.identity):
            # Another sketch or another board: what was wished for the one before does not fit.
            self._wishes.clear()
        self._hello = hello
        self._phase = _Phase.LEARNING
        self._learned = None
        self._held.clear()
        self._fresh_boot = fresh or self._known is None
        self._clock_doubtful = not self._fresh_boot
        if self._fresh_boot:
            self._desk.fail_all("the board was reset", stops=False)
            self._streams.end_all("boot", self._now_ns)
            self._clock = BoardClock()
            self._log = LogText()
            self._mode_replied_ns.clear()
        self._desk.outbox.forget_questions()
        self._desk.outbox.boot_id = self._boots.boot_id
        self._flags(hello.flags)
        self._beat()
        cached = self._cached[1] if self._cached and self._cached[0] == crc else None
        self._desk.add(self._own(self._learning(crc, cached), harmless=True, deadline_ns=_NEVER))

    def _learning(self, crc: tuple[int, int], cached: Descriptor | None) -> Plan:
        try:
            self._learned = yield from learn(*crc, cached)
        except RequestError as error:
            self._phase = _Phase.FAULTY
            self._blocked = error.message
            return Receipt()
        self._cached = (crc, self._learned.descriptor)
        self._go_live()
        return Receipt()

    def _go_live(self) -> None:
        """Begin to decode samples, once everything is known, the clock too."""
        if self._phase is not _Phase.LEARNING or self._learned is None or self._hello is None or not self._clock.ready:
            return
        hello, learned = self._hello, self._learned
        cause = hello.reset_cause if hello.reset_cause < len(m.RESET_CAUSES) else 0
        version = ".".join(map(str, hello.firmware))
        firmware = Firmware(hello.wire, version, hello.identity, m.RESET_CAUSES[cause])
        known = self._known = Known(learned.descriptor, firmware)
        self._requests = Requests(known, self._clock, self._wishes, self._changed)
        self._phase = _Phase.LIVE
        self._reason = ""
        self._work_in(known, learned.modes, learned.streams)
        self._events.append(InfoChanged(known.info(), self._stopped))
        self._show()
        self._streams.follow(known, self._clock, "boot" if self._fresh_boot else "gap", self._now_ns)
        if self._fresh_boot and self._wishes.any():
            restore = self._requests.restore(self._now_ns)
            self._desk.add(self._own(restore, harmless=False, deadline_ns=self._now_ns + _OWN_JOB_MS * _MS))
        held = list(self._held)
        self._held.clear()
        for message in held:
            fault = self._samples(message)
            if fault:
                self._faults.add(fault)

    def _own(self, plan: Plan, *, harmless: bool, deadline_ns: int) -> Job:
        """A job of the link's: it has the board for itself."""
        return Job(None, plan, keys([], ALL, PLAN), deadline_ns, harmless)

    def _look_again(self) -> Plan:
        """Nobody knows what a rate or mode command did: ask for modes and streams."""
        modes = yield from learn_modes()
        streams = yield from learn_streams()
        if self._known:
            self._work_in(self._known, modes, streams)
            self._changed("rate", {})
        return Receipt()

    def _work_in(self, known: Known, modes: dict[int, ModeEntry], streams: list[StreamEntry]) -> None:
        known.modes = modes
        known.refresh()
        for entry in known.set_streams(streams):
            self._faults.add(m.Fault("bad_payload", f"stream {entry.stream} cannot be: format {entry.format}"))
        known.refresh()

    def _changed(self, cause: str, replaced: dict[int, int]) -> None:
        if self._known:
            self._events.append(InfoChanged(self._known.info(), self._stopped))
            self._streams.follow(self._known, self._clock, cause, self._now_ns, replaced)

    # Small things

    def _flags(self, flags: int) -> None:
        self._watchdog = bool(flags & m.FLAG_WATCHDOG)
        stopped = bool(flags & m.FLAG_STOPPED)
        if stopped != self._stopped:
            self._stopped = stopped
            self._events.append(StopChanged(stopped))

    def _say(self, text: str, *, checked: bool) -> None:
        if text:
            self._events.append(TextReceived(text, checked))

    def _go_on(self) -> None:
        """After every input: start what can start, fill what is to be sent, tell what changed."""
        if self._phase is not _Phase.DOWN:
            self._desk.advance()
            self._first += self._desk.outbox.pump_stops(self._now_ns, self._clock.round_trip_ns)
            self._out += self._desk.outbox.pump(self._now_ns, self._clock.round_trip_ns)
            for line in self._pulse.look(self._now_ns):
                self._say(line + "\n", checked=False)
        self._events.extend(self._faults.take())
        self._show()

    def _show(self) -> None:
        """Tell the state when it is another one."""
        shown = self._state()
        if shown != self._shown:
            self._shown = shown
            self._events.append(LinkState(*shown))

    def _state(self) -> tuple[BoardState, str]:
        if self._phase is _Phase.DOWN:
            return BoardState.DOWN, self._reason
        if self._blocked:
            return BoardState.BLOCKED, self._blocked
        if self._pulse.foreign:
            return BoardState.OTHER_SKETCH, OTHER_SKETCH_REASON
        if self._phase is not _Phase.LIVE:
            return BoardState.CONNECTING, self._reason
        return (BoardState.SILENT, SILENT_REASON) if self._pulse.silent else (BoardState.LIVE, "")
