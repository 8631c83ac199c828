"""Servo, tone, count, frequency and quadrature, and who holds a timer: the shipped sketch on a simulated ATmega328P,
measured by edges with the chip's own time."""

from __future__ import annotations

import math
import struct
from collections.abc import Generator
from itertools import pairwise

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import Counters, FromBoard, Hello, Reply
from tests.firmware.makers import maker
from tests.firmware.on_chip import BOOT, ChipBoard, chip_board, lost_scans
from tests.support.chip import CLOCK_HZ, Edge

pytestmark = pytest.mark.chip

OFF, OUTPUT, PWM, SERVO, TONE, COUNT, FREQUENCY, QUADRATURE = 0, 4, 5, 6, 7, 8, 9, 10
BAD_REQUEST, WRONG_MODE, OUT_OF_RANGE, TIMER_IN_USE, REFUSED = 2, 5, 6, 9, 11
US = CLOCK_HZ / 1e6


@pytest.fixture(scope="module")
def chip() -> Generator[ChipBoard]:
    """One chip for all tests of this file."""
    with chip_board() as board:
        board.boot()
        yield board


@pytest.fixture
def board(chip: ChipBoard) -> ChipBoard:
    """The chip at the beginning of a boot, and nothing sampled."""
    chip.send(Hello(BOOT + 1))
    chip.listen(0.01)
    chip.boot()
    chip.done(ops.SetStream(0, 1, 0, ()))
    return chip


def levels_since(board: ChipBoard, pin: str, cycle: int) -> list[Edge]:
    return [edge for edge in board.chip.edges(pin, cycle) if edge.level in (0, 1)]


def pulses(edges: list[Edge]) -> list[tuple[int, int]]:
    """Each whole pulse: when it began, and its width, in cycles."""
    return [(up.cycle, down.cycle - up.cycle) for up, down in pairwise(edges) if up.level == 1 and down.level == 0]


def set_held(board: ChipBoard, pin: int, raw: int) -> bytes:
    board.go(0.001)  # a heartbeat
    return board.done(ops.Set(pin, 2_000, raw)).data


def hear(board: ChipBoard, pin: str, seconds: float) -> list[Edge]:
    """A pin's edges while so much time passes."""
    since = board.chip.cycles()
    board.go(seconds)
    return levels_since(board, pin, since)


@pytest.mark.parametrize(("raw", "width_us"), [(0, 544), (900, 1472), (1800, 2400), (333, 887.3)])
def test_a_servos_pulses_have_the_width_of_its_angle_fifty_times_a_second(
    board: ChipBoard, raw: int, width_us: float
) -> None:
    board.done(ops.SetMode(9, SERVO))
    assert int.from_bytes(set_held(board, 9, raw)[:4], "little") == raw
    board.go(0.05)
    seen = pulses(hear(board, "D9", 0.2))
    assert len(seen) in (9, 10, 11)
    assert [width for _, width in seen] == pytest.approx([width_us * US] * len(seen), abs=4 * US)
    for (first, _), (second, _) in pairwise(seen):
        assert second - first == pytest.approx(0.02 * CLOCK_HZ, abs=4 * US)


def test_eight_servos_share_the_timer_and_a_ninth_is_refused(board: ChipBoard) -> None:
    pins = (2, 3, 4, 5, 6, 7, 8, 14)
    for number, pin in enumerate(pins):
        board.done(ops.SetMode(pin, SERVO))
        set_held(board, pin, 200 * number)
    board.go(0.05)
    since = board.chip.cycles()
    board.go(0.1)
    for number, pin in enumerate(pins):
        name = f"D{pin}" if pin < 14 else f"A{pin - 14}"
        widths = [width for _, width in pulses(levels_since(board, name, since))]
        assert len(widths) >= 4
        assert widths == pytest.approx([(544 + 1856 * 200 * number / 1800) * US] * len(widths), abs=4 * US)
    refused = board.command(ops.SetMode(15, SERVO))
    assert (refused.status, refused.data) == (REFUSED, b"all taken")


def test_a_servos_pulses_stand_still_beside_streams_and_commands(board: ChipBoard) -> None:
    board.done(ops.SetMode(9, SERVO))
    set_held(board, 9, 900)
    board.done(ops.SetMode(13, OUTPUT))
    board.done(ops.SetStream(2, 0, 16_000, (14, 15, 16, 17)))
    since = board.chip.cycles()
    said: list[FromBoard] = []
    for turn in range(20):
        board.post(ops.Set(13, 0, turn & 1))
        said += board.go(0.05)
    assert lost_scans(said, 2, 4)[1] == 0
    widths = [width for _, width in pulses(levels_since(board, "D9", since))]
    assert len(widths) >= 49
    assert widths == pytest.approx([1472 * US] * len(widths), abs=5 * US)
    # Most stand still altogether: only what holds interrupts off for more than 95 cycles moves an edge.
    still = sorted(widths)[len(widths) // 8 : -len(widths) // 8]
    assert still[-1] - still[0] <= 1 * US
    board.done(ops.SetStream(0, 2, 0, ()))


def test_a_servo_goes_to_its_safe_angle_when_its_holder_falls_silent(board: ChipBoard) -> None:
    board.done(ops.SetMode(9, SERVO))
    board.done(ops.Set(9, 300, 1800))
    board.go(0.2)
    assert pulses(hear(board, "D9", 0.06))[0][1] == pytest.approx(2400 * US, abs=4 * US)
    board.go(0.2)
    assert pulses(hear(board, "D9", 0.06))[0][1] == pytest.approx(544 * US, abs=4 * US)
    assert board.command(ops.Set(9, 0, 1801)).status == OUT_OF_RANGE
    assert board.command(ops.Set(9, 2_001, 100)).status == OUT_OF_RANGE


def test_a_servo_that_is_taken_off_ends_low(board: ChipBoard) -> None:
    board.done(ops.SetMode(9, SERVO))
    set_held(board, 9, 1800)
    board.go(0.03)
    board.done(ops.SetMode(9, OUTPUT))
    assert hear(board, "D9", 0.1) == []
    assert board.chip.level("D9") == 0


@pytest.mark.parametrize(
    ("pin", "hz", "made"),
    [
        (8, 440, 440),
        (8, 31, 31),
        (8, 20_000, 20_000),
        (8, 15_000, 14_925),
        (11, 65_535, 65_535),
        (11, 440, 440),
        (14, 1_000, 1_000),
    ],
)
def test_a_tone_has_its_frequency(board: ChipBoard, pin: int, hz: int, made: int) -> None:
    name = f"D{pin}" if pin < 14 else "A0"
    board.done(ops.SetMode(pin, TONE))
    answer = set_held(board, pin, hz)
    assert int.from_bytes(answer[:4], "little") == made
    ups = [edge.cycle for edge in hear(board, name, 0.2) if edge.level == 1]
    found = (len(ups) - 1) * CLOCK_HZ / (ups[-1] - ups[0])
    assert found == pytest.approx(made, rel=0.002, abs=0.5)
    set_held(board, pin, 0)
    assert hear(board, name, 0.05) == []
    assert board.chip.level(name) == 0


def test_a_tone_that_its_pin_cannot_make_is_out_of_range(board: ChipBoard) -> None:
    board.done(ops.SetMode(8, TONE))
    for hz in (1, 30, 20_001, 65_535, 65_536):
        assert board.command(ops.Set(8, 0, hz)).status == OUT_OF_RANGE
    assert hear(board, "D8", 0.02) == []


def test_a_tone_ends_with_its_deadline(board: ChipBoard) -> None:
    board.done(ops.SetMode(8, TONE))
    board.done(ops.Set(8, 100, 1_000))
    board.go(0.2)
    assert hear(board, "D8", 0.1) == []


@pytest.mark.parametrize(
    ("first", "second", "holder"),
    [
        ((3, PWM), (9, SERVO), b"pwm D3"),
        ((11, PWM), (8, TONE), b"pwm D11"),
        ((9, SERVO), (3, PWM), b"servo"),
        ((9, SERVO), (8, TONE), b"servo"),
        ((8, TONE), (11, PWM), b"tone D8"),
        ((16, TONE), (9, SERVO), b"tone A2"),
        ((8, TONE), (7, TONE), b"tone D8"),
    ],
)
def test_what_collides_on_the_timer_is_refused_with_its_holders_name(
    board: ChipBoard, first: tuple[int, int], second: tuple[int, int], holder: bytes
) -> None:
    board.done(ops.SetMode(*first))
    board.done(ops.SetMode(second[0], OUTPUT))
    board.done(ops.Set(second[0], 0, 1))
    refused = board.command(ops.SetMode(*second))
    assert (refused.status, refused.data) == (TIMER_IN_USE, holder)
    assert board.chip.level(second[0]) == 1
    board.done(ops.SetMode(first[0], second[1] if first[0] in (3, 11) else OFF))
    if first[0] not in (3, 11):
        board.done(ops.SetMode(*second))


def test_pwm_of_both_pins_and_of_other_timers_stays_possible(board: ChipBoard) -> None:
    for pin in (3, 11):
        board.done(ops.SetMode(pin, PWM))
        set_held(board, pin, 51)
        assert board.chip.level(pin) == pytest.approx(0.2, abs=0.005)
    board.done(ops.SetMode(3, OFF))
    assert board.command(ops.SetMode(9, SERVO)).data == b"pwm D11"
    board.done(ops.SetMode(11, OFF))
    board.done(ops.SetMode(12, SERVO))
    for pin in (5, 6, 9, 10):
        board.done(ops.SetMode(pin, PWM))
    board.done(ops.SetMode(12, OFF))
    board.done(ops.SetMode(11, PWM))
    set_held(board, 11, 51)
    assert board.chip.level(11) == pytest.approx(0.2, abs=0.005)


def square(board: ChipBoard, pin: str, hz: float, seconds: float) -> None:
    """Drive a pin with a square wave, the first edge a rise, and let that time pass."""
    half = CLOCK_HZ / hz / 2
    at = board.chip.cycles() + 1_000.0
    left = round(2 * hz * seconds)
    level = True
    while left > 0:
        planned = min(left, 4_000)
        begun = at
        for _ in range(planned):
            board.chip.set_pin(pin, level=level, at_cycle=round(at))
            level = not level
            at += half
        left -= planned
        board.go((at - begun) / CLOCK_HZ)
    board.go(0.003)


def number(board: ChipBoard, pin: int) -> int:
    raw = board.done(ops.Read(pin)).data[:4]
    return int.from_bytes(raw, "little", signed=True)


def hertz(board: ChipBoard, pin: int) -> float:
    (value,) = struct.unpack("<f", board.done(ops.Read(pin)).data[:4])
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize(("option", "each"), [(0, 1), (1, 1), (2, 2)])
@pytest.mark.parametrize("pin", [2, 3])
def test_edges_are_counted_by_their_direction(board: ChipBoard, pin: int, option: int, each: int) -> None:
    board.done(ops.SetMode(pin, COUNT, option))
    square(board, f"D{pin}", 5_000, 0.05)
    assert number(board, pin) == 250 * each
    board.done(ops.SetMode(pin, COUNT, option))
    assert number(board, pin) == 0


def test_pulses_of_two_microseconds_are_counted_beside_four_channels_at_1_khz(board: ChipBoard) -> None:
    board.done(ops.SetMode(2, COUNT))
    board.done(ops.SetStream(2, 0, 16_000, (14, 15, 16, 17)))
    at = board.chip.cycles() + 10_000
    for turn in range(1_000):
        for level in (True, False):
            board.chip.set_pin("D2", level=level, at_cycle=at)
            at += 32 if level else 3_000 + 7 * turn
    said = board.go(0.6)
    assert lost_scans(said, 2, 4)[1] == 0
    assert number(board, 2) == 1_000


@pytest.mark.parametrize("hz", [12.5, 440.0, 5_000.0, 20_000.0])
def test_a_frequency_is_measured(board: ChipBoard, hz: float) -> None:
    board.done(ops.SetMode(3, FREQUENCY))
    square(board, "D3", hz, max(0.25, 3 / hz))
    assert hertz(board, 3) == pytest.approx(hz, rel=0.0005)


def test_half_a_hertz_is_measured_and_silence_is_zero(board: ChipBoard) -> None:
    board.done(ops.SetMode(2, FREQUENCY))
    board.done(ops.SetMode(3, FREQUENCY))
    square(board, "D2", 0.5, 4.5)
    assert hertz(board, 2) == pytest.approx(0.5, rel=0.0005)
    assert hertz(board, 3) == 0
    board.go(2.2)
    assert hertz(board, 2) == 0


def test_a_pin_that_changes_too_fast_has_no_frequency_and_leaves_the_board_alive(board: ChipBoard) -> None:
    board.done(ops.SetMode(2, FREQUENCY))
    board.done(ops.SetMode(3, COUNT))
    board.done(ops.SetStream(2, 0, 16_000, (14, 15, 16, 17)))

    def storm(pin: int) -> None:
        at = board.chip.cycles() + 1_000
        for turn in range(4_000):
            board.chip.set_pin(pin, level=turn % 2 == 0, at_cycle=at)
            at += 40  # 200 kHz, for 10 ms

    storm(3)
    said = board.go(1.2)
    came, lost = lost_scans(said, 2, 4)
    assert came == pytest.approx(1_200, abs=30)
    assert lost == 0
    assert [m.edges_lost for m in said if isinstance(m, Counters)][-1] > 0
    storm(2)
    board.go(0.008)
    board.post(ops.Read(2))
    (reply,) = [m for m in board.listen(0.012) if isinstance(m, Reply)]
    assert math.isnan(*struct.unpack("<f", reply.data[:4]))
    board.go(0.01)
    assert 100 <= number(board, 3) < 2_000
    square(board, "D2", 1_000, 0.25)
    assert hertz(board, 2) == pytest.approx(1_000, rel=0.001)


@pytest.mark.parametrize(("first", "second"), [(2, 3), (3, 2)])
def test_an_encoder_is_counted_forwards_and_backwards(board: ChipBoard, first: int, second: int) -> None:
    board.chip.set_pin(first, level=False)
    board.chip.set_pin(second, level=False)
    board.done(ops.SetMode(first, QUADRATURE, second))
    board.done(ops.SetStream(2, 0, 16_000, (14, 15, 16, 17)))

    def turn(steps: list[tuple[int, bool]]) -> None:
        at = board.chip.cycles() + 1_000
        for pin, level in steps:
            board.chip.set_pin(pin, level=level, at_cycle=at)
            at += 800  # 5 kHz
        board.go(len(steps) * 800 / CLOCK_HZ + 0.003)

    forwards = [(first, True), (second, True), (first, False), (second, False)]
    backwards = [(second, True), (first, True), (second, False), (first, False)]
    turn(forwards * 50)
    assert number(board, first) == 200
    turn(backwards * 80)
    assert number(board, first) == -120
    turn([(first, True), (first, False)] * 10)
    assert number(board, first) == -120


def test_an_encoder_needs_two_free_pins_that_can(board: ChipBoard) -> None:
    for partner in (2, 4, 99):
        refused = board.command(ops.SetMode(2, QUADRATURE, partner))
        assert (refused.status, refused.data) == (REFUSED, b"partner")
    board.done(ops.SetMode(3, COUNT))
    assert board.command(ops.SetMode(2, QUADRATURE, 3)).data == b"partner"
    board.done(ops.SetMode(3, OFF))
    board.done(ops.SetMode(2, QUADRATURE, 3))
    assert board.command(ops.SetMode(3, COUNT)).data == b"all taken"
    assert board.command(ops.SetMode(4, COUNT)).data == b"cannot do"
    assert board.command(ops.SetMode(2, COUNT, 3)).status == BAD_REQUEST
    assert board.command(ops.Set(2, 0, 1)).status == WRONG_MODE


def test_everything_at_once_beside_four_channels_at_1_khz(board: ChipBoard) -> None:
    board.done(ops.SetMode(9, SERVO))
    board.done(ops.SetMode(2, FREQUENCY))
    board.done(ops.SetMode(3, COUNT))
    board.done(ops.SetMode(5, PWM))
    set_held(board, 9, 900)
    set_held(board, 5, 51)
    at = since = board.chip.cycles() + 1_000
    for turn in range(1_500):
        for pin in (2, 3):
            board.chip.set_pin(pin, level=turn % 2 == 0, at_cycle=at)
        at += 2_000  # 4 kHz
    board.chip.meter_interrupts()
    board.post(ops.SetStream(2, 0, 16_000, (14, 15, 16, 17)))
    said = board.go((at - since) / CLOCK_HZ)
    assert lost_scans(said, 2, 4)[1] == 0
    # Our own vectors: D2, D3, timer 2's compare B and overflow.
    off = {each.pc: each.cycles for each in board.chip.interrupts_off()}
    assert max(off[4 * vector] for vector in (1, 2, 8)) <= 160
    assert hertz(board, 2) == pytest.approx(4_000, rel=0.001)
    assert number(board, 3) == 750
    assert board.chip.level("D5") == pytest.approx(0.2, abs=0.005)
    widths = [width for _, width in pulses(levels_since(board, "D9", since))]
    assert len(widths) >= 9
    # The line's and the sampler's own interrupts hold a pulse's end up for 160 cycles at most.
    assert widths == pytest.approx([1472 * US] * len(widths), abs=10 * US)


# The core's tone() and attachInterrupt() have their vectors beside modes that have others.
OWN_TONE = """
void edge() {}
void setup() {
  Ardugate.servoMode();
  Ardugate.toneMode();
  Ardugate.begin();
  attachInterrupt(digitalPinToInterrupt(2), edge, RISING);
  tone(8, 440);
}
void loop() { Ardugate.run(); }
"""


def test_a_timer_that_the_sketch_uses_is_not_taken_from_it() -> None:
    with chip_board(maker(OWN_TONE)) as board:
        board.boot()
        refused = board.command(ops.SetMode(9, SERVO))
        assert (refused.status, refused.data) == (TIMER_IN_USE, b"sketch")
        assert len(hear(board, "D8", 0.1)) == pytest.approx(88, abs=2)
