"""The whole board library on this computer, under ASan and UBSan, with a fake Uno behind it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from ardugate.wire import ops
from ardugate.wire.framing import encode
from ardugate.wire.messages import (
    BoardHello,
    Command,
    Counters,
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
from tests.firmware.host import HostBoard
from tests.support.firmware import build_host

BOOT = 0x1234ABCD


@pytest.fixture
def board() -> Iterator[HostBoard]:
    with HostBoard(build_host("board")) as board:
        board.start()
        yield board


def _command(number: int, arguments: ops.Arguments, boot: int = BOOT) -> Command:
    return Command(boot, number, ops.op_of(arguments), ops.serialize_arguments(arguments))


def _replies(said: list[FromBoard]) -> list[tuple[int, int]]:
    return [(message.id, message.status) for message in said if isinstance(message, Reply)]


def test_each_hello_says_what_boot_id_it_had_before(board: HostBoard) -> None:
    board.go(0.1)
    before: list[int] = []
    for boot_id in (BOOT, BOOT, BOOT + 1):
        board.send(Hello(boot_id))
        before += [message.boot_id for message in board.go(0.05) if isinstance(message, BoardHello)]
    assert before == [0, BOOT, BOOT]


def test_of_hellos_in_one_breath_the_first_answer_tells_of_the_reset(board: HostBoard) -> None:
    board.go(0.1)
    board.send(Hello(BOOT), Hello(BOOT), Hello(BOOT))
    assert next(message.boot_id for message in board.go(0.1) if isinstance(message, BoardHello)) == 0


def test_without_a_boot_id_it_runs_no_command_and_sends_no_samples(board: HostBoard) -> None:
    board.send(_command(1, ops.SetMode(13, 4)))
    said = board.go(0.3)
    assert _replies(said) == [(1, Status.WRONG_BOOT)]
    assert not [message for message in said if isinstance(message, Samples | Irregular | Counters)]
    assert board.tell("output 13") == "in"


def test_a_repeated_command_runs_once_and_is_answered_from_memory(board: HostBoard) -> None:
    board.send(Hello(BOOT), _command(1, ops.SetMode(13, 4)), _command(2, ops.Set(13, 0, 1)))
    board.go(0.1)
    board.send(_command(2, ops.Set(13, 0, 1)))
    said = board.go(0.1)
    assert _replies(said) == [(2, Status.OK)]
    assert not [m for m in said if isinstance(m, Irregular) and m.channel == 13 and m.seq > 2]


def test_the_packed_values_are_those_of_the_converter(board: HostBoard) -> None:
    for channel in range(6):
        board.tell(f"analog {channel} {channel * 200 + 3}")
    board.send(Hello(BOOT), Heartbeat(BOOT, 0))
    first = next(message for message in board.go(0.1) if isinstance(message, Samples))
    assert first.packed[:9] == bytes([3, 203, 147, 91, 0b10_01_00_00, 35, 235, 3, 203])


def test_a_new_boot_id_puts_the_start_configuration_back(board: HostBoard) -> None:
    board.send(Hello(BOOT), _command(1, ops.SetMode(13, 4)), _command(2, ops.Set(13, 0, 1)))
    board.go(0.1)
    assert board.tell("output 13") == "1"
    board.send(Hello(BOOT + 1))
    board.go(0.1)
    assert board.tell("output 13") == "in"


def test_a_line_that_takes_nothing_stops_no_stop(board: HostBoard) -> None:
    board.send(Hello(BOOT), _command(1, ops.SetMode(13, 4)), _command(2, ops.Set(13, 0, 1)))
    board.go(0.1)
    board.tell("silent_line 1")
    board.go(0.5)
    board.send(Stop(9))
    board.go(0.05)
    assert board.tell("output 13") == "0"


def test_edges_beyond_its_queue_are_counted_and_use_up_their_numbers(board: HostBoard) -> None:
    board.send(Hello(BOOT), Heartbeat(BOOT, 0))
    board.go(0.1)
    board.tell("silent_line 1")
    for turn in range(60):
        board.tell(f"input 5 {turn & 1 ^ 1}")
        board.go(0.0015)
    board.tell("silent_line 0")
    board.send(Heartbeat(BOOT, 1), Query(3, 0))
    said = board.go(1.2)
    lost = [message.edges_lost for message in said if isinstance(message, Counters)][-1]
    assert lost > 0
    edges = [message for message in said if isinstance(message, Irregular) and message.channel == 5]
    came = sum(len(message.records) // 5 for message in edges)
    numbers = edges[-1].seq + len(edges[-1].records) // 5
    assert came + lost == numbers - 1  # the first came at the beginning of the boot


def test_no_input_makes_it_fail_or_moves_a_pin(board: HostBoard) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    board.send(Hello(BOOT))
    for _ in range(300):
        size = dice.randrange(1, 42)
        kind = dice.random()
        if kind < 0.3:
            data = dice.randbytes(size)
        elif kind < 0.6:
            data = encode(bytes([dice.randrange(1, 8)]) + dice.randbytes(size), 48)
        else:
            # Commands that are well formed as far as their boot id, with any operation and any arguments but `set`.
            any_op = bytes([dice.choice([0, 2, 3, 4, 5, 6, 7, 8, 255])])
            head = serialize(Command(BOOT, dice.randrange(2**16), 0, b""))[:7]
            data = encode(head + any_op + dice.randbytes(size % 30), 48)
        board.send_bytes(data)
        board.go(0.01)
    board.send_bytes(b"\0")
    board.send(Heartbeat(BOOT, 0), Query(3, 0))
    assert board.go(0.5)
    assert board.damage == 0
    levels = {board.tell(f"output {pin}") for pin in range(20)}
    assert levels <= {"in", "0"}


def test_every_frame_that_fits_has_an_answer_after_noise(board: HostBoard) -> None:
    messages: list[ToBoard] = [Hello(BOOT), Query(2, 0), Stop(4)]
    board.send_bytes(bytes(range(1, 256)) * 4 + b"\0")
    board.go(0.2)
    board.send(*messages)
    said = board.go(0.2)
    assert [message.boot_id for message in said if isinstance(message, BoardHello)] == [0]
    assert _replies(said) == [(4, Status.OK)]
