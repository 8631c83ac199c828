"""The meter of interrupts that are off counts cycles as the chip does."""

from __future__ import annotations

import pytest

from tests.support.chip import Chip
from tests.support.chip.program import compile_program

pytestmark = pytest.mark.chip

# 100 and 200 cycles off after main() has begun, and an interrupt's own 50.
_PROGRAM = """
ISR(TIMER0_OVF_vect) { __builtin_avr_delay_cycles(50); }
int main(void) {
  __builtin_avr_delay_cycles(5000); // off since the reset: not the program's doing
  TCCR0B = _BV(CS01);
  TIMSK0 = _BV(TOIE0);
  for (;;) {
    sei();
    __builtin_avr_delay_cycles(1000);
    cli();
    __builtin_avr_delay_cycles(200);
    sei();
    __builtin_avr_delay_cycles(10);
    cli();
    __builtin_avr_delay_cycles(100);
  }
}
"""


def test_each_place_has_its_longest_run_in_cycles() -> None:
    with Chip(compile_program(_PROGRAM), pace="stepped") as chip:
        chip.meter_interrupts()
        chip.run(0.02)
        longest, shorter, vector = chip.interrupts_off()
    assert longest.cycles == pytest.approx(200, abs=3)
    assert shorter.cycles == pytest.approx(100, abs=5)
    assert vector.pc == 4 * 16
    assert vector.cycles == pytest.approx(50 + 20, abs=10)
