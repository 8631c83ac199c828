"""The gateway's side of the wire, with every message in a test's hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import pytest

from ardugate.model import Mode
from ardugate.wire import limits, modes, ops
from ardugate.wire import messages as msg
from ardugate.wire.answers import ModeEntry, StreamEntry, parse_modes, parse_streams
from ardugate.wire.descriptor import Descriptor, PinRecord, parse_descriptor
from ardugate.wire.framing import Damage, Decoder, encode
from ardugate.wire.modes import RawForm
from ardugate.wire.records import unpack_records
from tests.conformance.transports import Transport

M = TypeVar("M", bound=msg.FromBoard)
D = TypeVar("D", bound=ops.DoneData)

# How finely time passes while the suite waits for a message: well below every time that it measures so.
STEP_S = 0.002
# And how finely while it waits for none: board times are exact however coarse the bench's steps are.
_COARSE_STEP_S = 0.01
# Less than this would be no time at all to a clock that counts cycles.
_FINEST_STEP_S = 0.0001
# A board's answer is on its way at once; a computer's serial driver, or a busy computer, may keep it for a while.
ANSWER_S = 1.0
# What a board says by itself has been said by then: 20 ms of samples, and the first sample of each irregular channel.
SETTLED_S = 0.25
# A reset, a bootloader that is deaf for two seconds and a sketch's setup().
BOOT_S = 6.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A message from the board, and when it was complete on the bench's clock (to ``STEP_S``)."""

    at: float
    message: msg.FromBoard


@dataclass(frozen=True, slots=True)
class Record:
    """One sample of an irregular stream."""

    channel: int
    mode: int
    seq: int
    t_us: int
    value: int | float | str


class Bench:
    """One board under test. ``heard`` keeps everything it said since the bench was made or ``forget`` was called."""

    def __init__(self, transport: Transport, output_pin: str = "D13") -> None:
        self.transport = transport
        self.heard: list[Heard] = []
        self.boot_id = 0
        self._output_pin = output_pin
        self._decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
        self._random = Random(transport.now())
        self._ids = itertools.count(self._random.randrange(65_536))
        self._streams = itertools.count(1)
        self._next_beat: float | None = None
        self._descriptor: Descriptor | None = None
        self._settling = True  # what stood on the line before the first good frame says nothing about this board
        self.baud = limits.LINE_RATES[0]  # this end's
        self.bad_frames = 0
        self.faults: list[msg.Fault] = []

    # ---- sending and hearing

    def send_raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self.transport.send(data)

    def send(self, message: msg.ToBoard) -> None:
        """One message in one frame."""
        self.send_raw(encode(msg.serialize(message), limits.MAX_LINE_TO_BOARD))

    def step(self, seconds: float = STEP_S) -> None:
        """Let a moment pass; a heartbeat is sent when it is due."""
        now = self.transport.now()
        if self._next_beat is not None and now >= self._next_beat:
            self._next_beat = max(self._next_beat + limits.HEARTBEAT_MS / 1_000, now)
            self.send(msg.Heartbeat(self.boot_id, round(now * 1e6) & 0xFFFFFFFF))
        data = self.transport.advance(seconds)
        at = self.transport.now()
        for found in self._decoder.receive(data):
            if isinstance(found, Damage):
                self.bad_frames += not self._settling
                continue
            self._settling = False
            message = msg.parse_from_board(found.body)
            if isinstance(message, msg.Fault):
                self.faults.append(message)
            else:
                self.heard.append(Heard(at, message))

    def set_baud(self, baud: int) -> None:
        """Go to another rate at this end of the line."""
        self.baud = baud
        self.transport.set_baud(baud)

    def settle_anew(self) -> None:
        """The line is at another rate: what was cut off, and garbage, say nothing about the board."""
        self._settling = True
        self._decoder = Decoder(limits.MAX_LINE_FROM_BOARD)
        self.send_raw(b"\0")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self.transport.now() + seconds
        while (left := end - self.transport.now()) > 0:
            self.step(min(max(left, _FINEST_STEP_S), _COARSE_STEP_S))

    def forget(self) -> None:
        """Begin a new page of ``heard``."""
        self.heard.clear()

    def all(self, kind: type[M]) -> list[M]:
        """Every message of a kind, in order."""
        return [entry.message for entry in self.heard if isinstance(entry.message, kind)]

    def await_message(
        self, kind: type[M], good: Callable[[M], bool] = lambda _: True, *, within_s: float = ANSWER_S
    ) -> M:
        """The next message of a kind that is good; fails when none comes in time."""
        return self.await_heard(kind, good, within_s=within_s)[1]

    def await_heard(
        self, kind: type[M], good: Callable[[M], bool] = lambda _: True, *, within_s: float = ANSWER_S
    ) -> tuple[float, M]:
        """The same, with the time at which it came."""
        at = len(self.heard)
        end = self.transport.now() + within_s
        while True:
            for entry in self.heard[at:]:
                at += 1
                if isinstance(entry.message, kind) and good(entry.message):
                    return entry.at, entry.message
            assert self.transport.now() < end, f"no such {kind.__name__} within {within_s} s; heard {self.heard[-8:]}"
            self.step()

    # ---- the conversation

    def fresh_boot_id(self) -> int:
        """32 random bits, never 0."""
        return self._random.randrange(1, 1 << 32)

    def hello(self, boot_id: int, wire: int = limits.WIRE_VERSION) -> msg.BoardHello:
        """Say hello until it is answered."""
        end = self.transport.now() + BOOT_S
        while True:
            self.send(msg.Hello(boot_id, wire))
            repeat = self.transport.now() + limits.HELLO_REPEAT_MS / 1_000
            at = len(self.heard)
            while self.transport.now() < repeat:
                self.step()
                for entry in self.heard[at:]:
                    match entry.message:
                        case msg.BoardHello() as answer if not answer.flags & msg.FLAG_UNASKED:
                            return answer
                        case _:
                            continue
            assert self.transport.now() < end, "the board does not answer HELLO"

    def begin(self) -> msg.BoardHello:
        """A fresh boot, with heartbeats from now on, nothing stopped and nothing in ``heard``."""
        self.boot_id = self.fresh_boot_id()
        answer = self.hello(self.boot_id)
        self.keep_alive()
        if answer.flags & msg.FLAG_STOPPED:
            self.done(ops.ClearStop(), ops.Done)
        self.wait(0.1)  # the first samples of all irregular channels
        self.forget()
        return answer

    def keep_alive(self) -> None:
        """Send a heartbeat now and every 250 ms from now on, whenever time passes."""
        self._next_beat = self.transport.now()

    def fall_silent(self) -> float:
        """Send no heartbeats any more."""
        self._next_beat = None
        return self.transport.now()

    def beat(self, boot_id: int | None = None, stamp: int = 0) -> msg.BoardHeartbeat:
        """One heartbeat and its answer."""
        self.send(msg.Heartbeat(self.boot_id if boot_id is None else boot_id, stamp))
        return self.await_message(msg.BoardHeartbeat, lambda answer: answer.stamp == stamp)

    def reset(self) -> None:
        """Pull the reset line. A board that cannot be reset by the suite leaves the test out."""
        if not self.transport.can_reset:
            pytest.skip("needs a reset of the board")
        self._next_beat = None
        self._settling = True  # a frame cut off, a bootloader's talk
        self.transport.reset()

    def query(self, what: int, arg: int = 0) -> bytes:
        """A question, and its answer's data."""
        self.send(msg.Query(what, arg))
        return self.await_message(msg.Answer, lambda answer: (answer.what, answer.arg) == (what, arg)).data

    def next_id(self) -> int:
        """The id of the next command."""
        return next(self._ids) % 65_536

    def count_ids_from(self, first: int) -> None:
        """Let the next command have this id."""
        self._ids = itertools.count(first)

    def frame(self, arguments: ops.Arguments, command_id: int | None = None, boot_id: int | None = None) -> msg.Command:
        """A COMMAND, not sent yet."""
        number = self.next_id() if command_id is None else command_id
        boot = self.boot_id if boot_id is None else boot_id
        return msg.Command(boot, number, ops.op_of(arguments), ops.serialize_arguments(arguments))

    def ask(self, message: msg.Command | msg.Stop) -> msg.Reply:
        """Send a command or a stop; its reply."""
        self.send(message)
        return self.await_message(msg.Reply, lambda reply: reply.id == message.id)

    def command(self, arguments: ops.Arguments) -> msg.Reply:
        """A new command; its reply."""
        return self.ask(self.frame(arguments))

    def done(self, arguments: ops.Arguments, kind: type[D]) -> D:
        """A new command that the board must do; what it says of it."""
        reply = self.command(arguments)
        assert msg.Status(reply.status) is msg.Status.OK, f"{arguments}: {msg.Status(reply.status).name}"
        data = ops.parse_done(ops.op_of(arguments), reply.data)
        assert isinstance(data, kind)
        return data

    # ---- what the board is made of

    def descriptor(self) -> Descriptor:
        """The board's descriptor (fetched once)."""
        if self._descriptor is None:
            parsed = parse_descriptor(self.descriptor_bytes())
            assert isinstance(parsed, Descriptor), parsed
            self._descriptor = parsed
        return self._descriptor

    def descriptor_bytes(self) -> bytes:
        """The descriptor as it comes, piece by piece."""
        data = b""
        while piece := self.query(msg.What.DESCRIPTOR, len(data)):
            data += piece
        return data

    def modes(self) -> list[ModeEntry]:
        """The whole list of modes."""
        entries: list[ModeEntry] = []
        while True:
            first = entries[-1].channel + 1 if entries else 0
            more = parse_modes(self.query(msg.What.MODES, first))
            assert more is not None
            if not more:
                return entries
            entries += more

    def streams(self) -> list[StreamEntry]:
        """The sampled streams that run."""
        entries = parse_streams(self.query(msg.What.STREAMS))
        assert entries is not None
        return entries

    def counters(self) -> msg.Counters:
        """The board's totals."""
        counters = msg.parse_counters(self.query(msg.What.COUNTERS))
        assert counters is not None
        return counters

    def pins(self, ability: str, *, locked: bool = False) -> list[PinRecord]:
        """The pins that can do something, the suite's own output first."""
        found = [
            pin
            for pin in self.descriptor().pins
            if ability in modes.abilities_from_bits(pin.abilities) and bool(pin.abilities & modes.LOCKED) == locked
        ]
        return sorted(found, key=lambda pin: pin.name != self._output_pin)

    def pin(self, ability: str) -> PinRecord:
        """One of them; a board without any leaves the test out."""
        if not (pins := self.pins(ability)):
            pytest.skip(f"this board has no pin with the ability {ability!r}")
        return pins[0]

    # ---- what tests do again and again

    def output(self) -> PinRecord:
        """The suite's digital output, made one, at its safe value."""
        pin = self.pin("output")
        self.done(ops.SetMode(pin.channel, modes.MODE_BY_NAME[Mode.OUTPUT].number), ops.ModeDone)
        return pin

    def read(self, channel: int) -> int:
        """A channel's raw value now."""
        return self.done(ops.Read(channel), ops.ReadDone).raw

    def set(self, channel: int, raw: int, ttl_ms: int = 0) -> ops.SetDone:
        """Set an output."""
        return self.done(ops.Set(channel, ttl_ms, raw), ops.SetDone)

    def start(self, hz: float, channels: int) -> tuple[StreamEntry, ops.StreamDone]:
        """End what runs, then start a sampled stream of so many analog pins."""
        pins = self.pins("analog")[:channels]
        if len(pins) < channels:
            pytest.skip(f"this board has less than {channels} analog pins")
        numbers = tuple(sorted(pin.channel for pin in pins))
        for pin in pins:
            self.end_streams()
            self.done(ops.SetMode(pin.channel, modes.MODE_BY_NAME[Mode.ANALOG].number), ops.ModeDone)
        number = self.next_stream()
        done = self.done(ops.SetStream(number, 0, round(self.descriptor().tick_hz / hz), numbers), ops.StreamDone)
        return StreamEntry(number, done.format, done.period_ticks, numbers), done

    def end_streams(self) -> None:
        """End every sampled stream."""
        for entry in self.streams():
            self.command(ops.SetStream(0, entry.stream, 0, ()))

    def next_stream(self) -> int:
        """A stream's number that was not used lately, and is not the start configuration's."""
        return 100 + next(self._streams) % 100

    def records(self, channel: int | None = None) -> list[Record]:
        """Every sample of irregular streams heard, in order."""
        found: list[Record] = []
        for message in self.all(msg.Irregular):
            if channel is not None and message.channel != channel:
                continue
            unpacked = unpack_records(self._form(message), message.records)
            assert unpacked is not None, f"records that do not add up: {message}"
            times, values = unpacked
            for k, t_us in enumerate(times):
                found.append(Record(message.channel, message.mode, message.seq + k, t_us, values[k]))
        return found

    def _form(self, message: msg.Irregular) -> RawForm:
        if message.mode != modes.DECLARED:
            form = modes.MODE_BY_NUMBER[message.mode].raw
            assert form is not None, f"a channel in mode {message.mode} has no values"
            return form
        channel = next(entry for entry in self.descriptor().channels if entry.channel == message.channel)
        return modes.declared_form(modes.TYPES[channel.type], channel.flags)


def later_by(later_us: int, earlier_us: int) -> int:
    """Board µs from one time to another, over the wrap."""
    return (later_us - earlier_us) & 0xFFFFFFFF
