"""A conversation with the sketch in the simulated chip, the chip's own clock in the hand."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ardugate.wire import ops
from ardugate.wire.descriptor import Descriptor
from ardugate.wire.framing import encode
from ardugate.wire.messages import (
    Command,
    FromBoard,
    Heartbeat,
    Hello,
    Irregular,
    Query,
    Reply,
    Samples,
    Status,
    Stop,
    ToBoard,
    serialize,
)
from ardugate.wire.samples import Format, value_count
from tests.support.chip import Chip
from tests.support.ear import Ear, fetch_descriptor
from tests.support.firmware import build

BOOT = 0x1234ABCD
HEARTBEAT_S = 0.2


class ChipBoard(Ear):
    """Speaks to one chip whose pace is ``stepped``; sends a heartbeat each 200 ms of its time unless told not to."""

    def __init__(self, chip: Chip) -> None:
        super().__init__()
        self.chip = chip
        self.beats = True
        self._next_id = 1

    def send(self, message: ToBoard) -> None:
        """One frame to the board."""
        self.chip.send(encode(serialize(message)))

    def go(self, seconds: float) -> list[FromBoard]:
        """Let time pass; what the board said meanwhile."""
        found: list[FromBoard] = []
        while seconds > 1e-9:
            step = min(seconds, HEARTBEAT_S)
            if self.beats:
                self.send(Heartbeat(BOOT, 0))
            found += self.listen(step)
            seconds -= step
        return found

    def listen(self, seconds: float) -> list[FromBoard]:
        """The same without a heartbeat."""
        return self.hear(self.chip.run(seconds))

    def boot(self) -> list[FromBoard]:
        """Give the board a boot id."""
        self.send(Hello(BOOT))
        return self.listen(0.05)

    def command(self, arguments: ops.Arguments) -> Reply:
        """Run one command; its reply."""
        self.post(arguments)
        replies = [message for message in self.listen(0.06) if isinstance(message, Reply)]
        assert len(replies) == 1
        return replies[0]

    def count_from(self, command_id: int) -> None:
        """Let the next command have this id."""
        self._next_id = command_id - 1

    def post(self, arguments: ops.Arguments) -> int:
        """Send one command; its id."""
        command = self.frame(arguments)
        self.send(command)
        return command.id

    def frame(self, arguments: ops.Arguments) -> Command:
        """The next command, not sent yet."""
        self._next_id += 1
        return Command(BOOT, self._next_id, ops.op_of(arguments), ops.serialize_arguments(arguments))

    def done(self, arguments: ops.Arguments) -> Reply:
        """Run one command that the board must do."""
        reply = self.command(arguments)
        assert reply.status == Status.OK, reply
        return reply


@contextmanager
def chip_board(elf: Path | None = None) -> Generator[ChipBoard]:
    """The shipped sketch, or another, 20 ms after power-on; no frame may be damaged while it is used."""
    with Chip(elf or build(), pace="stepped") as chip:
        board = ChipBoard(chip)
        board.listen(0.02)
        yield board
        assert board.damage == 0


def described(board: ChipBoard) -> Descriptor:
    """The board's descriptor."""

    def ask(query: Query) -> list[FromBoard]:
        board.send(query)
        return board.listen(0.06)

    return fetch_descriptor(ask)


def bools(said: list[FromBoard], channel: int) -> list[int]:
    """The values of a bool's irregular stream."""
    return [m.records[4] for m in said if isinstance(m, Irregular) and m.channel == channel]


def changes(said: list[FromBoard], channel: int) -> list[int]:
    """The same without those that repeat the one before."""
    values = bools(said, channel)
    return [value for at, value in enumerate(values) if at == 0 or values[at - 1] != value]


def lost_scans(said: list[FromBoard], stream: int, channels: int, packing: Format = Format.U10) -> tuple[int, int]:
    """Of a stream's SAMPLES: scans that came, and numbers that were left out between them."""
    came = lost = 0
    expected: int | None = None
    for message in said:
        if not isinstance(message, Samples) or message.stream != stream:
            continue
        count = value_count(packing, len(message.packed), channels)
        assert count is not None
        lost += 0 if expected is None else message.seq - expected
        expected = message.seq + count
        came += count
    return came, lost


def converse(chip: Chip) -> None:
    """A bit of everything, so that the stack goes as deep as it does."""
    board = ChipBoard(chip)
    board.listen(0.05)
    board.boot()
    for what in range(4):
        board.send(Query(what, 0))
        board.listen(0.05)
    board.done(ops.SetStream(2, 1, 16_000, (14, 15, 16, 17)))
    board.done(ops.SetStream(3, 0, 64_000, (2, 3, 4, 5, 6, 7, 8)))
    board.done(ops.SetMode(9, 5))
    board.done(ops.Set(9, 0, 100))
    board.command(ops.SetStream(4, 0, 100, (18,)))
    board.done(ops.Read(18))
    board.done(ops.SetIdentity(1))
    for pin in range(10, 13):
        chip.set_pin(f"D{pin}", level=True)
    board.go(1.0)
    board.send(Stop(500))
    board.go(0.5)
