"""One board's conversation: bytes and gateway time come in; bytes, events and deadlines go out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link import events as ev
from ardugate.link.boots import Boots, Heard
from ardugate.link.clock import BoardClock
from ardugate.link.desk import OWN_JOB_MS, Desk
from ardugate.link.doubt import Doubt
from ardugate.link.faults import Faults
from ardugate.link.health import Health
from ardugate.link.intake import Intake
from ardugate.link.jobs import PLAN, Job, Plan
from ardugate.link.known import Known
from ardugate.link.learn import Learned, Learner, Lists, learn_lists
from ardugate.link.outgoing import Outgoing
from ardugate.link.phase import Phase, shown
from ardugate.link.printed import PrintedNumbers
from ardugate.link.pulse import Pulse
from ardugate.link.requests import Requests, Wishes
from ardugate.link.rhythm import Rhythm
from ardugate.link.streams import Streams
from ardugate.link.text import LogText
from ardugate.model import BoardCounters, BoardRequest, BoardState, ReadRequest, Receipt, StopRequest
from ardugate.wire import limits
from ardugate.wire import messages as m
from ardugate.wire.framing import Damage, Decoder
from ardugate.wire.ops import ClearStop, SetMode

_FOR_EVER_MS: Final = 1 << 40
_UNKNOWN: Final = -1  # a deadline that has to be worked out again


class BoardLink:
    """The link with one board (docs/reference/wire.md, 3). Pure; lives as long as the gateway knows the board.

    ``now_ns`` is gateway time and never goes back. After each call of a method that takes it, the owner takes
    ``data_to_send()`` and ``events()``, and calls ``tick`` not later than ``next_deadline()``.
    """

    def __init__(
        self,
        *,
        board: str,
        random_boot_id: Callable[[], int],
        new_stream_id: Callable[[], str],
        baud: int | None = None,
    ) -> None:
        """``board`` is the id that streams carry; ``random_boot_id`` gives 32 random bits; ``new_stream_id`` an id that
        was never used. ``baud`` is the line rate to go to and not beyond, None: as streams need it."""
        self._events: list[ev.LinkEvent] = []
        self._out = Outgoing()
        self._now_ns = 0
        self._deadline_ns: int | None = _UNKNOWN
        self._stirred = False  # by the present input: something may be due, or to be told
        self._phase = Phase.DOWN
        self._blocked = self._reason = ""
        self._shown: tuple[BoardState, str] = (BoardState.DOWN, "")
        self._boots = Boots(random_boot_id)
        self._faults = Faults()
        # Ids start anywhere: this gateway's first STOP shall not have the id of another gateway's last (3.4).
        self._desk = Desk(self._boots.boot_id & 0xFFFF, self._events.append, self._faults, baud, self._switched)
        self._line = self._desk.line
        self._rhythm = Rhythm(self._desk.outbox, self._line, self._boots)
        self._streams = Streams(board, new_stream_id, self._events.append)
        self._doubt = Doubt(OWN_JOB_MS)
        self._intake = Intake(self._streams, lambda: self._changed("mode", {}), self._doubt.arise)
        self._health = Health(self._events.append)
        self._wishes = Wishes()
        self._learner = Learner()
        # Of one connection
        self._decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
        self._pulse = Pulse(0)
        self._printed = PrintedNumbers(board, new_stream_id, self._events.append)
        # Of one boot
        self._fresh_boot, self._clock_doubtful = True, False
        self._log = LogText()
        self._clock = BoardClock()
        self._learned: Learned | None = None
        self._known: Known | None = None
        self._requests: Requests | None = None

    def connection_made(self, now_ns: int, baud: int | None = None) -> None:
        """The byte pipe is open: begin to say hello. ``baud`` is its line's rate, None where it has none."""
        self._clock.line(baud)
        self._decoder, self._pulse = Decoder(limits.MAX_LINE_FROM_BOARD), Pulse(now_ns)
        self._reason = ""
        self._line.open(now_ns, baud)
        # Whatever stands before it on the line ends here (1.1).
        self._out.rest += b"\0"
        self._greet(now_ns)
        self.tick(now_ns)

    def connection_lost(self, now_ns: int, reason: str) -> None:
        """The byte pipe is gone: the state becomes ``down`` with this reason, and all that is pending fails at once
        (``offline`` if it was never sent, else ``unknown_outcome``). Streams go on if the same boot comes back."""
        self._at(now_ns)
        self._phase, self._reason, self._blocked = Phase.DOWN, reason, ""
        self._desk.fail_all("the board's port is gone", stops=True)
        self._out.clear()
        self._intake.clear()
        self._printed.end("boot", now_ns)
        self._show()

    def receive_data(self, now_ns: int, data: bytes) -> bool:
        """Bytes from the board, in any pieces. Never raises, whatever they are. False: nothing came of this piece."""
        if self._phase is Phase.DOWN:
            return False
        self._at(now_ns)
        found = self._decoder.receive(data)
        if not found or isinstance(found[0], Damage):
            self._pulse.received(now_ns, data)
        if not found and self._phase is Phase.LIVE:
            return False  # a fast line brings a frame in ten pieces
        self._stirred = self._shown[0] is not BoardState.LIVE
        for item in found:
            if isinstance(item, Damage):
                self._damage(item)
                continue
            self._pulse.frame(now_ns)
            self._line.good_frame(now_ns)
            message = m.parse_from_board(item.body)
            if fault := message if isinstance(message, m.Fault) else self._take(message):
                self._faults.add(fault)
        if self._stirred or self._faults.fresh:
            self._go_on()
        return True

    def tick(self, now_ns: int) -> None:
        """Do what is due."""
        if self._phase is Phase.DOWN:
            return
        self._at(now_ns)
        self._rhythm.tick(self._phase, now_ns)
        if self._phase is Phase.LIVE and self._doubt.due(now_ns):
            self._desk.own(self._look_again(), harmless=True)
        self._go_on()

    def next_deadline(self) -> int | None:
        """Gateway time at which ``tick`` may have something to do; None while the pipe is closed."""
        if self._phase is Phase.DOWN:
            return None
        if self._deadline_ns == _UNKNOWN:
            times = (self._desk.next_deadline(), self._pulse.next_deadline(), self._rhythm.next_deadline(self._phase))
            self._deadline_ns = min(filter(None, times), default=None)
        return self._deadline_ns

    def data_to_send(self) -> bytes:
        """Bytes to be written now, each once; a STOP comes first."""
        return self._out.take()

    def events(self) -> list[ev.LinkEvent]:
        """What happened since the last call, in order."""
        events, self._events[:] = self._events[:], []
        return events

    def stop_ahead(self, now_ns: int) -> bytes:
        """A STOP's bytes, to be written before :meth:`send` gives up what waits for it: that takes time."""
        return b"" if self._phase is Phase.DOWN else self._desk.outbox.stop_now(now_ns, self._clock.round_trip_ns)

    def send(self, now_ns: int, handle: int, request: BoardRequest, deadline_ns: int) -> None:
        """Ask the board. Exactly one RequestDone or ev.RequestFailed with this ``handle`` follows, not later than the
        first tick at or after ``deadline_ns``; it may be there at once. Requests for one channel are done in order."""
        self._at(now_ns)
        try:
            if isinstance(request, StopRequest) and self._phase is not Phase.DOWN:
                self._desk.stop(handle, deadline_ns)
            elif self._phase is not Phase.LIVE or self._requests is None:
                raise RequestError(Reason.OFFLINE, f"the board is {self._shown[0]}", "ask again when it is live")
            else:
                plan, touched = self._requests.prepare(request, self._now_ns)
                self._desk.add(Job(handle, plan, touched, deadline_ns, isinstance(request, ReadRequest)))
        except RequestError as error:
            self._events.append(ev.RequestFailed(handle, error))
        self._go_on()

    def restart_streams(self, now_ns: int, cause: str) -> None:
        """End each stream; its successor goes on where it is."""
        self._at(now_ns)
        self._printed.restart(cause, self._now_ns)
        if self._known and self._streams.any():
            self._streams.restart(self._known, self._clock, cause, self._now_ns)

    # Messages

    def _take(self, message: m.FromBoard) -> m.Fault | None:
        if isinstance(message, m.Samples | m.Irregular):
            # Of a live board these change nothing else: what is due stays due when it was, and has its tick.
            return self._samples(message)
        self._stirred = True
        match message:
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
                self._events.append(ev.CountersReported(BoardCounters(**asdict(message))))
        return None

    def _heard(self, hello: m.BoardHello) -> None:
        if hello.wire != limits.WIRE_VERSION:
            self._blocked = f"the board speaks wire version {hello.wire}, this gateway {limits.WIRE_VERSION}"
            return
        heard = self._boots.hear(hello, greeting=self._phase in (Phase.HELLO, Phase.FAULTY))
        self._blocked = ""
        match heard:
            case Heard.ASKS:
                self._greet(self._now_ns)
                self._rhythm.hello(self._now_ns)
            case Heard.RESET:
                self._boot_lost(renew=False)
            case Heard.NEW | Heard.SAME:
                self._learn(hello, fresh=heard is Heard.NEW)
            case Heard.NOTHING:
                pass

    def _heartbeat(self, message: m.BoardHeartbeat) -> m.Fault | None:
        sent_ns = self._desk.outbox.answered(("beat", message.stamp))
        if sent_ns is None:
            return m.Fault("unasked_answer", f"heartbeat {message.stamp}")
        self._line.beat_answered(sent_ns, self._now_ns)
        if self._phase not in (Phase.LEARNING, Phase.LIVE):
            return None
        known = not self._clock_doubtful or self._clock.agrees(message.sent_us, self._now_ns)
        if message.boot_id != self._boots.boot_id or not known:
            # Not known: the boot is said to go on, but its clock began anew; its answer to the first hello was lost.
            self._boot_lost(renew=True)
            return None
        self._clock_doubtful = False
        steps = self._clock.steps
        self._clock.exchange(sent_ns, message.received_us, message.sent_us, message.uncertainty_us, self._now_ns)
        self._health.flags(message.flags)
        self._go_live()
        if self._clock.steps != steps:
            self.restart_streams(self._now_ns, "clock")
        self._health.report(self._now_ns, self._clock, self._faults.total("bad_frame"), self._desk.outbox.resends)
        return None

    def _reply(self, message: m.Reply) -> None:
        entry = self._desk.find(message)
        if entry is None or message.status == m.Status.PENDING:
            return
        if isinstance(entry.arguments, SetMode):
            self._intake.mode_replied(entry.arguments.channel, self._now_ns)
        self._desk.settle(entry, message, self._clock.to_ns)
        if message.status == m.Status.OK and (entry.op is None or isinstance(entry.arguments, ClearStop)):
            self._health.stop(latched=entry.op is None)
        if message.status == m.Status.WRONG_BOOT and self._phase is Phase.LIVE:
            self._boot_lost(renew=True)

    def _samples(self, message: m.Samples | m.Irregular) -> m.Fault | None:
        if self._phase is Phase.LEARNING:
            self._intake.hold(message)
            return None
        if self._phase is not Phase.LIVE or self._known is None:
            return None
        return self._intake.take(message, self._known, self._clock, self._now_ns)

    def _damage(self, damage: Damage) -> None:
        self._faults.add(m.Fault("bad_frame", f"{damage.kind}, {len(damage.raw)} bytes"))
        self._streams.damage += 1
        self._line.bad_frame(damage, self._now_ns)
        if self._phase is Phase.LIVE:
            self._say(damage.text, checked=False)

    # The boot

    def _greet(self, now_ns: int) -> None:
        self._at(now_ns)
        self._phase, self._blocked = Phase.HELLO, ""
        self._rhythm.greet(now_ns)

    def _switched(self, baud: int, why: str) -> None:
        """This end goes to another line rate: what was begun at the one before is cut off, and asked again at once."""
        self._events.append(ev.LineChanged(baud, why))
        self._clock.line(baud)
        self._decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
        self._pulse.rate_changed()
        self._desk.outbox.rate_changed(self._now_ns)
        self._out.rest += b"" if self._line.listening else b"\0"
        self._rhythm.at_once(self._phase, self._now_ns)

    def _boot_lost(self, *, renew: bool) -> None:
        """The board was reset: nothing of the boot before counts."""
        if renew:
            self._boots.renew()
        self._desk.fail_all("the board was reset", stops=False)
        self._streams.end_all("boot", self._now_ns)
        self._greet(self._now_ns)
        self._reason = "the board was reset"
        self._rhythm.lost(self._now_ns)

    def _learn(self, hello: m.BoardHello, *, fresh: bool) -> None:
        """The boot is agreed on: ask what the board is."""
        if not self._learner.same_board(hello):
            # Another sketch or another board: what was wished for the one before does not fit.
            self._wishes.clear()
        self._phase, self._learned = Phase.LEARNING, None
        self._doubt.settle(self._now_ns)
        self._intake.clear()
        self._fresh_boot = fresh or self._known is None
        self._clock_doubtful = not self._fresh_boot
        if self._fresh_boot:
            self._desk.fail_all("the board was reset", stops=False)
            self._streams.end_all("boot", self._now_ns)
            self._clock = BoardClock(self._line.baud)
            self._log = LogText()
            self._intake.begin()
        self._desk.outbox.forget_questions()
        self._desk.outbox.boot_id = self._boots.boot_id
        self._health.flags(hello.flags)
        self._rhythm.beat(self._now_ns)
        self._desk.own(self._learning(hello), harmless=True, within_ms=_FOR_EVER_MS)

    def _learning(self, hello: m.BoardHello) -> Plan:
        try:
            self._learned = yield from self._learner.learn(hello)
        except RequestError as error:
            self._phase, self._blocked = Phase.FAULTY, error.message
        self._go_live()
        return Receipt()

    def _go_live(self) -> None:
        """Begin to decode samples, once everything is known, the clock too."""
        if self._phase is not Phase.LEARNING or self._learned is None or not self._clock.ready:
            return
        known = self._known = Known(self._learned.descriptor, self._learned.firmware)
        self._line.learned(known.descriptor.max_baud, fresh=self._fresh_boot)
        self._requests = Requests(known, self._clock, self._line, self._wishes, self._changed, self._learner.named)
        self._phase, self._reason = Phase.LIVE, ""
        self._work_in(known, self._learned.lists)
        self._events.append(ev.InfoChanged(known.info(), self._health.stopped))
        self._show()
        self._streams.follow(known, self._clock, "boot" if self._fresh_boot else "gap", self._now_ns)
        if self._fresh_boot and self._wishes.any():
            self._desk.own(self._requests.restore(self._now_ns), harmless=False)
        for message in self._intake.release():
            if fault := self._intake.take(message, known, self._clock, self._now_ns):
                self._faults.add(fault)

    def _look_again(self) -> Plan:
        """Nobody knows which modes and streams the board has: ask."""
        lists = yield from learn_lists()
        self._doubt.settle(self._now_ns)
        if self._known and self._work_in(self._known, lists):
            self._changed("rate", {})
        return Receipt()

    def _work_in(self, known: Known, lists: Lists) -> bool:
        before = (known.modes, known.streams)
        for entry in known.learn(lists):
            self._faults.add(m.Fault("bad_payload", f"stream {entry.stream} cannot be: format {entry.format}"))
        return before != (known.modes, known.streams)

    def _changed(self, cause: str, replaced: dict[int, int]) -> None:
        if self._known:
            self._events.append(ev.InfoChanged(self._known.info(), self._health.stopped))
            self._streams.follow(self._known, self._clock, cause, self._now_ns, replaced)

    def _at(self, now_ns: int) -> None:
        self._now_ns = self._desk.now_ns = max(self._now_ns, now_ns)

    def _say(self, text: str, *, checked: bool) -> None:
        if text:
            self._events.append(ev.TextReceived(text, checked))

    def _go_on(self) -> None:
        """After every input: start what can start, fill what is to be sent, tell what changed."""
        self._deadline_ns = _UNKNOWN
        if self._phase is not Phase.DOWN:
            # What is late is given up before anything is sent; after that it may be unknown which streams run.
            if any(PLAN in job.keys for job in self._desk.tick()):
                self._doubt.arise()
            self._line.tick(self._now_ns, self._pulse)
            if self._phase is Phase.LIVE and self._requests:
                self._desk.follow(self._requests.follow_line)
            self._desk.advance()
            self._out.first += self._desk.outbox.pump_stops(self._now_ns, self._clock.round_trip_ns)
            self._out.rest += self._desk.outbox.pump(self._now_ns, self._clock.round_trip_ns)
            self._printed.look(self._pulse, self._now_ns, self._line.baud)
        self._events.extend(self._faults.take())
        self._show()

    def _show(self) -> None:
        """Tell the state when it is another one."""
        now_shown = shown(self._phase, self._pulse, self._blocked, self._reason)
        if now_shown != self._shown:
            self._shown = now_shown
            self._events.append(ev.LinkState(*now_shown))
