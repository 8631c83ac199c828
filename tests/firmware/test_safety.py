"""The board is the last safeguard: a sketch that hangs, a reset at a bad moment, the first milliseconds."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import BoardHeartbeat, BoardHello, Counters, FromBoard, Reply, Stop
from tests.firmware.makers import maker
from tests.firmware.on_chip import ChipBoard, chip_board
from tests.support.chip import CLOCK_HZ, Chip, build_optiboot
from tests.support.firmware import symbol

pytestmark = pytest.mark.chip

OUTPUT, PWM = 4, 5
STOPPED, HUNG = 1, 8
WATCHDOG_RESET = 4
D5, D13 = 5, 13
VALVE = 20  # channel ids are given by pin
FIRST_FAN = 23
HANG_S = 2.0

# Each call hangs in a way of its own, until D4 is high.
HANGS = """
gate::Output valve("valve", 7);
gate::Output pump("pump", 8);
gate::Pwm fan("fan", 9);
void hang(uint8_t how) {
  pump = 1;
  valve = 0;
  fan = 0.75;
  switch (how) {
    case 1: TIMSK0 = 0; break;                                      // the tick, and the core's clock
    case 2: TCCR0B = 0; break;                                      // the same, and what they count
    case 3: TIMSK0 = 0; TIMSK1 = 0; ADCSRA = 0; UCSR0B = 0; break;  // every interrupt but the watchdog's
    case 4: cli(); break;
  }
  while (!(PIND & _BV(4))) {}
}
void setup() {
  valve.safe(1).keep();
  fan.safe(0.5).hold(9000);
  Ardugate.command("hang(how)", hang);
  Ardugate.begin("hangs");
}
void loop() { Ardugate.run(); }
"""
IN_LOOP, NO_TICK, NO_CLOCK, NO_OTHER_INTERRUPT, INTERRUPTS_OFF = range(5)


@contextmanager
def hanging(how: int, board_name: str = "uno") -> Generator[tuple[ChipBoard, int]]:
    """A board with a plain output and a PWM that are driven, whose sketch begins to hang; the cycle at which it did."""
    with chip_board(maker(HANGS, board_name)) as board:
        board.chip.set_pin("D4", level=False)
        board.boot()
        board.done(ops.SetMode(D13, OUTPUT))
        board.done(ops.SetMode(D5, PWM))
        board.done(ops.Set(D13, 60_000, 1))
        board.done(ops.Set(D5, 2_000, 99))
        began = board.chip.cycles()
        board.post(ops.Call(0, bytes([how, 0, 0, 0])))
        yield board, began


def flags(said: list[FromBoard]) -> int:
    """The last heartbeat's."""
    return [message.flags for message in said if isinstance(message, BoardHeartbeat)][-1]


def levels(chip: Chip) -> list[float | None]:
    """Of all outputs: valve, pump, fan, the plain one and the plain PWM."""
    return [chip.level(pin) for pin in ("D7", "D8", "D9", "D13", "D5")]


SAFE = [1, 0, pytest.approx(0.5, abs=0.01), 0, 0]


def safe_after_s(chip: Chip, began: int) -> float:
    """When the last of all outputs went to its safe value."""
    return (max(chip.edges(pin, began)[-1].cycle for pin in ("D7", "D8", "D9", "D13", "D5")) - began) / CLOCK_HZ


def test_a_sketch_that_hangs_is_made_safe_and_said_and_the_link_lives() -> None:
    with hanging(IN_LOOP) as (board, began):
        said = board.go(1.8)
        assert flags(said) == 0
        assert levels(board.chip) == [0, 1, pytest.approx(0.75, abs=0.01), 1, pytest.approx(99 / 255, abs=0.01)]
        said = board.go(3.2)
        assert levels(board.chip) == SAFE
        assert safe_after_s(board.chip, began) == pytest.approx(HANG_S, abs=0.1)
        assert flags(said) == HUNG
        assert len([m for m in said if isinstance(m, BoardHeartbeat)]) == 16
        assert [m.starved_loops for m in said if isinstance(m, Counters)][-1] >= 4
        assert len(board.chip.resets()) == 1
        # It comes round again: what it did not do, it may.
        board.chip.set_pin("D4", level=True)
        assert flags(board.go(0.4)) == 0
        assert board.done(ops.Set(VALVE, 0, 0))
        board.go(3.0)
        assert levels(board.chip)[0] == 0


@pytest.mark.parametrize("how", [NO_TICK, NO_CLOCK, NO_OTHER_INTERRUPT], ids=["tick", "clock", "interrupts"])
def test_it_is_made_safe_when_the_tick_is_dead_too_and_the_board_resets_itself(how: int) -> None:
    with hanging(how) as (board, began):
        board.listen(HANG_S + 0.1)
        assert levels(board.chip) == SAFE
        assert safe_after_s(board.chip, began) == pytest.approx(HANG_S, abs=0.1)
        board.listen(HANG_S)
        assert len(board.chip.resets()) == 2
        assert (board.chip.resets()[-1] - began) / CLOCK_HZ == pytest.approx(2 * HANG_S, abs=0.1)


def test_with_interrupts_off_only_a_reset_helps_and_the_pins_are_safe_after_it() -> None:
    with hanging(INTERRUPTS_OFF) as (board, began):
        board.listen(2 * HANG_S - 0.2)
        assert levels(board.chip) == [0, 1, pytest.approx(0.75, abs=0.01), 1, pytest.approx(99 / 255, abs=0.01)]
        hello = [m for m in board.listen(0.9) if isinstance(m, BoardHello)][-1]
        assert (board.chip.resets()[-1] - began) / CLOCK_HZ == pytest.approx(2 * HANG_S, abs=0.1)
        assert hello.reset_cause == WATCHDOG_RESET
        assert levels(board.chip) == [1, 0, pytest.approx(0.5, abs=0.01), None, None]
        board.damage = 0  # the frame that was on the line when interrupts went off
        assert board.boot()
        assert flags(board.go(3.0)) == 0
        assert len(board.chip.resets()) == 2


def test_the_uno_s_bootloader_lets_it_come_back_from_that_reset() -> None:
    with Chip(maker(HANGS), pace="stepped", bootloader=build_optiboot()) as chip:
        board = ChipBoard(chip)
        board.listen(1.5)
        board.boot()
        board.post(ops.Call(0, bytes([INTERRUPTS_OFF, 0, 0, 0])))
        board.listen(2 * HANG_S + 0.1)
        resets = len(chip.resets())
        board.boot()
        assert flags(board.go(3.0)) == 0
        assert len(chip.resets()) == resets  # optiboot itself ends by one


@pytest.mark.parametrize("how", [NO_OTHER_INTERRUPT, INTERRUPTS_OFF], ids=["interrupts", "interrupts off"])
def test_where_an_old_bootloader_would_not_come_back_nothing_is_reset(how: int) -> None:
    with hanging(how, "nano") as (board, _):
        board.listen(3 * HANG_S)
        assert len(board.chip.resets()) == 1
        safe = [1, 0, pytest.approx(0.5, abs=0.01), 0, 0]
        assert (levels(board.chip) == safe) == (how == NO_OTHER_INTERRUPT)


def test_a_sketch_that_yields_does_not_hang() -> None:
    body = "void setup() { Ardugate.begin(); for (;;) delay(1); } void loop() {}"
    with chip_board(maker(body)) as board:
        board.boot()
        assert flags(board.go(3.0)) == 0


FIRST = """
gate::Output pump("pump", 8);
gate::Output valve("valve", 7);
gate::Pwm fan("fan", 9);
gate::Pwm lamp("lamp", 5);
void setup() {
  DDRB |= _BV(4);  // D12, the moment at which setup() began
  PORTB |= _BV(4);
  valve.safe(1);
  fan.safe(0.5);
  lamp.safe(0.25);
  Ardugate.begin("first");
  delay(10000);
}
void loop() { Ardugate.run(); }
"""


def test_outputs_are_safe_within_five_milliseconds_of_setup_and_stay_so() -> None:
    with chip_board(maker(FIRST)) as board:
        board.listen(0.2)
        began = next(edge.cycle for edge in board.chip.edges("D12") if edge.level == 1)
        for pin, safe in (("D8", 0), ("D7", 1), ("D9", 0.5), ("D5", 0.25)):
            edges = board.chip.edges(pin)
            driven = [edge for edge in edges if edge.level is not None]
            at_last = next(at for at, edge in enumerate(driven) if edge.level == pytest.approx(safe, abs=0.01))
            assert driven[at_last].cycle - began <= 0.005 * CLOCK_HZ
            # On the way there a PWM may be off, never fuller than it is to be.
            assert all(edge.level <= safe + 0.01 for edge in driven if edge.level is not None)
            assert len(driven) == at_last + 1


BUSY = """
gate::Output pump("pump", 8);
volatile uint8_t rounds;
void setup() { Ardugate.begin("busy"); }
void loop() { delayMicroseconds(16000); delayMicroseconds(16000); pump = 1; Ardugate.run(); rounds++; }
"""
LATCH = 1_024 - 16


def come_round(board: ChipBoard, rounds_at: int) -> None:
    """Let that sketch come round, a millisecond ago at most: for 10 ms the tick does not do what it leaves undone."""
    before = board.chip.data(rounds_at, 1)
    while board.chip.data(rounds_at, 1) == before:
        board.listen(0.001)


@pytest.mark.parametrize("power", [False, True], ids=["reset", "power"])
def test_a_reset_while_the_stop_is_written_leaves_it_whole_and_soon_after_it_stays(*, power: bool) -> None:
    """The stop is answered at once and written 20 ms later at the latest; until then a reset forgets it."""
    elf = maker(BUSY)
    rounds_at = symbol(elf, "rounds")
    with Chip(elf, pace="stepped") as chip:
        kept: dict[float, bool] = {}
        for after_ms in (1, 3, 5, 8, 12, 16, 20, 25, 40):
            chip.poke_eeprom(LATCH, b"\xff")
            chip.reset(power=True)
            board = ChipBoard(chip)
            board.listen(0.1)
            board.boot()
            board.listen(0.1)
            come_round(board, rounds_at)
            board.send(Stop(9))
            board.listen(9 * 85e-6 + after_ms / 1_000)
            chip.reset(power=power)
            board.listen(0.02)
            latched = chip.eeprom(LATCH, 1)
            assert latched in (b"\xff", b"\x5a")
            kept[after_ms] = latched == b"\x5a"
            board.damage = 0
            board.boot()
            said = board.go(0.8)
            assert flags(said) == (STOPPED if kept[after_ms] else 0)
            # What is stopped does not move, however often the sketch drives it.
            assert (chip.level("D8") == 0) == kept[after_ms]
        assert all(kept[after_ms] for after_ms in kept if after_ms >= 20)
        assert not kept[1]


def test_clearing_a_stop_moves_no_output() -> None:
    with chip_board(maker(FIRST)) as board:
        board.boot()
        board.done(ops.Set(FIRST_FAN, 0, 200))
        board.send(Stop(9))
        said = board.go(0.2)
        assert [message.status for message in said if isinstance(message, Reply)] == [0]
        before = {pin: len(board.chip.edges(pin)) for pin in ("D8", "D7", "D9", "D5")}
        board.count_from(10)
        board.done(ops.ClearStop())
        board.go(0.5)
        assert {pin: len(board.chip.edges(pin)) for pin in before} == before
