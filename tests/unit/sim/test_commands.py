"""What the simulated board does with commands, and how often."""

from __future__ import annotations

import pytest

from ardugate.sim import SimBoard
from ardugate.sim.sketches import FAN, FAN_HOLD_MS, LED, SINE, STATUS, TEMP
from ardugate.wire import messages as msg
from ardugate.wire import ops
from ardugate.wire.messages import Status
from ardugate.wire.modes import RawForm
from tests.unit.sim.bench import BOOT, Bench, only, plain, values

D13, A0 = 13, 14
OFF, INPUT, PULLUP, ANALOG, OUTPUT, PWM, SERVO, TONE, COUNT, FREQUENCY, QUADRATURE = range(11)


def demo() -> Bench:
    bench = Bench(SimBoard())
    bench.boot()
    return bench


@pytest.mark.parametrize(
    ("arguments", "status", "data"),
    [
        (ops.Set(99, 0, 1), Status.UNKNOWN_CHANNEL, b""),
        (ops.Set(D13, 0, 1), Status.WRONG_MODE, b""),
        (ops.Set(0, 0, 1), Status.REFUSED, b"host pin"),
        (ops.Set(5, 0, 1), Status.WRONG_MODE, b""),
        (ops.Set(TEMP, 0, 1), Status.READ_ONLY, b""),
        (ops.Set(STATUS, 0, 1), Status.READ_ONLY, b""),
        (ops.Set(LED, 0, 2), Status.OUT_OF_RANGE, b""),
        (ops.Set(FAN, FAN_HOLD_MS + 1, 1), Status.OUT_OF_RANGE, b""),
        (ops.Set(FAN, 0, 1_025), Status.OUT_OF_RANGE, b""),
        (ops.SetMode(0, OUTPUT), Status.REFUSED, b"host pin"),
        (ops.SetMode(4, PWM), Status.REFUSED, b"no pwm"),
        (ops.SetMode(2, ANALOG), Status.REFUSED, b"no analog"),
        (ops.SetMode(4, FREQUENCY), Status.REFUSED, b"no frequency"),
        (ops.SetMode(2, QUADRATURE, 4), Status.REFUSED, b"partner"),
        (ops.SetMode(2, QUADRATURE, 2), Status.REFUSED, b"partner"),
        (ops.SetMode(2, QUADRATURE, 99), Status.UNKNOWN_CHANNEL, b""),
        (ops.SetMode(2, 77), Status.REFUSED, b"no such mode"),
        (ops.SetMode(2, COUNT, 3), Status.BAD_REQUEST, b""),
        (ops.SetMode(5, OUTPUT), Status.WRONG_MODE, b""),
        (ops.SetMode(LED, OUTPUT), Status.WRONG_MODE, b""),
        (ops.SetStream(5, 0, 20_000, (15, 14)), Status.BAD_REQUEST, b""),
        (ops.SetStream(5, 0, 0, (14,)), Status.BAD_REQUEST, b""),
        (ops.SetStream(0, 0, 20_000, (14,)), Status.BAD_REQUEST, b""),
        (ops.SetStream(1, 0, 20_000, (14,)), Status.BAD_REQUEST, b""),
        (ops.SetStream(5, 0, 20_000, (0,)), Status.WRONG_MODE, b""),
        (ops.SetStream(5, 0, 20_000, (STATUS,)), Status.WRONG_MODE, b""),
        (ops.SetStream(5, 0, 20_000, (200,)), Status.UNKNOWN_CHANNEL, b""),
        (ops.Renew(FAN_HOLD_MS + 1, (FAN,)), Status.OUT_OF_RANGE, b""),
        (ops.Renew(100, (99,)), Status.UNKNOWN_CHANNEL, b""),
        (ops.Read(STATUS), Status.WRONG_MODE, b""),
        (ops.Read(0), Status.WRONG_MODE, b""),
    ],
    ids=str,
)
def test_a_command_that_cannot_be_done_is_refused_and_changes_nothing(
    arguments: ops.Arguments, status: Status, data: bytes
) -> None:
    bench = demo()
    before = bench.say(msg.Query(msg.What.MODES, 0)) + bench.say(msg.Query(msg.What.STREAMS, 0))
    reply = bench.command(arguments)
    assert (Status(reply.status), reply.data) == (status, data)
    after = bench.say(msg.Query(msg.What.MODES, 0)) + bench.say(msg.Query(msg.What.STREAMS, 0))
    assert only(msg.Answer, after) == only(msg.Answer, before)


@pytest.mark.parametrize(
    ("op", "data", "status"),
    [(99, b"", Status.UNKNOWN_COMMAND), (1, b"\x01", Status.BAD_REQUEST)],
    ids=["unknown op", "too short"],
)
def test_arguments_that_say_nothing_are_answered_too(op: int, data: bytes, status: Status) -> None:
    (reply,) = only(msg.Reply, plain().say(msg.Command(BOOT, 1, op, data)))
    assert reply.status == status


def test_an_output_starts_safe_and_its_changes_are_samples_with_the_time_of_the_command() -> None:
    bench = plain()
    bench.wait(50)
    bench.heard.clear()
    mode = bench.command(ops.SetMode(D13, OUTPUT))
    done = bench.command(ops.Set(D13, 0, 1))
    assert ops.parse_done(ops.Op.MODE, mode.data) == ops.ModeDone(OUTPUT, 50_000)
    assert ops.parse_done(ops.Op.SET, done.data) == ops.SetDone(1, 50_000, 1, 0)
    assert values(bench.heard, D13, RawForm.BOOL) == [(50_000, 0), (50_000, 1)]


def test_a_clients_hold_ends_at_its_deadline_and_renew_moves_it() -> None:
    bench = demo()
    done = bench.command(ops.Set(FAN, 500, 255))
    assert ops.parse_done(ops.Op.SET, done.data) == ops.SetDone(255, 0, 0, 500)
    bench.wait(400)
    assert bench.command(ops.Renew(300, (FAN,))).status == Status.OK
    bench.wait(290)
    assert bench.board.output("fan") == 255
    bench.heard.clear()
    bench.wait(10)
    assert values(bench.heard, FAN, RawForm.I32) == [(700_000, 0)]
    # What is safe already is left there.
    bench.command(ops.Renew(300, (FAN,)))
    assert bench.board.output("fan") == 0


def test_an_output_without_a_limit_takes_any_ttl_and_is_a_clients_until_then() -> None:
    bench = demo()
    done = bench.command(ops.Set(LED, 60_000, 1))
    assert ops.parse_done(ops.Op.SET, done.data) == ops.SetDone(1, 0, 0, 60_000)
    bench.command(ops.Renew(300, (LED,)))
    bench.wait(290)
    assert bench.board.output("led") == 1
    bench.wait(10)
    assert bench.board.output("led") == 0


def test_ttl_zero_is_the_outputs_own_hold() -> None:
    bench = demo()
    done = ops.parse_done(ops.Op.SET, bench.command(ops.Set(FAN, 0, 1)).data)
    assert isinstance(done, ops.SetDone)
    assert done.until_ms == FAN_HOLD_MS


def test_a_command_that_comes_again_is_answered_from_memory_and_not_run_again() -> None:
    bench = plain()
    bench.command(ops.SetMode(D13, OUTPUT), 10)
    first = bench.command(ops.Set(D13, 0, 1), 11)
    bench.wait(20)
    assert bench.command(ops.Set(D13, 0, 1), 11) == first
    assert [(each.id, each.op) for each in bench.board.executions] == [(10, 2), (11, 1)]


def test_an_id_whose_slot_holds_a_later_one_is_stale_and_one_that_wrapped_is_new() -> None:
    bench = plain()
    assert bench.command(ops.ClearStop(), 0xFFFD).status == Status.OK
    assert bench.command(ops.ClearStop(), 0x0005).status == Status.OK
    assert bench.command(ops.ClearStop(), 0xFFFD).status == Status.STALE
    assert len(bench.board.executions) == 2


def test_a_command_of_another_boot_is_not_run() -> None:
    bench = plain()
    (reply,) = only(msg.Reply, bench.say(msg.Command(BOOT + 1, 1, 5, b"")))
    assert (reply.status, reply.boot_id) == (Status.WRONG_BOOT, BOOT)
    assert bench.board.executions == []


def test_a_stop_is_obeyed_in_any_boot_latched_and_outlives_a_reset() -> None:
    bench = plain()
    bench.command(ops.SetMode(D13, OUTPUT))
    bench.command(ops.Set(D13, 0, 1))
    (reply,) = only(msg.Reply, bench.say(msg.Stop(100)))
    assert reply.status == Status.OK
    assert bench.board.output("D13") == 0
    assert bench.command(ops.Set(D13, 0, 1), 101).status == Status.STOPPED
    bench.board.reset(bench.now_ns)
    (hello,) = only(msg.BoardHello, bench.collect())
    assert hello.flags & msg.FLAG_STOPPED
    bench.boot()
    assert bench.command(ops.Set(D13, 0, 1), 1).status == Status.STOPPED
    assert bench.command(ops.ClearStop(), 2).status == Status.OK
    bench.command(ops.SetMode(D13, OUTPUT), 3)
    assert bench.board.output("D13") == 0
    assert bench.command(ops.Set(D13, 0, 1), 4).status == Status.OK


def test_a_stop_with_an_old_id_is_obeyed_all_the_same() -> None:
    bench = plain()
    bench.command(ops.ClearStop(), 108)
    (reply,) = only(msg.Reply, bench.say(msg.Stop(100)))
    assert reply.status == Status.OK
    assert bench.board.executions[-1].op == 0


def test_a_stop_that_is_repeated_after_it_was_cleared_does_not_stop_again() -> None:
    bench = plain()
    bench.say(msg.Stop(1))
    bench.command(ops.ClearStop(), 2)
    (reply,) = only(msg.Reply, bench.say(msg.Stop(1)))
    assert reply.status == Status.OK
    bench.command(ops.SetMode(D13, OUTPUT), 3)
    assert bench.command(ops.Set(D13, 0, 1), 4).status == Status.OK


def test_read_samples_at_once_in_the_channels_own_form() -> None:
    bench = demo()
    bench.board.set_volts(bench.now_ns, "A0", 1.25)
    analog = ops.parse_done(ops.Op.READ, bench.command(ops.Read(A0)).data)
    assert analog == ops.ReadDone(256, 0)
    real = ops.parse_done(ops.Op.READ, bench.command(ops.Read(SINE)).data)
    assert isinstance(real, ops.ReadDone)
    assert -1 <= ops.bits_float(real.raw) <= 1


def test_identity_is_kept_over_a_reset() -> None:
    bench = plain()
    bench.command(ops.SetIdentity(0xABCDEF))
    bench.board.reset(bench.now_ns)
    (hello,) = only(msg.BoardHello, bench.collect())
    assert hello.identity == 0xABCDEF


def test_a_pull_up_reads_high_until_somebody_pulls_it_down() -> None:
    bench = plain()
    bench.command(ops.SetMode(7, PULLUP))
    assert bench.command(ops.Read(7)).data[:4] == b"\x01\0\0\0"
    bench.board.set_level(bench.now_ns, "D7", False)
    assert bench.command(ops.Read(7)).data[:4] == b"\0\0\0\0"


@pytest.mark.parametrize(("option", "count"), [(0, 2), (1, 1), (2, 3)], ids=["rising", "falling", "both"])
def test_a_counting_pin_counts_the_edges_it_was_told_to(option: int, count: int) -> None:
    bench = plain()
    bench.command(ops.SetMode(2, COUNT, option))
    for level in (True, False, True):
        bench.board.set_level(bench.now_ns, "D2", level)
    assert bench.command(ops.Read(2)).data[0] == count


def test_the_demos_fan_cools_the_room_and_says_so() -> None:
    bench = demo()
    bench.command(ops.Set(FAN, 0, 1_024))
    for _ in range(60):
        bench.wait(1_000)
        bench.command(ops.Renew(2_000, (FAN,)))
    sixteenths = values(bench.heard, TEMP, RawForm.I32)[-1][1]
    assert float(sixteenths) < 20.5 * 16
    assert [text for _, text in values(bench.heard, STATUS, RawForm.TEXT)][:2] == ["ready", "fan at 100 %"]
