"""What the simulated pins do beyond on and off: counting, frequencies, encoders, servos, tones, timers."""

from __future__ import annotations

import pytest

from ardugate.sim import SimBoard
from ardugate.wire import messages as msg
from ardugate.wire import ops
from ardugate.wire.messages import Status
from ardugate.wire.modes import RawForm
from ardugate.wire.samples import Format, unpack_scans
from tests.unit.sim.bench import MS, Bench, only, plain, values

D2, D3, D5, D9, D11 = 2, 3, 5, 9, 11
PWM, SERVO, TONE, COUNT, FREQUENCY, QUADRATURE = range(5, 11)
RISING, FALLING, BOTH = range(3)


def level(bench: Bench, pin: str, high: bool) -> None:
    bench.board.set_level(bench.now_ns, pin, high)


def read(bench: Bench, channel: int) -> int:
    done = ops.parse_done(ops.Op.READ, bench.command(ops.Read(channel)).data)
    assert isinstance(done, ops.ReadDone)
    return done.raw


def square(bench: Bench, pin: str, half_ms: int, times: int) -> None:
    for at in range(2 * times):
        level(bench, pin, at % 2 == 0)
        bench.now_ns += half_ms * MS


@pytest.mark.parametrize(("edge", "counted"), [(RISING, 3), (FALLING, 2), (BOTH, 5)], ids=["rising", "falling", "both"])
def test_a_counter_counts_the_edges_that_it_was_asked_for_from_its_claim_on(edge: int, counted: int) -> None:
    bench = plain()
    square(bench, "D2", 5, 4)
    bench.command(ops.SetMode(D2, COUNT, edge))
    assert read(bench, D2) == 0
    for high in (True, False, True, False, True):
        level(bench, "D2", high)
    assert read(bench, D2) == counted


def test_a_frequency_is_the_mean_of_the_last_second_and_0_once_it_is_quiet() -> None:
    bench = plain()
    bench.command(ops.SetMode(D3, FREQUENCY))
    square(bench, "D3", 20, 20)
    square(bench, "D3", 5, 101)
    assert ops.bits_float(read(bench, D3)) == pytest.approx(100, rel=0.01)
    bench.wait(2_100)
    assert ops.bits_float(read(bench, D3)) == 0


def test_an_encoder_counts_up_one_way_and_back_the_other() -> None:
    bench = plain()
    assert bench.command(ops.SetMode(D2, QUADRATURE, D3)).status == Status.OK
    turn = [("D2", True), ("D3", True), ("D2", False), ("D3", False)]
    for pin, high in turn * 3:
        level(bench, pin, high)
    assert read(bench, D2) == 12
    for pin, high in [(pin, not high) for pin, high in reversed(turn)] * 5:
        level(bench, pin, high)
    assert read(bench, D2) == -8


@pytest.mark.parametrize(
    ("mode", "packing", "column"),
    [(COUNT, Format.I32, [0, 1, 1, 2]), (FREQUENCY, Format.F32, [0, 0, 0, 50])],
    ids=["count", "frequency"],
)
def test_they_are_sampled_in_their_own_packing(mode: int, packing: Format, column: list[float]) -> None:
    bench = plain()
    bench.command(ops.SetMode(D2, mode))
    reply = bench.command(ops.SetStream(9, 0, 20_000, (D2,)))  # every 10 ms
    done = ops.parse_done(ops.Op.STREAM, reply.data)
    assert isinstance(done, ops.StreamDone)
    assert done.format == packing
    for high in (True, False, True):
        bench.now_ns += 5 * MS
        level(bench, "D2", high)
        bench.now_ns += 5 * MS
        bench.collect()
    bench.wait(30)
    scans = [message for message in only(msg.Samples, bench.heard) if message.stream == 9]
    columns = [unpack_scans(packing, each.packed, 1) for each in scans]
    unpacked = [value for each in columns if each is not None for value in each[0]]
    assert unpacked[: len(column)] == pytest.approx(column)


def test_a_servo_and_a_tone_are_outputs_with_their_own_limits() -> None:
    bench = plain()
    for pin, mode, raw, beyond in ((D9, SERVO, 900, 1_801), (D5, TONE, 440, 65_536)):
        bench.command(ops.SetMode(pin, mode))
        bench.heard.clear()
        assert bench.command(ops.Set(pin, 0, raw)).status == Status.OK
        assert bench.command(ops.Set(pin, 0, beyond)).status == Status.OUT_OF_RANGE
        assert values(bench.heard, pin, RawForm.I32)[-1][1] == raw
        bench.wait(2_100)
        assert bench.board.output(f"D{pin}") == 0
        bench.command(ops.SetMode(pin, 0))


@pytest.mark.parametrize(
    ("first", "second", "holder"),
    [
        ((D3, PWM), (D5, SERVO), b"pwm D3"),
        ((D5, SERVO), (D11, PWM), b"servo"),
        ((D11, PWM), (D5, TONE), b"pwm D11"),
        ((D5, TONE), (D9, TONE), b"tone D5"),
        ((D5, TONE), (D9, SERVO), b"tone D5"),
        ((D5, SERVO), (D9, PWM), None),
        ((D5, SERVO), (D11, SERVO), None),
        ((D9, PWM), (D5, SERVO), None),
        ((D3, PWM), (D11, PWM), None),
    ],
    ids=str,
)
def test_a_timer_that_another_pin_holds_is_refused_with_its_holder(
    first: tuple[int, int], second: tuple[int, int], holder: bytes | None
) -> None:
    bench = plain()
    assert bench.command(ops.SetMode(*first)).status == Status.OK
    reply = bench.command(ops.SetMode(*second))
    wanted = (Status.OK, None) if holder is None else (Status.TIMER_IN_USE, holder)
    assert (reply.status, reply.data if holder else None) == wanted


def test_a_pin_that_is_put_to_another_use_lets_go_of_its_timer() -> None:
    bench = plain()
    bench.command(ops.SetMode(D3, PWM))
    bench.command(ops.SetMode(D3, 0))
    assert bench.command(ops.SetMode(D5, SERVO)).status == Status.OK


def test_eight_servos_share_the_timer_and_a_ninth_is_refused() -> None:
    bench = plain()
    assert {bench.command(ops.SetMode(pin, SERVO)).status for pin in range(2, 10)} == {Status.OK}
    reply = bench.command(ops.SetMode(10, SERVO))
    assert (reply.status, reply.data) == (Status.REFUSED, b"all taken")


def test_a_sketch_that_hangs_has_safe_outputs_and_says_so_until_it_goes_on() -> None:
    bench = Bench(SimBoard())
    bench.boot()
    bench.command(ops.Set(25, 2_000, 512))
    bench.board.hang(bench.now_ns, 3_000 * MS)
    assert bench.board.output("fan") == 0
    flags = [beat.flags for beat in only(msg.BoardHeartbeat, bench.wait(2_900))]
    assert set(flags) == {msg.FLAG_HUNG}
    assert only(msg.Counters, bench.heard)[-1].starved_loops == 3
    bench.wait(200)
    bench.heard.clear()
    bench.wait(600)
    assert {beat.flags for beat in only(msg.BoardHeartbeat, bench.heard)} == {0}
