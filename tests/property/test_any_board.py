"""No input makes the link fail: boards that lie in well-formed frames, and bytes without sense."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from ardugate.link.events import FaultCounted
from ardugate.model import ReadRequest
from ardugate.wire.framing import Decoder, Frame, encode
from ardugate.wire.limits import HELLO_REPEAT_MS
from ardugate.wire.messages import (
    Answer,
    BoardHeartbeat,
    BoardHello,
    Code,
    Command,
    Heartbeat,
    Hello,
    Query,
    Reply,
    Stop,
    parse_from_board,
    parse_to_board,
    serialize,
)
from tests.support.joined import MS, REQUESTS, Joined

FROM_BOARD = [code for code in Code if code >= Code.BOARD_HELLO]


def lie(random: Random, asked: list[object]) -> bytes:
    """A frame that passes its checks, and often answers what was asked, with nonsense."""
    data = random.randbytes(random.choice((0, 1, 4, 5, 12, 40)))
    question = random.choice(asked) if asked else None
    if random.random() < 0.6:
        match question:
            case Query(what, arg):
                return encode(serialize(Answer(what, arg, data)))
            case Command(boot_id, number, _, _):
                return encode(serialize(Reply(boot_id, number, random.randrange(18), data[:12])))
            case Stop(number):
                return encode(serialize(Reply(0, number, random.choice((0, 1, 15)), data[:12])))
            case Heartbeat(boot_id, stamp):
                received, answered = random.getrandbits(32), random.getrandbits(32)
                said = random.choice((boot_id, boot_id, 0))
                return encode(serialize(BoardHeartbeat(said, stamp, received, answered, 0, random.randrange(8))))
            case _:
                hello = BoardHello(
                    random.choice((0, 1)), (1, 2, 3), 9, random.randrange(8), 1, random.randrange(300), 5
                )
                return encode(serialize(hello))
    return encode(bytes([random.choice(FROM_BOARD)]) + data)


@pytest.mark.parametrize("seed", range(12))
def test_a_board_that_lies_is_counted_and_never_makes_the_link_fail(seed: int) -> None:
    random = Random(seed)
    both = Joined(seed=seed)
    both.live()
    # From here on the board's own bytes do not arrive; lies and noise do.
    both.to_link = lambda _: b""
    link, asked = both.link, list[object]()
    told = 0
    for step in range(1_500):
        both.now_ns += random.choice((0, 1, 20, 260)) * MS
        link.tick(both.now_ns)
        if random.random() < 0.1:
            both.ask(random.choice(REQUESTS))
        data = link.data_to_send()
        asked += [parse_to_board(item.body) for item in Decoder(48).receive(data) if isinstance(item, Frame)]
        del asked[:-6]
        bad = lie(random, asked) if random.random() < 0.9 else random.randbytes(random.randrange(300))
        link.receive_data(both.now_ns, bad)
        if random.random() < 0.01:
            both.unplug()
            both.plug()
        both.now_ns += 1
        both.collect()
        told += len(both.of(FaultCounted))
        both.events.clear()
        deadline = link.next_deadline()
        assert deadline is not None, step
    both.unplug()
    assert told or both.results


@pytest.mark.parametrize("seed", range(4))
def test_after_any_lies_a_true_board_is_live_again(seed: int) -> None:
    random = Random(seed)
    both = Joined(seed=seed)
    both.live()
    for _ in range(300):
        both.link.receive_data(both.now_ns, lie(random, []))
        both.now_ns += MS
        both.link.tick(both.now_ns)
    both.collect()
    both.unplug()
    both.plug()
    both.run(2_000)
    assert both.results.get(both.ask(ReadRequest("A0"))) is None
    both.run(100)
    assert both.state().value == "live"


def test_a_board_that_says_another_boot_in_each_answer_keeps_nobody_busy() -> None:
    both, hellos = Joined(), 0

    def bodies(data: bytes) -> list[bytes]:
        return [item.body for item in Decoder(256).receive(data) if isinstance(item, Frame)]

    def counted(data: bytes) -> bytes:
        nonlocal hellos
        hellos += sum(isinstance(parse_to_board(body), Hello) for body in bodies(data))
        return data

    def of_another_boot(data: bytes) -> bytes:
        said = [(parse_from_board(body), body) for body in bodies(data)]
        return b"".join(
            encode(serialize(replace(message, boot_id=message.boot_id ^ 1)))
            if isinstance(message, BoardHeartbeat)
            else encode(body)
            for message, body in said
        )

    both.live()
    both.to_board, both.to_link = counted, of_another_boot
    both.run(5_000)
    # Two each time: a fresh boot is offered, and confirmed.
    assert 5 <= hellos <= 2 * (5_000 / HELLO_REPEAT_MS + 1)
    both.to_link = bytes
    both.run(500)
    assert both.state().value == "live"
