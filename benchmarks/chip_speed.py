"""The firmware at its converter's own speed, on the simulated ATmega328P: what it delivers, and what it still hears.

Part of ``chip``. All in the chip's own time; no figure depends on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.firmware.makers import maker
from tests.firmware.on_chip import BOOT, ChipBoard, chip_board
from tests.support.chip import CLOCK_HZ
from tests.support.firmware import symbol

from ardugate.wire import ops
from ardugate.wire.framing import encode
from ardugate.wire.messages import BoardHeartbeat, FromBoard, Heartbeat, Reply, Samples, Status, serialize
from ardugate.wire.samples import Format, unpack_scans
from benchmarks.measure import Fact, Result, Tail, after_least

A0, OUTPUT, STREAM = 14, 4, 2
SECONDS = 4.0
COMMANDS = 250
HEARTBEAT_S = 0.25  # as often as the gateway's
# A ramp of 5 V that lasts 128 conversions: the value of each then tells when it was, to an eighth of their period.
_COUNTS = 1_024
_COUNTS_A_STEP = 8
_CYCLES_A_US = CLOCK_HZ // 1_000_000
# A reply is on the line well before that; a gateway would wait for longer before it says a command again.
_ANSWER_S = 0.005
_STEP_S = 0.001
_COMMAND_RATES_HZ = (10, 20, 30, 50, 100)

# The shipped sketch, which counts how often its loop comes round: what the interrupts leave of the processor.
_COUNTING = """
volatile uint32_t turns;
void setup() {
  Ardugate.watchDigital();
  Ardugate.sampleAnalog(100);
  Ardugate.fast();
  Ardugate.allModes();
  Ardugate.begin();
}
void loop() {
  turns++;
  Ardugate.run();
}
"""


@dataclass(slots=True)
class Heard:
    """What came of the stream: its scans' values with their numbers, and the scans between that did not come."""

    values: list[int] = field(default_factory=list[int])
    numbers: list[int] = field(default_factory=list[int])
    lost: int = 0
    frames: int = 0
    _next: int | None = None

    def take(self, said: list[FromBoard]) -> None:
        """Look through what the board said."""
        for message in said:
            if not isinstance(message, Samples) or message.stream != STREAM:
                continue
            columns = unpack_scans(Format.U10, message.packed, 1)
            assert columns is not None
            self.lost += 0 if self._next is None else message.seq - self._next
            self._next = message.seq + len(columns[0])
            self.frames += 1
            self.values += map(int, columns[0])
            self.numbers += range(message.seq, self._next)


def measure() -> Iterator[Result]:
    """Each of the two fastest streams."""
    elf = maker(_COUNTING)
    for baud, ticks in ((1_000_000, 225), (2_000_000, 208)):
        name = f"{CLOCK_HZ / ticks:,.0f}/s at {baud // 1_000_000} Mbaud"
        yield from _stream(elf, name, baud, ticks)
        yield from _commands(elf, name, baud, ticks)


def _start(board: ChipBoard, baud: int, ticks: int) -> None:
    board.boot()
    board.listen(0.1)  # what a boot begins with has gone
    board.done(ops.SetMode(OUTPUT, 4))
    board.done(ops.SetLine(baud))
    board.send(Heartbeat(BOOT, 0))
    assert any(isinstance(message, BoardHeartbeat) for message in board.listen(0.01))


def _stream(elf: Path, name: str, baud: int, ticks: int) -> Iterator[Result]:
    with chip_board(elf) as board:
        board.chip.set_ramp("A0", 0.0, 5.0, _COUNTS // _COUNTS_A_STEP * ticks / CLOCK_HZ)
        _start(board, baud, ticks)
        turns_at = symbol(elf, "turns")
        idle = _turns(board, turns_at, 1.0, Heard())
        board.done(ops.SetStream(STREAM, 1, ticks, (A0,)))
        board.go(0.1)
        before = board.chip.line().from_chip
        heard = Heard()
        turns = _turns(board, turns_at, SECONDS, heard)
        sent = board.chip.line().from_chip - before
    yield Fact(f"{name}: samples a second delivered", "1/s", round(len(heard.values) / SECONDS))
    yield Fact(f"{name}: scans lost in {SECONDS:.0f} s", "", heard.lost)
    yield Fact(f"{name}: bytes on the line a sample, heartbeats included", "B", round(sent / len(heard.values), 3))
    share = 1 - turns / SECONDS / idle
    yield Fact(f"{name}: cycles a sample in all, of {ticks}", "cycles", round(share * ticks))
    places = [
        (value - _COUNTS_A_STEP * number) % _COUNTS for value, number in zip(heard.values, heard.numbers, strict=True)
    ]
    late = [place * ticks / _COUNTS_A_STEP for place in after_least(places, _COUNTS)]
    yield Tail(f"{name}: when a conversion is made, later than the earliest by", "cycles", late)


def _turns(board: ChipBoard, at: int, seconds: float, heard: Heard) -> int:
    began = int.from_bytes(board.chip.data(at, 4), "little")
    for _ in range(round(seconds / HEARTBEAT_S)):
        board.send(Heartbeat(BOOT, 0))
        heard.take(board.listen(HEARTBEAT_S))
    return int.from_bytes(board.chip.data(at, 4), "little") - began


@dataclass(slots=True)
class Said:
    """Commands that were sent, and what came of them."""

    sent: int = 0
    repeated: int = 0
    from_first_us: list[float] = field(default_factory=list[float])
    from_last_us: list[float] = field(default_factory=list[float])


def _commands(elf: Path, name: str, baud: int, ticks: int) -> Iterator[Result]:
    """At several rates of commands, heartbeats beside them: what they cost the stream, and how soon they are done."""
    for rate_hz in _COMMAND_RATES_HZ:
        with chip_board(elf) as board:
            _start(board, baud, ticks)
            board.done(ops.SetStream(STREAM, 1, ticks, (A0,)))
            board.go(0.1)
            heard, said = Heard(), Said()
            _command_at(board, rate_hz, heard, said)
        what = f"{name}, {rate_hz} `set`s a second"
        if rate_hz == _COMMAND_RATES_HZ[0]:
            yield Tail(f"{what}: first byte on the line → the pin", "µs", said.from_first_us)
            yield Tail(f"{what}: last byte on the line → the pin", "µs", said.from_last_us)
        yield Fact(f"{what}: said again, of {said.sent}", "", said.repeated)
        yield Fact(f"{what}: scans lost, of {len(heard.values) + heard.lost:,}", "", heard.lost)


def _command_at(board: ChipBoard, rate_hz: int, heard: Heard, said: Said) -> None:
    random = Random(1)
    byte_cycles = board.chip.line().byte_cycles
    beat_at = board.chip.stepped_to
    level = 0
    for _ in range(COMMANDS):
        due = board.chip.stepped_to + random.randrange(CLOCK_HZ // rate_hz // 2, CLOCK_HZ // rate_hz * 3 // 2)
        while (left := due - board.chip.stepped_to) > 0:
            if board.chip.stepped_to >= beat_at:
                beat_at += round(HEARTBEAT_S * CLOCK_HZ)
                board.send(Heartbeat(BOOT, 0))
            heard.take(board.listen(min(left, CLOCK_HZ // 100) / CLOCK_HZ))
        level = 1 - level
        line = encode(serialize(board.frame(ops.Set(OUTPUT, 0, level))))
        began = board.chip.stepped_to
        said.sent += 1
        again = 0
        while not _answered(board, line, heard):
            again += 1
        said.repeated += again
        (edge,) = board.chip.edges(OUTPUT, began)
        if not again:
            took = edge.cycle - began
            said.from_first_us.append(took / _CYCLES_A_US)
            said.from_last_us.append((took - len(line) * byte_cycles) / _CYCLES_A_US)


def _answered(board: ChipBoard, line: bytes, heard: Heard) -> bool:
    board.chip.send(line)
    for _ in range(round(_ANSWER_S / _STEP_S)):
        messages = board.listen(_STEP_S)
        heard.take(messages)
        if any(isinstance(message, Reply) and message.status == Status.OK for message in messages):
            return True
    return False
