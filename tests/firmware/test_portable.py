"""The board library as any processor but an AVR runs it: the Arduino API alone, and any Stream as the line.

The whole library and a sketch, compiled for this computer with a fake Arduino core. That the shipped sketch keeps to
the wire there is the conformance suite's business, which runs against it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ardugate.wire import ops
from ardugate.wire.descriptor import Descriptor
from ardugate.wire.messages import (
    Answer,
    BoardHello,
    Command,
    FromBoard,
    Heartbeat,
    Hello,
    Irregular,
    Log,
    Query,
    Reply,
    Samples,
    Status,
    Stop,
)
from ardugate.wire.samples import Format, value_count
from tests.firmware.host import HostBoard
from tests.support.ear import fetch_descriptor
from tests.support.firmware import ROOT, build_portable, check_portable

BOOT = 0x1234ABCD

# The line is a Stream of the sketch's own that does not know how much room it has, as most do not.
OWN_LINE = """
#include <Ardugate.h>

class Other : public Stream {
 public:
  int available() override { return SerialUSB.available(); }
  int read() override { return SerialUSB.read(); }
  int peek() override { return SerialUSB.peek(); }
  size_t write(uint8_t byte) override { return SerialUSB.write(byte); }
} other;

gate::Analog level("level", A1, "mm", 0, 1023);

void wait(int seconds) { delay(seconds * 1000UL); }

void setup() {
  Ardugate.line(other);
  Ardugate.allModes();
  Ardugate.command("wait(seconds)", wait);
  Ardugate.begin("tank");
}

void loop() { Ardugate.run(); }
"""


def _command(number: int, arguments: ops.Arguments) -> Command:
    return Command(BOOT, number, ops.op_of(arguments), ops.serialize_arguments(arguments))


def _started(program: Path) -> Iterator[HostBoard]:
    with HostBoard(program) as board:
        board.tell("start")
        board.send(Hello(BOOT))
        yield board
        assert board.damage == 0


@pytest.fixture
def greenhouse() -> Iterator[HostBoard]:
    yield from _started(build_portable(ROOT / "arduino" / "examples" / "greenhouse" / "greenhouse.ino"))


@pytest.fixture
def tank(tmp_path: Path) -> Iterator[HostBoard]:
    sketch = tmp_path / "tank.ino"
    sketch.write_text(OWN_LINE)
    yield from _started(build_portable(sketch))


@pytest.fixture
def pins() -> Iterator[HostBoard]:
    yield from _started(build_portable())


def _live(board: HostBoard, seconds: float) -> list[FromBoard]:
    """Time passes, with heartbeats."""
    said: list[FromBoard] = []
    for beat in range(round(seconds * 4)):
        board.send(Heartbeat(BOOT, beat))
        said += board.go(0.25)
    return said


def _descriptor(board: HostBoard) -> Descriptor:
    def ask(query: Query) -> list[FromBoard]:
        board.send(query)
        return board.go(0.02)

    return fetch_descriptor(ask)


def _reply(said: list[FromBoard], number: int) -> Reply:
    return next(message for message in reversed(said) if isinstance(message, Reply) and message.id == number)


def test_a_sketch_declares_itself_there_as_on_an_uno(greenhouse: HostBoard) -> None:
    said = _live(greenhouse, 0.5)
    assert b"ready" in b"".join(message.text for message in said if isinstance(message, Log))
    made = _descriptor(greenhouse)
    assert [(channel.name, channel.unit) for channel in made.channels] == [("pump", ""), ("soil", "%"), ("temp", "°C")]
    assert [command.name for command in made.commands] == ["water"]
    assert made.name == "greenhouse"
    pump = next(channel.channel for channel in made.channels if channel.name == "pump")
    greenhouse.send(_command(1, ops.Set(pump, 1500, 1)))
    assert _reply(_live(greenhouse, 0.25), 1).status == Status.OK
    assert greenhouse.tell("output 9") == "1"
    _live(greenhouse, 1.5)
    assert greenhouse.tell("output 9") == "0"


def test_a_command_that_delays_leaves_the_link_alive(tank: HostBoard) -> None:
    tank.send(_command(1, ops.Call(0, (3).to_bytes(4, "little"))))
    said = _live(tank, 2)
    assert _reply(said, 1).status == Status.PENDING
    assert len([message for message in said if isinstance(message, Samples)]) >= 2 * 20 - 2
    assert _reply(_live(tank, 1.5), 1).status == Status.OK


@pytest.mark.parametrize("mode", [6, 7, 8, 9], ids=["servo", "tone", "count", "frequency"])
def test_what_needs_an_avrs_timers_is_refused(tank: HostBoard, mode: int) -> None:
    tank.send(_command(1, ops.SetMode(9, mode)))
    assert _reply(_live(tank, 0.25), 1).status == Status.REFUSED


def test_any_stream_is_a_line_even_one_that_does_not_know_its_room(tank: HostBoard) -> None:
    tank.tell("analog 1 700")
    said = _live(tank, 1)
    samples = [message for message in said if isinstance(message, Samples)]
    assert {message.packed[0] | (message.packed[-1] & 3) << 8 for message in samples[2:]} == {700}


def test_a_stop_overtakes_and_is_obeyed_by_the_next_round_of_the_loop(pins: HostBoard) -> None:
    pins.send(_command(1, ops.SetMode(13, 4)), _command(2, ops.Set(13, 0, 1)))
    _live(pins, 0.25)
    assert pins.tell("output 13") == "1"
    pins.send(Stop(3))
    pins.go(0.003)
    assert pins.tell("output 13") == "0"


def test_the_stop_outlives_a_reset_where_the_sketch_lends_it_a_memory(pins: HostBoard) -> None:
    pins.send(Stop(1))
    pins.go(0.01)
    pins.tell("reset")
    pins.tell("start")
    pins.send(Hello(BOOT + 1))
    answer = next(message for message in pins.go(0.1) if isinstance(message, BoardHello) and not message.flags & 4)
    assert answer.flags & 1


def test_what_a_slow_loop_lets_pass_is_counted_to_the_scan(pins: HostBoard) -> None:
    pins.tell("loop_us 3300")  # of a scan each ms two in three come due too late to be taken
    pins.send(_command(1, ops.SetStream(2, 1, 16_000, (14, 15))))
    said = _live(pins, 2)
    pins.send(_command(2, ops.SetStream(0, 2, 0, ())), Query(3, 0))
    said += pins.go(0.1)
    assert [_reply(said, number).status for number in (1, 2)] == [Status.OK, Status.OK]
    frames = [message for message in said if isinstance(message, Samples) and message.stream == 2]
    taken = sum(value_count(Format.U10, len(message.packed), 2) or 0 for message in frames)
    due = frames[-1].seq + 1
    overruns = int.from_bytes(next(message for message in said if isinstance(message, Answer)).data[12:16], "little")
    assert due / 4 < taken < due / 2
    assert due - taken <= overruns <= due - taken + 4  # and those after the last that was taken
    assert len({message.t_us - message.seq * 1000 for message in frames}) == 1  # each has its own time


def test_edges_and_values_come_as_anywhere(pins: HostBoard) -> None:
    _live(pins, 0.5)
    pins.tell("input 4 1")
    edges = [message for message in pins.go(0.05) if isinstance(message, Irregular) and message.channel == 4]
    assert [message.records[-1] for message in edges] == [1]


def test_every_pin_has_its_name_and_what_the_core_says_of_it(pins: HostBoard) -> None:
    made = {pin.name: pin.abilities for pin in _descriptor(pins).pins}
    assert list(made) == [f"D{n}" for n in range(14)] + [f"A{n}" for n in range(8)]
    assert made["D1"] >> 15 == 1
    assert made["D3"] & 16
    assert not made["D4"] & 16
    assert made["A7"] & 8


EXAMPLES = sorted((ROOT / "arduino" / "examples").glob("*/*.ino"))


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_each_example_runs_on_other_boards_too(example: Path) -> None:
    for board in _started(build_portable(example)):
        assert _live(board, 0.5)
        assert _descriptor(board).name == example.stem


def test_it_compiles_by_the_standard_of_newer_cores() -> None:
    check_portable("gnu++20")
