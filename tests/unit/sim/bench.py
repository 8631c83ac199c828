"""A bench for a simulated board: a clock in the hand, messages in and out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeVar

from ardugate.sim import SimBoard, SimOptions, SketchName
from ardugate.wire import limits, ops
from ardugate.wire import messages as msg
from ardugate.wire.framing import Damage, Decoder, encode
from ardugate.wire.modes import RawForm
from ardugate.wire.records import Values, unpack_records

T0_NS: Final = 1_700_000_000_000_000_000
BOOT: Final = 0x1234
MS: Final = 1_000_000

M = TypeVar("M")


@dataclass
class Bench:
    """Plays the gateway. ``heard`` is everything that came; ``now_ns`` moves only by ``wait``."""

    board: SimBoard
    now_ns: int = T0_NS
    heard: list[msg.FromBoard] = field(default_factory=list[msg.FromBoard])
    damaged: list[Damage] = field(default_factory=list[Damage])
    _decoder: Decoder = field(default_factory=lambda: Decoder(limits.MAX_LINE_FROM_BOARD))
    _id: int = 0

    def collect(self) -> list[msg.FromBoard]:
        """What the board has said since the last time."""
        new = list[msg.FromBoard]()
        for found in self._decoder.receive(self.board.data_to_send(self.now_ns)):
            if isinstance(found, Damage):
                self.damaged.append(found)
                continue
            message = msg.parse_from_board(found.body)
            assert not isinstance(message, msg.Fault), message
            new.append(message)
        self.heard += new
        return new

    def say(self, message: msg.ToBoard) -> list[msg.FromBoard]:
        self.board.receive_data(self.now_ns, encode(msg.serialize(message), limits.MAX_LINE_TO_BOARD))
        return self.collect()

    def wait(self, ms: float, beat: bool = True) -> list[msg.FromBoard]:
        """Let time pass in steps of 10 ms, with a heartbeat every 250 ms if ``beat``."""
        new = list[msg.FromBoard]()
        end_ns = self.now_ns + int(ms * MS)
        while self.now_ns < end_ns:
            self.now_ns = min(self.now_ns + 10 * MS, end_ns)
            if beat and (self.now_ns - T0_NS) % (250 * MS) < 10 * MS:
                new += self.say(msg.Heartbeat(BOOT, 0))
            new += self.collect()
        return new

    def boot(self, boot_id: int = BOOT) -> list[msg.FromBoard]:
        self.collect()
        return self.say(msg.Hello(boot_id))

    def command(self, arguments: ops.Arguments, command_id: int | None = None) -> msg.Reply:
        """Run one command; its reply."""
        if command_id is None:
            self._id += 1
            command_id = self._id
        body = ops.serialize_arguments(arguments)
        replies = only(msg.Reply, self.say(msg.Command(BOOT, command_id, ops.op_of(arguments), body)))
        while not replies:  # a line with a baud rate takes its time
            self.now_ns += MS
            replies = only(msg.Reply, self.collect())
        (reply,) = replies
        assert reply.id == command_id
        return reply


def only(kind: type[M], messages: list[msg.FromBoard]) -> list[M]:
    """The messages of one kind."""
    return [message for message in messages if isinstance(message, kind)]


def values(messages: list[msg.FromBoard], channel: int, form: RawForm) -> list[tuple[int, int | float | str]]:
    """The samples (board time in µs, raw value) of one irregular stream."""
    found = list[tuple[int, int | float | str]]()
    for message in only(msg.Irregular, messages):
        if message.channel == channel:
            records = unpack_records(form, message.records)
            assert records is not None
            times, column = records
            typed: Values = column
            found += list(zip(times, typed, strict=True))
    return found


def plain(**options: object) -> Bench:
    """A board with the shipped sketch that has its boot id."""
    bench = Bench(SimBoard(SimOptions(sketch=SketchName.PLAIN, **options)))  # type: ignore[arg-type]
    bench.boot()
    return bench
