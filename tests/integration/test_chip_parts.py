"""The simulated chip's ADC, timers, pins, EEPROM and watchdog keep to the datasheet."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.chip import CLOCK_HZ, Chip
from tests.support.chip.program import compile_program, run_program
from tests.support.firmware import symbol

pytestmark = pytest.mark.chip

_FREE_RUNNING = "ADMUX = 0x40; ADCSRB = 0; ADCSRA = _BV(ADEN) | _BV(ADSC) | _BV(ADATE) | _BV(ADIE) | {scale}; sei();"


class TestTheAdc:
    """Conversions."""

    @pytest.mark.parametrize(("volts", "counts"), [(0.0, 0), (1.25, 256), (2.5, 512), (4.999, 1_023), (6.0, 1_023)])
    def test_a_voltage_is_converted(self, volts: float, counts: int) -> None:
        source = (
            "int main(void) { ADMUX = 0x40; ADCSRA = _BV(ADEN) | _BV(ADSC) | 7; while (ADCSRA & _BV(ADSC)) {}"
            "out[0] = ADC; for (;;) {} }"
        )
        assert run_program(source, volts={"A0": volts}).out[0] == counts

    @pytest.mark.parametrize(("scale", "hz"), [(7, 9_615), (5, 38_461), (4, 76_923)])
    def test_free_running_takes_13_clocks(self, scale: int, hz: int) -> None:
        source = "ISR(ADC_vect) { out[0]++; } int main(void) { " + _FREE_RUNNING.format(scale=scale) + " for (;;) {} }"
        assert run_program(source, seconds=0.5).out[0] == pytest.approx(hz / 2, rel=0.0005)

    def test_a_channel_chosen_in_the_interrupt_counts_from_the_conversion_after_the_next(self) -> None:
        source = (
            "ISR(ADC_vect) { static uint8_t n; if (n < 6) out[n++] = ADC; if (n == 2) ADMUX = 0x41; }"
            "int main(void) { " + _FREE_RUNNING.format(scale=7) + " for (;;) {} }"
        )
        assert run_program(source, volts={"A0": 1.0, "A1": 2.0}).out[:6] == (204, 204, 204, 409, 409, 409)

    def test_a_timer_starts_conversions(self) -> None:
        source = (
            "ISR(ADC_vect) { out[0]++; TIFR1 = _BV(OCF1B); }"
            "int main(void) { ADMUX = 0x40; ADCSRB = 5; ADCSRA = _BV(ADEN) | _BV(ADATE) | _BV(ADIE) | 4;"
            "TCCR1B = _BV(WGM12) | 1; OCR1A = 15999; OCR1B = 15999; sei(); for (;;) {} }"
        )
        assert run_program(source, seconds=0.5).out[0] == pytest.approx(500, abs=1)


class TestTheTimers:
    """Rates, flags and outputs."""

    @pytest.mark.parametrize(
        ("setup", "vector", "cycles"),
        [
            ("TCCR0A = 3; TCCR0B = 3; TIMSK0 = _BV(TOIE0);", "TIMER0_OVF_vect", 16_384),
            ("OCR0A = 128; TCCR0A = 3; TCCR0B = 3; TIMSK0 = _BV(OCIE0A);", "TIMER0_COMPA_vect", 16_384),
            ("OCR0A = 249; TCCR0A = 2; TCCR0B = 3; TIMSK0 = _BV(OCIE0A);", "TIMER0_COMPA_vect", 16_000),
            ("ICR1 = 19999; TCCR1B = _BV(WGM13) | _BV(WGM12) | 2; TIMSK1 = _BV(ICIE1);", "TIMER1_CAPT_vect", 160_000),
            (
                "ICR1 = 39999; TCCR1A = _BV(WGM11); TCCR1B = _BV(WGM13) | _BV(WGM12) | 2; TIMSK1 = _BV(TOIE1);",
                "TIMER1_OVF_vect",
                320_000,
            ),
            (
                "ICR1 = 39999; OCR1B = 3000; TCCR1A = _BV(WGM11); TCCR1B = _BV(WGM13) | _BV(WGM12) | 2;"
                "TIMSK1 = _BV(OCIE1B);",
                "TIMER1_COMPB_vect",
                320_000,
            ),
            ("TCCR1A = 1; TCCR1B = 3; TIMSK1 = _BV(TOIE1);", "TIMER1_OVF_vect", 510 * 64),
            ("OCR2A = 124; TCCR2A = 2; TCCR2B = 5; TIMSK2 = _BV(OCIE2A);", "TIMER2_COMPA_vect", 16_000),
        ],
        ids=["fast", "compare", "ctc", "icr-ctc", "icr-fast", "icr-compare-b", "phase", "timer2"],
    )
    def test_a_mode_has_its_period(self, setup: str, vector: str, cycles: int) -> None:
        source = f"ISR({vector}) {{ out[0]++; }} int main(void) {{ {setup} sei(); for (;;) {{}} }}"
        assert run_program(source, seconds=1.0).out[0] == pytest.approx(CLOCK_HZ / cycles, abs=1)

    def test_writing_a_flag_clears_no_other(self) -> None:
        source = (
            "int main(void) { OCR0A = 10; TCCR0B = 3; _delay_ms(5); out[0] = TIFR0; TIFR0 = _BV(OCF0A);"
            "out[1] = TIFR0; for (;;) {} }"
        )
        assert run_program(source).out[:2] == (7, 5)

    def test_a_flag_that_is_up_fires_when_its_interrupt_is_switched_on(self) -> None:
        source = (
            "ISR(TIMER1_OVF_vect) { out[0]++; TIMSK1 = 0; }"
            "int main(void) { TCNT1 = 65000; TCCR1B = 1; _delay_ms(1); TCCR1B = 0; sei();"
            "TIMSK1 = _BV(TOIE1); for (;;) {} }"
        )
        assert run_program(source).out[0] == 1

    def test_pwm_is_traced_as_a_duty(self) -> None:
        source = "int main(void) { DDRB = 2; OCR1A = 63; TCCR1A = _BV(COM1A1) | 1; TCCR1B = 3; for (;;) {} }"
        with Chip(compile_program(source), pace="stepped") as chip:
            chip.run(0.05)
            assert chip.level("D9") == pytest.approx(63 / 255)


class TestPins:
    """Levels and edges."""

    def test_a_pull_up_yields_to_what_is_connected(self) -> None:
        source = (
            "int main(void) { DDRB = 0x20; PORTD = 4;"
            "for (;;) { out[0] = PIND & 4; PORTB ^= 0x20; PORTD |= 8; PORTD &= ~8; } }"
        )
        elf = compile_program(source)
        with Chip(elf, pace="stepped") as chip:
            seen: list[int] = []
            for level in (None, False, True, False, None):
                chip.set_pin("D2", level)
                chip.run(0.001)
                seen.append(chip.data(symbol(elf, "out"), 1)[0])
        assert seen == [4, 0, 4, 0, 4]

    def test_toggling_by_sbi_touches_one_pin(self) -> None:
        source = "int main(void) { DDRB = 0x30; PORTB = 0x10; PINB |= _BV(5); for (;;) {} }"
        with Chip(compile_program(source), pace="stepped") as chip:
            chip.run(0.01)
            assert (chip.level("D12"), chip.level("D13")) == (1, 1)

    def test_an_edge_has_the_cycle_at_which_it_happened(self) -> None:
        source = "int main(void) { DDRB = 0x20; for (;;) { PORTB ^= 0x20; _delay_us(100); } }"
        with Chip(compile_program(source), pace="stepped") as chip:
            chip.run(0.05)
            cycles = [edge.cycle for edge in chip.edges("D13")][2:]
        gaps = {later - earlier for earlier, later in pairwise(cycles)}
        assert all(1_600 <= gap <= 1_612 for gap in gaps)

    def test_planned_edges_raise_pin_change_interrupts_to_the_cycle(self) -> None:
        source = (
            "ISR(PCINT2_vect) { out[out[0] + 1] = TCNT1; out[0]++; }"
            "int main(void) { TCCR1B = 1; PCMSK2 = 4; PCICR = 4; sei(); for (;;) {} }"
        )
        elf = compile_program(source)
        with Chip(elf, pace="stepped") as chip:
            now = chip.cycles()
            for k in range(5):
                chip.set_pin("D2", k % 2 == 0, at_cycle=now + 20_000 + k * 1_000)
            chip.run(0.01)
            data = chip.data(symbol(elf, "out"), 12)
        times = [int.from_bytes(data[2 * k : 2 * k + 2], "little") for k in range(6)]
        assert times[0] == 5
        assert all((later - earlier) & 0xFFFF == pytest.approx(1_000, abs=6) for earlier, later in pairwise(times[1:]))

    def test_an_edge_at_the_capture_pin_leaves_icr1_alone_that_is_a_top(self) -> None:
        source = (
            "int main(void) { DDRB = 1; TCCR1A = _BV(WGM11); ICR1 = 3999; TCCR1B = _BV(WGM13) | _BV(WGM12) | _BV(CS10);"
            "PORTB = 1; PORTB = 0; out[0] = ICR1; for (;;) {} }"
        )
        assert run_program(source).out[0] == 3_999


class TestMemory:
    """EEPROM, watchdog and reset."""

    def test_the_eeprom_outlives_a_reset_and_takes_3_4_ms_a_byte(self) -> None:
        source = (
            "int main(void) { TCCR1B = 3; if (eeprom_read_byte((uint8_t *)5) == 0xFF) { uint16_t t = TCNT1;"
            "eeprom_write_byte((uint8_t *)5, 7); eeprom_busy_wait(); out[1] = TCNT1 - t; }"
            "out[0] = eeprom_read_byte((uint8_t *)5); for (;;) {} }"
        )
        elf = compile_program(source)
        with Chip(elf, pace="stepped") as chip:
            chip.run(0.05)
            first = chip.data(symbol(elf, "out"), 4)
            chip.reset()
            chip.run(0.05)
            assert chip.data(symbol(elf, "out"), 4) == b"\x07\0\0\0"
            assert chip.eeprom(5, 1) == b"\x07"
        assert int.from_bytes(first[2:], "little") == pytest.approx(3_400 / 4, abs=10)

    def test_the_watchdog_resets_the_chip(self) -> None:
        source = "int main(void) { out[0] = MCUSR; MCUSR = 0; wdt_enable(WDTO_15MS); for (;;) {} }"
        elf = compile_program(source)
        with Chip(elf, pace="stepped") as chip:
            chip.run(0.04)
            assert chip.data(symbol(elf, "out"), 1)[0] == 8
            gaps = [later - earlier for earlier, later in pairwise(chip.resets())]
        assert all(gap == pytest.approx(0.016 * CLOCK_HZ, rel=0.05) for gap in gaps[:2])

    @pytest.mark.parametrize(
        ("enables", "then", "interrupts", "resets"),
        [
            pytest.param("_BV(WDIE)", "sei();", 5, 0, id="interrupt mode"),
            pytest.param("_BV(WDIE)", "", 0, 0, id="interrupt mode, interrupts off"),
            pytest.param("_BV(WDIE) | _BV(WDE)", "sei();", 1, 2, id="both, in turn"),
            pytest.param("_BV(WDIE) | _BV(WDE)", "", 0, 2, id="both, interrupts off"),
            pytest.param("_BV(WDE)", "sei();", 0, 5, id="reset mode"),
        ],
    )
    def test_the_watchdog_has_its_modes(self, enables: str, then: str, interrupts: int, resets: int) -> None:
        source = (
            "ISR(WDT_vect) { out[1]++; }"
            "int main(void) { MCUSR = 0; WDTCSR = _BV(WDCE) | _BV(WDE);"
            f"WDTCSR = {enables}; {then} for (;;) {{}} }}"
        )
        elf = compile_program(source)
        with Chip(elf, pace="stepped") as chip:
            chip.run(0.09)  # five of its shortest times
            assert chip.data(symbol(elf, "out") + 2, 1)[0] == interrupts
            assert len(chip.resets()) - 1 == resets

    def test_only_the_timed_sequence_switches_the_watchdog_off(self) -> None:
        late = "__builtin_avr_delay_cycles(5);"
        for between, resets in (("", 0), (late, 1)):
            source = (
                "int main(void) { uint8_t again = MCUSR & 8; MCUSR = 0; wdt_disable(); if (again) for (;;) {}"
                f"wdt_enable(WDTO_15MS); WDTCSR = _BV(WDCE) | _BV(WDE); {between} WDTCSR = 0; for (;;) {{}} }}"
            )
            with Chip(compile_program(source), pace="stepped") as chip:
                chip.run(0.1)
                assert len(chip.resets()) - 1 == resets

    def test_a_reset_tells_its_cause(self) -> None:
        elf = compile_program("int main(void) { out[0] = MCUSR; MCUSR = 0; for (;;) {} }")
        causes: list[int] = []
        with Chip(elf, pace="stepped") as chip:
            for power in (False, True):
                chip.reset(power=power)
                chip.run(0.001)
                causes.append(chip.data(symbol(elf, "out"), 1)[0])
        assert causes[1] == 1
        assert causes[0] & 2

    def test_the_stack_s_untouched_part_is_known(self) -> None:
        shallow = "int main(void) { for (;;) {} }"
        deep = "int main(void) { volatile uint8_t room[300]; for (int i = 0; i < 300; i++) room[i] = i; for (;;) {} }"
        left: list[int] = []
        for source in (shallow, deep):
            with Chip(compile_program(source), pace="stepped") as chip:
                chip.run(0.01)
                left.append(chip.stack()[0])
        assert left[0] - left[1] == pytest.approx(300, abs=16)
