"""The simulated chip's serial line keeps to the datasheet, and loses nothing between the pty and the chip."""

from __future__ import annotations

import pytest

import serial
from tests.support.chip import CLOCK_HZ, Chip, build_optiboot
from tests.support.chip.program import compile_program, run_program

pytestmark = pytest.mark.chip

_ECHO = "int main(void) { line(%d); for (;;) put(get()); }"
_SPEAK = 'int main(void) { line(17); _delay_ms(20); for (const char *c = "hello\\n"; *c; c++) put(*c); for (;;) {} }'


@pytest.mark.parametrize(("divisor", "cycles_per_byte"), [(17, 1_360), (2, 160), (1, 80)], ids=["115200", "1M", "2M"])
def test_a_byte_takes_ten_bits(divisor: int, cycles_per_byte: int) -> None:
    said = run_program(f"int main(void) {{ line({divisor}); for (;;) put('U'); }}", seconds=0.1).said
    assert len(said) == pytest.approx(0.1 * CLOCK_HZ / cycles_per_byte, rel=0.001)


def test_the_transmitter_takes_two_bytes_before_it_waits() -> None:
    ran = run_program(
        "int main(void) { line(17); TCCR1B = 1; for (int i = 0; i < 4; i++) { put('x'); out[i] = TCNT1; } for (;;) {} }"
    )
    gaps = [later - earlier for earlier, later in zip(ran.out[:3], ran.out[1:4], strict=True)]
    assert gaps[0] < 50
    assert gaps[1] == pytest.approx(1_360, abs=50)
    assert gaps[2] == pytest.approx(1_360, abs=50)


def test_a_late_reader_loses_what_finds_buffer_and_shift_register_taken() -> None:
    ran = run_program(
        "int main(void) { line(17); _delay_ms(20); for (int i = 0; i < 3; i++) { out[2 * i] = UCSR0A; "
        "out[2 * i + 1] = UDR0; } out[6] = UCSR0A; for (;;) {} }",
        send=b"abcde",
    )
    flags = [status & 0x88 for status in ran.out[0:7:2]]
    assert bytes(ran.out[1:6:2]) == b"abe"
    assert flags == [0x88, 0x80, 0x80, 0x00]  # RXC0 with DOR0, then RXC0 alone, then nothing


def test_the_receive_interrupt_comes_again_while_bytes_wait() -> None:
    ran = run_program(
        "ISR(USART_RX_vect) { out[0]++; out[1] = UDR0; }"
        "int main(void) { line(17); _delay_ms(20); UCSR0B |= _BV(RXCIE0); sei(); for (;;) {} }",
        send=b"ab",
    )
    assert ran.out[:2] == (2, ord("b"))


@pytest.mark.parametrize(("divisor", "baud"), [(8, 250_000), (2, 1_000_000), (1, 2_000_000)])
def test_nothing_is_lost_between_pty_and_chip(divisor: int, baud: int) -> None:
    data = bytes(k * 7 % 256 for k in range(20_000))
    with Chip(compile_program(_ECHO % divisor)) as chip, serial.Serial(chip.port, baud, timeout=30) as port:
        echoed = b""
        for at in range(0, len(data), 500):  # less than the pty holds, so that nobody waits for the other
            port.write(data[at : at + 500])
            echoed += port.read(500)
        assert echoed == data
        counts = chip.line()
    assert (counts.to_chip, counts.overruns, counts.dropped, counts.garbled) == (len(data), 0, 0, 0)


def test_a_rate_within_four_percent_is_the_same_and_beyond_it_all_is_garbage() -> None:
    # The chip's nearest to 115,200 is 117,647: 2.1 % more.
    text = b"hello, hello, hello\n"
    with Chip(compile_program(_ECHO % 17)) as chip, serial.Serial(chip.port, 115_200, timeout=30) as port:
        port.write(text)
        assert port.read(len(text)) == text
        assert chip.line().garbled == 0
        port.baudrate = 125_000
        port.write(text)
        garbage = port.read(len(text))
        assert len(garbage) == len(text)
        assert garbage != text
        assert chip.line().garbled == 2 * len(text)
        port.baudrate = 115_200
        port.write(text)
        assert port.read(len(text)) == text


def test_when_it_is_stepped_the_test_says_the_hosts_rate() -> None:
    with Chip(compile_program(_ECHO % 2), pace="stepped") as chip:
        chip.run(0.005)
        for baud, good in ((0, True), (1_000_000, True), (500_000, False)):
            chip.set_baud(baud)
            chip.send(b"abc")
            assert (chip.run(0.001) == b"abc") is good


def test_opening_the_pty_resets_the_chip_if_it_has_a_dtr_line() -> None:
    with Chip(compile_program(_SPEAK), reset_on_open=True) as chip:
        chip.wait(0.1)
        for _ in range(2):
            with serial.Serial(chip.port, 115_200, timeout=30) as port:
                assert port.read_until(b"\n") == b"hello\n"
            chip.wait(0.01)
        assert len(chip.resets()) == 3


def test_with_a_bootloader_in_front_the_program_begins_late() -> None:
    with Chip(compile_program(_SPEAK), bootloader=build_optiboot(), reset_on_open=True) as chip:
        with serial.Serial(chip.port, 115_200, timeout=60) as port:
            assert port.read_until(b"hello\n").endswith(b"hello\n")
        assert 0.8 < (chip.cycles() - chip.resets()[1]) / CLOCK_HZ < 3


def test_a_chip_that_is_switched_off_is_a_line_that_vanishes() -> None:
    with Chip(compile_program(_SPEAK)) as chip:
        port = serial.Serial(chip.port, 115_200, timeout=30)
        chip.stop()
        with port, pytest.raises(serial.SerialException):
            port.read(100)
