"""wire.md, 3.4: commands, run at most once and always answered."""

from __future__ import annotations

import pytest

from ardugate.model import Mode
from ardugate.wire import limits, modes, ops
from ardugate.wire import messages as msg
from tests.conformance.bench import Bench, later_by

_OUTPUT = modes.MODE_BY_NAME[Mode.OUTPUT]
_PWM = modes.MODE_BY_NAME[Mode.PWM]
_INPUT = modes.MODE_BY_NAME[Mode.INPUT]
_LINK_HOLD, _CLIENT_HOLD = 1, 0

# How late a board may see a deadline: it looks about every millisecond.
_LATE_US = 20_000


def _witness(bench: Bench, pin: str) -> float | None:
    """What the pin really does, where the bench has hands."""
    return bench.transport.output(pin) if bench.transport.has_hands else None


def _pwm(bench: Bench) -> tuple[int, str]:
    pin = bench.pin("pwm")
    bench.done(ops.SetMode(pin.channel, _PWM.number), ops.ModeDone)
    return pin.channel, pin.name


class TestSet:
    """The output moves, and the reply says what it really does."""

    def test_it_moves_the_output(self, bench: Bench) -> None:
        pin = bench.output()
        for raw in (1, 0, 1):
            done = bench.set(pin.channel, raw)
            assert (done.raw, done.hold, done.until_ms, bench.read(pin.channel)) == (raw, _LINK_HOLD, 0, raw)
            assert _witness(bench, pin.name) in {None, raw}

    def test_its_time_is_the_board_s(self, bench: Bench) -> None:
        pin = bench.output()
        before = bench.beat(stamp=1).received_us
        done = bench.set(pin.channel, 1)
        after = bench.beat(stamp=2).received_us
        assert later_by(done.executed_us, before) <= later_by(after, before)

    def test_a_new_output_is_at_its_safe_value(self, bench: Bench) -> None:
        pin = bench.output()
        assert bench.read(pin.channel) == pin.safe
        assert _witness(bench, pin.name) in {None, pin.safe}

    def test_a_duty_is_kept_as_it_was_asked(self, bench: Bench) -> None:
        channel, name = _pwm(bench)
        top = bench.descriptor().pwm_max
        for raw in (0, top // 4, top):
            assert (bench.set(channel, raw).raw, bench.read(channel)) == (raw, raw)
            duty = _witness(bench, name)
            assert duty is None or duty == pytest.approx(raw / top, abs=0.01)

    @pytest.mark.parametrize("raw", [-1, 2, 1_000_000], ids=str)
    def test_nothing_is_clamped(self, bench: Bench, raw: int) -> None:
        pin = bench.output()
        assert bench.command(ops.Set(pin.channel, 0, raw)).status == msg.Status.OUT_OF_RANGE
        assert bench.read(pin.channel) == pin.safe


class TestRefusals:
    """Each has its status."""

    def test_an_unknown_op(self, bench: Bench) -> None:
        reply = bench.ask(msg.Command(bench.boot_id, bench.next_id(), 200, b"\1\2\3"))
        assert reply.status == msg.Status.UNKNOWN_COMMAND

    @pytest.mark.parametrize(
        "arguments",
        [ops.Set(254, 0, 1), ops.SetMode(254, 4), ops.Read(254), ops.SetStream(90, 0, 1_000_000, (254,))],
        ids=lambda arguments: type(arguments).__name__,
    )
    def test_an_unknown_channel(self, bench: Bench, arguments: ops.Arguments) -> None:
        assert bench.command(arguments).status == msg.Status.UNKNOWN_CHANNEL

    @pytest.mark.parametrize("op", [ops.Op.SET, ops.Op.MODE, ops.Op.STREAM, ops.Op.READ], ids=lambda op: op.name)
    def test_arguments_that_are_too_short(self, bench: Bench, op: ops.Op) -> None:
        assert bench.ask(msg.Command(bench.boot_id, bench.next_id(), op, b"")).status == msg.Status.BAD_REQUEST

    def test_a_set_on_an_input(self, bench: Bench) -> None:
        pin = bench.pin("input")
        bench.done(ops.SetMode(pin.channel, _INPUT.number), ops.ModeDone)
        assert bench.command(ops.Set(pin.channel, 0, 1)).status == msg.Status.WRONG_MODE

    def test_a_mode_that_there_is_not(self, bench: Bench) -> None:
        assert bench.command(ops.SetMode(bench.pin("output").channel, 77)).status == msg.Status.REFUSED

    def test_a_mode_that_the_pin_cannot_do(self, bench: Bench) -> None:
        able = {pin.channel for pin in bench.pins("pwm")}
        unable = [pin for pin in bench.pins("output") if pin.channel not in able]
        if not unable:
            pytest.skip("every pin of this board can do PWM")
        reply = bench.command(ops.SetMode(unable[0].channel, _PWM.number))
        assert reply.status == msg.Status.REFUSED
        assert reply.data.decode("ascii"), "a refusal says why, in words"

    def test_a_pin_that_talks_to_the_host(self, bench: Bench) -> None:
        locked = [pin for pin in bench.descriptor().pins if pin.abilities & modes.LOCKED]
        if not locked:
            pytest.skip("no pin of this board is locked")
        statuses = {bench.command(ops.SetMode(pin.channel, _OUTPUT.number)).status for pin in locked}
        assert statuses == {msg.Status.REFUSED}

    def test_a_time_beyond_the_output_s_hold(self, bench: Bench) -> None:
        channel, _ = _pwm(bench)
        reply = bench.command(ops.Set(channel, _PWM.hold_ms + 1, 1))
        assert reply.status == msg.Status.OUT_OF_RANGE


class TestAtMostOnce:
    """However often a frame comes."""

    def test_a_repeated_command_is_answered_from_memory(self, bench: Bench) -> None:
        pin = bench.output()
        on = bench.frame(ops.Set(pin.channel, 0, 1))
        first = bench.ask(on)
        bench.set(pin.channel, 0)
        assert bench.ask(on) == first
        assert bench.read(pin.channel) == 0

    def test_a_refusal_is_remembered_too(self, bench: Bench) -> None:
        pin = bench.output()
        refused = bench.frame(ops.Set(pin.channel, 0, 9))
        assert [bench.ask(refused).status for _ in range(2)] == [msg.Status.OUT_OF_RANGE] * 2

    def test_the_last_eight_are_remembered(self, bench: Bench) -> None:
        pin = bench.output()
        frames = [bench.frame(ops.Set(pin.channel, 0, k % 2)) for k in range(limits.REPLY_SLOTS)]
        first = [bench.ask(frame) for frame in frames]
        assert [bench.ask(frame) for frame in frames] == first
        assert bench.read(pin.channel) == (limits.REPLY_SLOTS - 1) % 2

    def test_an_older_one_is_stale(self, bench: Bench) -> None:
        pin = bench.output()
        old = bench.frame(ops.Set(pin.channel, 0, 1))
        bench.ask(old)
        for _ in range(limits.REPLY_SLOTS):
            bench.set(pin.channel, 0)
        assert bench.ask(old).status == msg.Status.STALE
        assert bench.read(pin.channel) == 0

    def test_ids_wrap(self, bench: Bench) -> None:
        bench.begin()
        bench.count_ids_from(65_530)
        pin = bench.output()
        frames = [bench.frame(ops.Set(pin.channel, 0, k % 2)) for k in range(12)]
        assert {bench.ask(frame).status for frame in frames} == {msg.Status.OK}
        assert frames[-1].id == 6
        assert bench.ask(frames[0]).status == msg.Status.STALE

    def test_a_command_of_another_boot_is_not_run(self, bench: Bench) -> None:
        pin = bench.output()
        reply = bench.ask(bench.frame(ops.Set(pin.channel, 0, 1), boot_id=bench.fresh_boot_id()))
        assert (reply.status, reply.boot_id) == (msg.Status.WRONG_BOOT, bench.boot_id)
        assert bench.read(pin.channel) == 0

    def test_an_id_that_was_answered_wrong_boot_can_still_be_used(self, bench: Bench) -> None:
        pin = bench.output()
        number = bench.next_id()
        bench.ask(bench.frame(ops.Set(pin.channel, 0, 1), number, boot_id=bench.fresh_boot_id()))
        assert bench.ask(bench.frame(ops.Set(pin.channel, 0, 1), number)).status == msg.Status.OK

    def test_a_reply_s_data_is_at_most_12_bytes(self, bench: Bench) -> None:
        pin = bench.output()
        bench.set(pin.channel, 1)
        bench.command(ops.SetMode(pin.channel, 77))
        bench.command(ops.SetMode(0, _OUTPUT.number))
        assert max(len(reply.data) for reply in bench.all(msg.Reply)) <= limits.MAX_REPLY_DATA


class TestDeadlines:
    """A `client` output is kept until its deadline (4.3)."""

    def _safe_at(self, bench: Bench, channel: int) -> int:
        """When the output's own stream says that it went to its safe value, in board time."""
        return next(record.t_us for record in bench.records(channel) if record.value == 0)

    def test_the_output_s_own_time_is_the_default(self, bench: Bench) -> None:
        channel, _ = _pwm(bench)
        done = bench.set(channel, 10)
        assert (done.hold, abs(done.until_ms - _PWM.hold_ms) <= 1) == (_CLIENT_HOLD, True)

    def test_at_its_deadline_an_output_goes_to_its_safe_value(self, bench: Bench) -> None:
        channel, name = _pwm(bench)
        done = bench.set(channel, 10, ttl_ms=300)
        bench.forget()
        bench.wait(0.5)
        assert abs(later_by(self._safe_at(bench, channel), done.executed_us) - 300_000) < _LATE_US
        assert bench.read(channel) == 0
        assert _witness(bench, name) in {None, 0}

    def test_a_new_set_moves_the_deadline(self, bench: Bench) -> None:
        channel, _ = _pwm(bench)
        for raw in (10, 20, 30, 40):
            bench.set(channel, raw, ttl_ms=300)
            bench.wait(0.15)
        assert bench.read(channel) == 40

    def test_renew_moves_the_deadline_and_writes_nothing(self, bench: Bench) -> None:
        channel, _ = _pwm(bench)
        bench.set(channel, 10, ttl_ms=300)
        for _ in range(3):
            bench.wait(0.15)
            bench.done(ops.Renew(300, (channel,)), ops.Done)
        bench.wait(0.15)
        assert bench.read(channel) == 10
        done = bench.done(ops.Renew(300, (channel,)), ops.Done)
        bench.forget()
        bench.wait(0.5)
        assert abs(later_by(self._safe_at(bench, channel), done.executed_us) - 300_000) < _LATE_US

    def test_renew_leaves_an_output_that_is_safe_already(self, bench: Bench) -> None:
        channel, _ = _pwm(bench)
        bench.set(channel, 10, ttl_ms=100)
        bench.wait(0.3)
        bench.done(ops.Renew(1_000, (channel,)), ops.Done)
        assert bench.read(channel) == 0

    def test_an_output_that_the_link_holds_takes_a_deadline_and_is_a_client_s_until_then(self, bench: Bench) -> None:
        pin = bench.output()
        done = bench.set(pin.channel, 1, ttl_ms=300)
        assert (done.hold, done.until_ms) == (_CLIENT_HOLD, 300)
        bench.forget()
        bench.wait(0.5)
        assert abs(later_by(self._safe_at(bench, pin.channel), done.executed_us) - 300_000) < _LATE_US
        assert bench.read(pin.channel) == 0

    def test_an_output_that_the_link_holds_has_no_deadline(self, bench: Bench) -> None:
        pin = bench.output()
        bench.set(pin.channel, 1)
        bench.wait(2.5)
        assert bench.read(pin.channel) == 1


class TestCall:
    """Commands of the sketch."""

    def test_one_that_the_sketch_has_not_is_unknown(self, bench: Bench) -> None:
        taken = {command.command for command in bench.descriptor().commands}
        free = next(number for number in range(256) if number not in taken)
        assert bench.command(ops.Call(free, b"")).status == msg.Status.UNKNOWN_COMMAND
