"""wire.md, 3.1: hello and boot_id."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ardugate.model import Mode
from ardugate.wire import limits, modes, ops
from ardugate.wire import messages as msg
from tests.conformance.bench import BOOT_S, SETTLED_S, Bench


def _is_unasked(hello: msg.BoardHello) -> bool:
    return bool(hello.flags & msg.FLAG_UNASKED)


def test_after_a_reset_a_board_says_hello_by_itself_every_500_ms(bench: Bench) -> None:
    bench.reset()
    times = [bench.await_heard(msg.BoardHello, _is_unasked, within_s=BOOT_S)[0] for _ in range(4)]
    assert all(0.45 < later - earlier < 0.55 for earlier, later in pairwise(times))
    assert {hello.boot_id for hello in bench.all(msg.BoardHello)} == {0}


def test_a_hello_is_answered_with_the_boot_id_that_the_board_had_before(bench: Bench) -> None:
    bench.reset()
    first, second = bench.fresh_boot_id(), bench.fresh_boot_id()
    assert [bench.hello(boot_id).boot_id for boot_id in (first, first, second, second)] == [0, first, first, second]


def test_once_it_has_a_boot_id_a_board_says_no_hello_unasked(bench: Bench) -> None:
    bench.wait(1.2)
    assert bench.all(msg.BoardHello) == []


def test_until_it_has_a_boot_id_a_board_sends_nothing_but_hello_and_answers(bench: Bench) -> None:
    bench.reset()
    bench.await_message(msg.BoardHello, within_s=BOOT_S)
    bench.forget()
    bench.wait(1.2)
    assert {type(entry.message) for entry in bench.heard} == {msg.BoardHello}


def test_until_it_has_a_boot_id_a_board_runs_no_command(bench: Bench) -> None:
    pin = bench.pin("output")
    bench.reset()
    bench.await_message(msg.BoardHello, within_s=BOOT_S)
    output = modes.MODE_BY_NAME[Mode.OUTPUT].number
    reply = bench.command(ops.SetMode(pin.channel, output))
    assert (reply.status, reply.boot_id) == (msg.Status.WRONG_BOOT, 0)
    bench.begin()
    assert all(entry.mode != output for entry in bench.modes() if entry.channel == pin.channel)


def test_the_reset_s_cause_is_told(bench: Bench) -> None:
    bench.reset()
    assert bench.await_message(msg.BoardHello, within_s=BOOT_S).reset_cause in {2, 0}


def test_another_wire_version_is_answered_with_the_board_s_own_and_changes_nothing(bench: Bench) -> None:
    answer = bench.hello(bench.fresh_boot_id(), wire=limits.WIRE_VERSION + 1)
    assert (answer.wire, answer.boot_id) == (limits.WIRE_VERSION, bench.boot_id)
    assert bench.beat(stamp=8).boot_id == bench.boot_id


def test_the_same_boot_id_keeps_everything(bench: Bench) -> None:
    pin = bench.output()
    bench.set(pin.channel, 1)
    streams = bench.streams()
    frame = bench.frame(ops.Set(pin.channel, 0, 1))
    reply = bench.ask(frame)
    bench.hello(bench.boot_id)
    assert (bench.read(pin.channel), bench.streams()) == (1, streams)
    assert bench.ask(frame) == reply


class TestAnotherBootId:
    """It starts everything over, as a reset would."""

    def test_outputs_that_the_board_does_not_hold_go_to_their_safe_values(self, bench: Bench) -> None:
        pin = bench.output()
        bench.set(pin.channel, 1)
        bench.begin()
        assert bench.transport.output(pin.name) in {None, 0.0} if bench.transport.has_hands else True
        assert bench.read(pin.channel) == pin.safe

    def test_the_start_configuration_is_put_back(self, bench: Bench) -> None:
        before = (bench.modes(), bench.streams())
        bench.output()
        bench.end_streams()
        assert (bench.modes(), bench.streams()) != before
        bench.begin()
        assert (bench.modes(), bench.streams()) == before

    def test_remembered_replies_are_forgotten(self, bench: Bench) -> None:
        pin = bench.output()
        frame = bench.frame(ops.Set(pin.channel, 0, 1))
        bench.ask(frame)
        bench.begin()
        again = msg.Command(bench.boot_id, frame.id, frame.op, frame.arguments)
        assert bench.ask(again).status == msg.Status.WRONG_MODE  # run anew: the pin is no output any more

    def test_every_sequence_starts_at_0(self, bench: Bench) -> None:
        bench.wait(0.5)
        bench.boot_id = bench.fresh_boot_id()
        bench.forget()
        answer = bench.hello(bench.boot_id)
        bench.wait(SETTLED_S)
        firsts: dict[tuple[str, int], int] = {}
        messages = [entry.message for entry in bench.heard]
        for entry in bench.heard[messages.index(answer) :]:  # what came before is of the old boot
            match entry.message:
                case msg.Samples(stream, seq):
                    firsts.setdefault(("stream", stream), seq)
                case msg.Irregular(channel, _, seq):
                    firsts.setdefault(("channel", channel), seq)
                case _:
                    continue
        assert firsts
        assert set(firsts.values()) == {0}


@pytest.mark.parametrize("field", ["wire", "firmware", "identity", "descriptor_bytes", "descriptor_crc"])
def test_a_hello_says_the_same_of_the_board_in_every_boot(bench: Bench, field: str) -> None:
    answers = [bench.hello(bench.fresh_boot_id()) for _ in range(2)]
    assert getattr(answers[0], field) == getattr(answers[1], field)


def test_the_identity_is_kept(bench: Bench) -> None:
    old = bench.hello(bench.boot_id).identity
    bench.done(ops.SetIdentity(0x0123_4567_89AB_CDEF), ops.Done)
    bench.wait(0.1)  # an EEPROM takes 3.4 ms a byte
    bench.reset()
    assert bench.begin().identity == 0x0123_4567_89AB_CDEF
    bench.done(ops.SetIdentity(old), ops.Done)
