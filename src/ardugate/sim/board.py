"""The simulated board's conversation with a gateway (docs/reference/wire.md, 3)."""

from __future__ import annotations

import zlib
from dataclasses import replace
from random import Random
from typing import Final, assert_never

from ardugate.sim.answers import answer
from ardugate.sim.calls import Calls
from ardugate.sim.channels import Channels, ChannelState, Outside
from ardugate.sim.commands import Eeprom, Machine, run
from ardugate.sim.line import ByteFaults
from ardugate.sim.mishaps import Mishap, Mishaps
from ardugate.sim.options import SimOptions
from ardugate.sim.replies import Execution, Replies
from ardugate.sim.sketches import make_sketch
from ardugate.sim.streams import BoardClock, Streams
from ardugate.sim.uno import START_HZ, TICK_HZ
from ardugate.sim.voice import Voice
from ardugate.wire import limits, ops
from ardugate.wire import messages as msg
from ardugate.wire.descriptor import serialize_descriptor
from ardugate.wire.framing import Damage, Decoder
from ardugate.wire.records import pack_records

_MS: Final = 1_000_000
_S: Final = 1_000_000_000

FIRMWARE: Final = (0, 1, 0)

# When time leaps (a computer that slept), signals are not looked at for every moment before this.
_LEAP_NS: Final = _S
_BURST_BYTES: Final = 24  # of a bootloader's talk or of noise: more than the longest frame would count once only
_POWER_ON: Final = msg.RESET_CAUSES.index("power-on")
_EXTERNAL: Final = msg.RESET_CAUSES.index("external")
_STOP_OP: Final = 0


class SimBoard:
    """A board that speaks docs/reference/wire.md, byte for byte. Pure: bytes and gateway time come in, bytes go out.

    It is switched on by the first call that gives it a time. Times never go back. ``executions`` holds every command
    that ran, over all boots; ``options`` is what it was made of.
    """

    def __init__(self, options: SimOptions | None = None) -> None:
        self.options = options or SimOptions()
        self.executions: list[Execution] = []
        # One source of chance for each purpose, so that a fault more does not change the signals.
        seed = self.options.seed
        self._sketch = make_sketch(self.options.sketch, self.options.name, Random(f"{seed} signals"))
        self._descriptor = b""
        self._inward = ByteFaults(self.options.faults, Random(f"{seed} in"))
        self._voice = Voice(self.options)
        self._eeprom = Eeprom(self.options.eeprom_identity)
        self._power_on_ns: int | None = None
        self._outside = Outside()
        self._looks: dict[int, tuple[int, int]] = {}  # (period, next time) of each signal that is looked at

    # ---- what the outside does

    def receive_data(self, now_ns: int, data: bytes) -> None:
        """Bytes from the gateway."""
        self.tick(now_ns)
        if self._voice.silent(now_ns) or now_ns < self._deaf_until_ns or self.options.other:
            return
        for found in self._decoder.receive(self._inward.apply(self._voice.line.inward(data))):
            if isinstance(found, Damage):
                self._voice.count(now_ns, bad_frames=1)
                continue
            self._voice.line.heard(now_ns)
            message = msg.parse_to_board(found.body)
            for _ in range(self._voice.by_chance_twice()):
                self._handle(message, now_ns)

    def tick(self, now_ns: int) -> None:
        """Let the board live until ``now_ns``."""
        if self._power_on_ns is None:
            self._switch_on(now_ns)
        self._looks = {number: (each[0], max(each[1], now_ns - _LEAP_NS)) for number, each in self._looks.items()}
        while (at_ns := self._next_event()) is not None and at_ns <= now_ns:
            self._live(at_ns)
        self._streams.advance(now_ns)

    def next_deadline(self) -> int | None:
        """When ``tick`` or ``data_to_send`` next has something to do, in gateway time; 0 for at once."""
        if self._power_on_ns is None:
            return 0
        times = (self._next_event(), self._voice.next_ns())
        return min((time for time in times if time is not None), default=None)

    def data_to_send(self, now_ns: int) -> bytes:
        """What the line has carried since the last call; all there is, on a pipe without a baud rate."""
        self.tick(now_ns)
        return self._voice.take(now_ns)

    def set_host_baud(self, now_ns: int, baud: int) -> None:
        """The other end of the line goes to this rate; what it hears or says at another than the board's is garbage."""
        self.tick(now_ns)
        self._voice.set_host_baud(now_ns, baud)

    def reset(self, now_ns: int) -> None:
        """Pull the reset line."""
        self.tick(now_ns)
        self._reset(now_ns, _EXTERNAL)

    def silence(self, now_ns: int, for_ns: int) -> None:
        """Let nothing pass on the line, either way, for so long; the board lives on."""
        self.tick(now_ns)
        self._voice.silence(now_ns + for_ns)

    def hang(self, now_ns: int, for_ns: int) -> None:
        """The sketch has not come round for so long that the board makes its outputs safe; ``for_ns`` later it does."""
        self.tick(now_ns)
        self._hang(now_ns, for_ns)

    def identifying(self) -> bool:
        """Whether the board shows itself to eyes."""
        return self._machine.eyes.until_ns is not None

    def set_volts(self, now_ns: int, pin: str, volts: float | None) -> None:
        """Put a voltage on an analog pin; None gives it back to its own signal. Raises KeyError."""
        self.tick(now_ns)
        self._outside.hold_volts(self._channels.named(pin).number, volts)

    def set_level(self, now_ns: int, name: str, level: bool | None) -> None:
        """Drive a digital pin, or press the button (True); None lets go of it. Raises KeyError."""
        self.tick(now_ns)
        state = self._channels.named(name)
        self._outside.hold_level(state.number, level)
        self._channels.look(state, now_ns)

    def output(self, name: str) -> int | float | str:
        """The raw value that an output really has, for tests. Raises KeyError."""
        return self._channels.named(name).raw

    def print_text(self, now_ns: int, text: str) -> None:
        """The sketch prints: log text, in as many pieces as it takes."""
        self.tick(now_ns)
        self._voice.log(text, now_ns)

    # ---- lives

    def _switch_on(self, now_ns: int) -> None:
        self._power_on_ns = now_ns
        self._mishaps = Mishaps(self.options, now_ns)
        looks = self._sketch.looks_hz | dict.fromkeys(self._sketch.levels, START_HZ)
        self._looks = {number: (_S // hz, now_ns) for number, hz in looks.items()}
        self._reset(now_ns, _POWER_ON)

    def _reset(self, t_ns: int, cause: int) -> None:
        self._cause = cause
        self._boot_id = 0
        self._clock = BoardClock(t_ns, self.options.drift_ppm)
        self._decoder = Decoder(limits.MAX_LINE_TO_BOARD)
        self._voice.reset(t_ns)
        self._fresh_machine()
        self._deaf_until_ns = t_ns + self.options.boot_ms * _MS
        if self.options.boot_ms:
            self._voice.babble(_BURST_BYTES, t_ns)
        self._hello_at_ns: int | None = None if self.options.other else self._deaf_until_ns

    def _fresh_machine(self) -> None:
        """The start configuration, without its streams: those wait for a boot id."""
        assert self._power_on_ns is not None
        name = self._eeprom.name or self._sketch.descriptor.name
        self._descriptor = serialize_descriptor(
            replace(self._sketch.descriptor, name=name, max_baud=self._voice.line.max_baud)
        )
        self._hung_until_ns: int | None = None
        self._channels = Channels(self._sketch, self._outside, self._power_on_ns, self._changed)
        self._streams = Streams(self._channels, self._clock, self._voice.line, self._samples)
        calls = Calls(self._sketch, self._channels)
        self._machine = Machine(self._channels, self._streams, self._clock, self._eeprom, calls, self._voice.line)
        self._replies = Replies()
        self._watchdog_ns: int | None = None
        self._watchdog_acted = False
        self._turn = 0

    def _begin(self, boot_id: int, t_ns: int) -> None:
        """A boot: the streams of the start configuration, and one sample of every irregular channel."""
        # What the outputs of the boot before made the sketch say is not news.
        for state in self._channels:
            if state.output:
                self._follow(state, t_ns)
        if self._sketch.status is not None:
            self._channels.by_number[self._sketch.status].raw = "ready"
        self._boot_id = boot_id
        self._watchdog_ns = t_ns + limits.WATCHDOG_MS * _MS
        self._looks = {number: (period_ns, t_ns + period_ns) for number, (period_ns, _) in self._looks.items()}
        for number, stream in enumerate(self._sketch.streams, 1):
            self._streams.start(number, 0, TICK_HZ // stream.hz, stream.channels, t_ns)
        for state in self._channels:
            if state.events:
                state.raw = self._channels.measure(state, t_ns)
                self._irregular(state, t_ns)
        self._voice.log(f"simulated board, seed {self.options.seed}\n", t_ns)

    # ---- what time does

    def _next_event(self) -> int | None:
        times = [
            self._hello_at_ns,
            self._mishaps.next_ns(),
            self._voice.line.next_ns(),
            self._watchdog_ns,
            self._hung_until_ns,
            self._machine.eyes.until_ns,
            self._voice.counters_due_ns if self._boot_id else None,
            self._machine.calls.next_ns(),
            self._channels.next_deadline(),
            self._streams.next_deadline(),
            min((next_ns for _, next_ns in self._looks.values()), default=None) if self._boot_id else None,
        ]
        return min((time for time in times if time is not None), default=None)

    def _live(self, t_ns: int) -> None:
        """Do what is due at ``t_ns``. Scans come first: they were taken before the rest happened."""
        self._streams.advance(t_ns)
        self._voice.turn(t_ns)
        for mishap in self._mishaps.due(t_ns):
            match mishap:
                case Mishap.SILENCE:
                    self._voice.silence(t_ns + int(self.options.silent_for_s * _S))
                case Mishap.CHATTER:
                    self._voice.babble(_BURST_BYTES, t_ns)
                case Mishap.OTHER_TEXT:
                    self._voice.put(f"{self.options.other}\r\n".encode(), t_ns)
                case Mishap.HANG:
                    self._hang(t_ns, int(self.options.hang_for_s * _S))
                case Mishap.RESET:
                    self._reset(t_ns, _EXTERNAL)
        if _due(self._hello_at_ns, t_ns):
            self._hello_at_ns = t_ns + limits.UNASKED_HELLO_MS * _MS
            # Whatever a bootloader said before costs nothing then.
            self._voice.put(b"\0", t_ns)
            self._hello(0, msg.FLAG_UNASKED, t_ns)
        self._channels.end_holds(t_ns)
        if _due(self._hung_until_ns, t_ns):
            self._hung_until_ns = None
        if _due(self._machine.eyes.until_ns, t_ns):
            self._machine.eyes.until_ns = None
        if _due(self._watchdog_ns, t_ns):
            self._watchdog_ns = None
            self._watchdog_acted = True
            self._machine.eyes.until_ns = None
            self._channels.link_lost(t_ns)
            self._streams.pause(t_ns)
        if self._boot_id:
            self._go_on(t_ns)
            self._look(t_ns)
            if _due(self._voice.counters_due_ns, t_ns):
                self._voice.send_counters(t_ns)

    def _hang(self, t_ns: int, for_ns: int) -> None:
        self._hung_until_ns = t_ns + for_ns
        self._machine.eyes.until_ns = None
        self._channels.make_safe(t_ns)
        self._voice.count(t_ns, starved_loops=for_ns // _S)

    def _look(self, t_ns: int) -> None:
        for number, (period_ns, next_ns) in self._looks.items():
            if next_ns <= t_ns:
                self._looks[number] = (period_ns, next_ns + period_ns)
                self._channels.look(self._channels.by_number[number], t_ns)

    # ---- what the gateway says

    def _handle(self, message: msg.ToBoard | msg.Fault, t_ns: int) -> None:
        match message:
            case msg.Fault():
                self._voice.count(t_ns, bad_frames=1)
            case msg.Hello():
                self._receive_hello(message, t_ns)
            case msg.Heartbeat():
                self._receive_heartbeat(message, t_ns)
            case msg.Query(what, arg):
                data = answer(what, arg, self._descriptor, self._channels, self._streams, self._voice.counters)
                self._voice.send(msg.Answer(what, arg, data), t_ns)
            case msg.Command():
                self._receive_command(message, t_ns)
            case msg.Stop(stop_id):
                self._receive_stop(stop_id, t_ns)
            case _:
                assert_never(message)

    def _receive_hello(self, hello: msg.Hello, t_ns: int) -> None:
        had = self._boot_id
        if hello.wire != limits.WIRE_VERSION or not hello.boot_id:
            self._hello(had, 0, t_ns)
            return
        if had not in (0, hello.boot_id):
            self._boot_id = 0
            before = self._channels
            self._fresh_machine()
            self._channels.keep_from(before)
        self._hello_at_ns = None
        self._hello(had, 0, t_ns)
        if not self._boot_id:
            self._begin(hello.boot_id, t_ns)

    def _receive_heartbeat(self, heartbeat: msg.Heartbeat, t_ns: int) -> None:
        sent_us = self._clock.us(self._voice.start_ns(t_ns))
        received_us = self._clock.us(t_ns)
        self._voice.send(
            msg.BoardHeartbeat(self._boot_id, heartbeat.stamp, received_us, sent_us, 0, self._flags()), t_ns
        )
        if not self._boot_id or heartbeat.boot_id != self._boot_id:
            return
        self._watchdog_ns = t_ns + limits.WATCHDOG_MS * _MS
        if missing := self._streams.resume(t_ns):
            self._voice.count(t_ns, overruns=missing)
        irregular = [state for state in self._channels if state.events]
        if irregular:
            state = irregular[self._turn % len(irregular)]
            self._turn += 1
            state.raw = self._channels.measure(state, t_ns)
            self._irregular(state, t_ns)

    def _receive_command(self, command: msg.Command, t_ns: int) -> None:
        if not self._boot_id or command.boot_id != self._boot_id:
            self._voice.send(msg.Reply(self._boot_id, command.id, msg.Status.WRONG_BOOT), t_ns)
        elif kept := self._replies.recall(command.id, self._boot_id):
            self._voice.send(kept, t_ns)
        else:
            status, data = run(self._machine, command, t_ns)
            self._executed(
                command.id, command.op, command.arguments, msg.Reply(self._boot_id, command.id, status, data), t_ns
            )

    def _go_on(self, t_ns: int) -> None:
        """The sketch's command goes on, or ends."""
        ended = self._machine.calls.go_on(t_ns, stopped=self._eeprom.stopped)
        if ended is not None:
            number, result = ended
            data = ops.serialize_done(ops.CallDone(self._clock.us(t_ns), result))
            self._voice.send(self._replies.end(msg.Reply(self._boot_id, number, msg.Status.OK, data)), t_ns)

    def _receive_stop(self, stop_id: int, t_ns: int) -> None:
        kept = self._replies.recall(stop_id, self._boot_id)
        if kept is not None and kept.status != msg.Status.STALE:
            self._voice.send(kept, t_ns)
            return
        self._eeprom.stopped = True
        self._machine.eyes.until_ns = None
        self._channels.stop(t_ns)
        data = ops.serialize_done(ops.Done(self._clock.us(t_ns)))
        self._executed(stop_id, _STOP_OP, b"", msg.Reply(self._boot_id, stop_id, msg.Status.OK, data), t_ns)

    def _executed(self, command_id: int, op: int, arguments: bytes, reply: msg.Reply, t_ns: int) -> None:
        self._replies.keep(reply)
        at_us = self._clock.us(t_ns)
        self.executions.append(Execution(self._boot_id, command_id, op, arguments, reply.status, at_us))
        self._voice.send(reply, t_ns)
        if op == ops.Op.LINE and reply.status == msg.Status.OK:
            self._voice.switch(reply, t_ns)

    # ---- what the board says

    def _flags(self) -> int:
        stopped = msg.FLAG_STOPPED if self._eeprom.stopped else 0
        hung = msg.FLAG_HUNG if self._hung_until_ns is not None else 0
        return stopped | hung | (msg.FLAG_WATCHDOG if self._watchdog_acted else 0)

    def _hello(self, boot_id: int, flags: int, t_ns: int) -> None:
        crc = zlib.crc32(self._descriptor)
        size = len(self._descriptor)
        flags |= self._flags()
        self._voice.send(msg.BoardHello(boot_id, FIRMWARE, self._cause, flags, self._eeprom.identity, size, crc), t_ns)

    def _changed(self, state: ChannelState, t_ns: int) -> None:
        if self._boot_id and state.events:
            self._irregular(state, t_ns)
        if state.output:
            self._follow(state, t_ns)

    def _follow(self, state: ChannelState, t_ns: int) -> None:
        """What the sketch does when one of its outputs has changed."""
        if self._sketch.on_output is None or state.declared is None or not isinstance(state.raw, int):
            return
        text = self._sketch.on_output(state.number, state.raw)
        if text is not None and self._sketch.status is not None:
            self._channels.say(self._channels.by_number[self._sketch.status], text, t_ns)

    def _irregular(self, state: ChannelState, t_ns: int) -> None:
        assert state.form is not None
        records = pack_records(state.form, [self._clock.us(t_ns)], [state.raw])
        if not self._voice.send(msg.Irregular(state.number, state.mode, state.seq, records), t_ns):
            self._voice.count(t_ns, edges=1)
        state.seq += 1

    def _samples(self, samples: msg.Samples, t_ns: int) -> None:
        self._voice.send(samples, t_ns)


def _due(at_ns: int | None, t_ns: int) -> bool:
    return at_ns is not None and at_ns <= t_ns
