from __future__ import annotations

from random import Random

from ardugate.link.outbox import Outbox
from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.limits import BUDGET_BYTES
from ardugate.wire.messages import Command, Heartbeat, Stop, parse_to_board
from ardugate.wire.ops import Arguments, Read, Renew, Set

MS = 1_000_000


def parse(data: bytes) -> list[object]:
    return [parse_to_board(item.body) for item in Decoder(48).receive(data) if isinstance(item, Frame)]


def ids(data: bytes) -> list[int]:
    return [message.id for message in parse(data) if isinstance(message, Command | Stop)]


def test_48_bytes_are_on_their_way_and_no_more() -> None:
    outbox = Outbox(next_id=1)
    for k in range(5):
        outbox.command(k, Set(k, 0, 1))
    first = outbox.pump(0, 0.0)
    assert ids(first) == [1, 2]
    assert len(first) <= BUDGET_BYTES
    assert outbox.pump(MS, 0.0) == b""
    assert outbox.reply(1, pending=False) is not None
    assert ids(outbox.pump(2 * MS, 0.0)) == [3]


def test_a_stop_is_exempt_from_the_budget_and_repeated_until_it_is_answered() -> None:
    outbox = Outbox(next_id=1)
    outbox.command("a", Renew(1, tuple(range(28))))
    outbox.pump(0, 0.0)
    outbox.stop()
    outbox.stop()
    assert parse(outbox.pump_stops(MS, 0.0)) == [Stop(2)]
    assert outbox.pump_stops(100 * MS, 0.0) == b""
    assert parse(outbox.pump_stops(101 * MS, 0.0)) == [Stop(2)]
    assert outbox.reply(2, pending=False) is not None
    assert outbox.pump_stops(10_000 * MS, 0.0) == b""


def test_a_command_is_repeated_byte_for_byte_first_after_100_ms_then_ever_later() -> None:
    outbox = Outbox(next_id=65_535)
    outbox.command("a", Read(3))
    line = outbox.pump(0, 0.0)
    times = [now for now in range(1, 2_000) if outbox.pump(now * MS, 0.0) == line]
    assert times[:5] == [100, 300, 700, 1_100, 1_500]
    outbox.command("b", Read(4))
    assert ids(outbox.pump(2_000 * MS, 0.0)) == [0], "ids wrap"


def test_a_slow_line_is_given_four_round_trips() -> None:
    outbox = Outbox(next_id=1)
    outbox.command("a", Read(3))
    line = outbox.pump(0, 60.0 * MS)
    assert next(now for now in range(1, 2_000) if outbox.pump(now * MS, 60.0 * MS) == line) == 240


def test_un_answered_ids_are_never_8_apart_and_a_stop_has_the_last_place() -> None:
    outbox = Outbox(next_id=10)
    for k in range(30):
        outbox.command(k, Read(k))
    sent = ids(outbox.pump(0, 0.0))
    now = 0
    while True:
        # All but the first are answered: only the first holds the window.
        for number in sent:
            if number != 10:
                outbox.reply(number, pending=False)
        now += 1
        sent = ids(outbox.pump(now * MS, 0.0))
        if not sent:
            break
    outbox.stop()
    assert ids(outbox.pump_stops(now * MS, 0.0)) == [17]
    assert outbox.reply(10, pending=False) is not None
    assert ids(outbox.pump((now + 1) * MS, 0.0))[0] == 18


def test_a_heartbeat_that_finds_no_room_holds_back_everything_after_it() -> None:
    outbox = Outbox(next_id=1)
    for k in range(3):
        outbox.command(k, Set(k, 0, 1))
    assert ids(outbox.pump(0, 0.0)) == [1, 2]
    outbox.ask("beat", Heartbeat(7, 1))
    assert outbox.pump(MS, 0.0) == b""
    assert outbox.pump(100 * MS, 0.0) == b"", "no repetition takes its room"
    assert outbox.next_deadline() == 250 * MS
    assert Heartbeat(7, 1) in parse(outbox.pump(250 * MS, 0.0))
    assert outbox.answered("beat") == 250 * MS
    assert outbox.answered("beat") is None


def test_a_reply_that_is_not_final_keeps_the_command() -> None:
    outbox = Outbox(next_id=1)
    outbox.command("a", Read(1))
    outbox.pump(0, 0.0)
    entry = outbox.reply(1, pending=True)
    assert entry is not None
    assert outbox.reply(1, pending=False) is entry
    assert outbox.reply(1, pending=False) is None
    assert outbox.was_answered(1)
    assert not outbox.was_answered(2)


def test_whatever_is_lost_the_budget_and_the_window_hold() -> None:
    random = Random(7)
    outbox = Outbox(next_id=65_530)
    now, open_ids = 0, dict[int, tuple[int, int]]()
    for step in range(20_000):
        now += random.randrange(1, 60) * MS
        if random.random() < 0.4:
            choices: list[Arguments] = [Read(1), Set(1, 0, 1), Renew(1, tuple(range(random.randrange(28))))]
            outbox.command(step, random.choice(choices))
        data = outbox.pump(now, 0.0)
        for item in Decoder(48).receive(data):
            assert isinstance(item, Frame)
            message = parse_to_board(item.body)
            assert isinstance(message, Command)
            open_ids[message.id] = (now, len(item.body) + 6)
        used = sum(size for sent, size in open_ids.values() if now - sent < 250 * MS)
        assert used <= BUDGET_BYTES
        newest = (outbox.next_id - 1) & 0xFFFF
        assert all((newest - number) & 0xFFFF < 8 for number in open_ids)
        deadline = outbox.next_deadline()
        assert deadline is None or deadline > now, "nothing is due that cannot be done"
        for number in list(open_ids):
            if random.random() < 0.3:
                assert outbox.reply(number, pending=False) is not None
                del open_ids[number]
