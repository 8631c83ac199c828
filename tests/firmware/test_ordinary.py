"""Ordinary sketches, written without a thought of the link, run beside it on the chip."""

from __future__ import annotations

import pytest

from ardugate.wire import messages as msg
from ardugate.wire import ops
from ardugate.wire.messages import BoardHeartbeat, FromBoard, Log, Samples, Stop
from ardugate.wire.samples import Format, unpack_scans
from tests.firmware.makers import maker
from tests.firmware.on_chip import ChipBoard, chip_board, lost_scans
from tests.support.chip import CLOCK_HZ

pytestmark = pytest.mark.chip

OUTPUT = 4
KHZ = 16_000  # ticks
FOUR = (14, 15, 16, 17)
HEARTBEAT_S = 0.2


def edge_s(board: ChipBoard, pin: str, level: int) -> float:
    """When a pin last went to a level."""
    return [edge.cycle for edge in board.chip.edges(pin) if edge.level == level][-1] / CLOCK_HZ


def text_of(said: list[FromBoard]) -> str:
    """What the sketch printed."""
    return b"".join(message.text for message in said if isinstance(message, Log)).decode()


DELAYS = """
void setup() { Ardugate.sampleAnalog(100); Ardugate.begin(); }
void loop() { delay(5000); Ardugate.run(); }
"""


def test_a_delay_of_five_seconds_changes_nothing() -> None:
    with chip_board(maker(DELAYS)) as board:
        board.boot()
        board.done(ops.SetMode(8, OUTPUT))
        board.post(ops.SetStream(2, 1, KHZ, FOUR))
        said = board.go(0.4)
        # A deadline, to 2 ms.
        board.post(ops.Set(8, 300, 1))
        said += board.go(0.4)
        assert edge_s(board, "D8", 0) - edge_s(board, "D8", 1) == pytest.approx(0.300, abs=0.002)
        # The stop, at most 2 ms after its last byte.
        board.post(ops.Set(8, 3_000, 1))
        said += board.go(HEARTBEAT_S)
        sent_s = board.chip.cycles() / CLOCK_HZ + 9 * board.chip.line().byte_cycles / CLOCK_HZ
        board.send(Stop(700))
        said += board.go(1.6)
        assert 0 < edge_s(board, "D8", 0) - sent_s <= 0.002
        # The link and the samples.
        came, lost = lost_scans(said, 2, 4)
        assert lost == 0
        assert came == pytest.approx(2_600, abs=40)
        beats = [message for message in said if isinstance(message, BoardHeartbeat)]
        assert len(beats) == round(2.6 / HEARTBEAT_S)
        assert beats[-1].flags == 1  # stopped, and not hung: delay() yields
        assert [message.starved_loops for message in said if isinstance(message, msg.Counters)][-1] >= 2


# A library that prints without a thought, 37 times a second (with 40 it would meet each try of the gateway, which asks
# again after 250 ms).
TALKS = """
void talk();
void setup() { Ardugate.sampleAnalog(100); Ardugate.begin(); }
void loop() { talk(); delay(27); Ardugate.run(); }
"""
TALKER = """
#include <Arduino.h>
void talk() { Serial.println("sensor: ok"); }
"""


def test_what_a_library_prints_is_text_for_the_host_and_costs_no_frame() -> None:
    with chip_board(maker(TALKS, talker_cpp=TALKER)) as board:
        board.boot()
        board.post(ops.SetStream(2, 1, KHZ, FOUR))
        board.go(0.2)
        prints = 40
        said = board.go(prints * 0.027)
        assert board.damage == 0
        _, lost = lost_scans(said, 2, 4)
        assert lost == 0
        text = b"".join(message.text for message in said if isinstance(message, msg.Log))
        assert text.count(b"sensor: ok\r\n") >= 0.9 * prints


READS = """
int library_reads();
int before;
void setup() {
  before = analogRead(A3);
  Ardugate.sampleAnalog(100); Ardugate.begin();
}
void check(const char* whose, int value) {
  if (value < 510 || value > 514) { Serial.print(whose); Serial.println(value); }
}
void loop() {
  check("before", before);
  for (uint8_t i = 0; i < 100; i++) {
    check("sketch", analogRead(A3));
    check("library", library_reads());
  }
  Serial.println("done");
  Ardugate.run();
}
"""
READER = """
#include <Arduino.h>
int library_reads() { return analogRead(3); }
"""


def test_analog_read_is_right_beside_the_sampler_in_the_sketch_and_in_a_library() -> None:
    volts = {"A0": 1.0, "A1": 2.0, "A2": 3.0, "A3": 2.5}
    counts = [int(each * 1_024 / 5) for each in volts.values()]
    with chip_board(maker(READS, reader_cpp=READER)) as board:
        for pin, each in volts.items():
            board.chip.set_voltage(pin, each)
        board.chip.reset()
        board.listen(0.05)
        board.damage = 0  # the frame that the reset cut
        board.boot()
        board.post(ops.SetStream(2, 1, KHZ, FOUR))
        said = board.go(1.0)
        assert set(text_of(said).split()) == {"done"}
        assert lost_scans(said, 2, 4)[1] == 0
        for message in said:
            if isinstance(message, Samples) and message.stream == 2:
                columns = unpack_scans(Format.U10, message.packed, 4)
                assert columns is not None
                assert [set(column) for column in columns] == [{each} for each in counts]


WRITES = """
void library_writes();
void setup() {
  Ardugate.sampleAnalog(100);
  Ardugate.begin();
  analogWrite(9, 64);
  analogWrite(5, 32);
  library_writes();
}
void loop() { Ardugate.run(); }
"""
WRITER = """
#include <Arduino.h>
void library_writes() { analogWrite(10, 192); analogWrite(11, 300); analogWrite(4, 200); }
"""


def test_analog_write_has_its_duty_beside_the_sampler_in_the_sketch_and_in_a_library() -> None:
    with chip_board(maker(WRITES, writer_cpp=WRITER)) as board:
        board.boot()
        board.go(0.1)
        duties = {pin: board.chip.level(pin) for pin in ("D9", "D5", "D10", "D11", "D4")}
        assert duties == pytest.approx({"D9": 64 / 255, "D5": 32 / 255, "D10": 192 / 255, "D11": 1, "D4": 1}, abs=0.005)


# 200 bytes without a break, again and again: the tick has to write the latch in between. Every other byte is written by
# hand, so slowly that the tick comes into the middle of it.
REMEMBERS = """
#include <EEPROM.h>
void slowly(int at, uint8_t value) {
  eeprom_busy_wait();
  EEAR = at;
  EEDR = value;
  delayMicroseconds(1500);
  noInterrupts();
  EECR |= _BV(EEMPE);
  EECR |= _BV(EEPE);
  interrupts();
}
void setup() { Ardugate.sampleAnalog(100); Ardugate.begin(); }
void loop() {
  for (uint8_t round = 1;; round++) {
    for (int at = 0; at < 200; at++) {
      if (at & 1) EEPROM.write(at, round + at); else slowly(at, round + at);
      if (EEPROM.read(at) != static_cast<uint8_t>(round + at)) Serial.println("wrong");
    }
  }
}
"""
LATCH = 1_024 - 16


def test_a_sketch_s_eeprom_and_the_board_s_own_are_both_right() -> None:
    with chip_board(maker(REMEMBERS)) as board:
        board.boot()
        said: list[FromBoard] = []
        for turn in range(8):
            board.send(Stop(700 + 2 * turn))
            said += board.go(0.113)
            assert board.chip.eeprom(LATCH, 1) == b"\x5a"
            board.count_from(701 + 2 * turn)
            board.post(ops.ClearStop())
            said += board.go(0.117)
            assert board.chip.eeprom(LATCH, 1) == b"\xff"
        assert text_of(said) == ""
        own = board.chip.eeprom(0, 200)
        rounds = {(value - at) % 256 for at, value in enumerate(own)}
        assert len(rounds) <= 2  # the round that is being written, and the one before
        board.send(Stop(900))
        board.go(0.1)
        board.chip.reset()
        assert board.chip.eeprom(LATCH, 1) == b"\x5a"


SPEAKS = """
#include <SPI.h>
#include <Wire.h>
uint8_t count;
void setup() {
  Ardugate.sampleAnalog(100);
  Ardugate.begin();
  SPI.begin();
  Wire.begin();
}
void loop() {
  SPI.beginTransaction(SPISettings(1000000, MSBFIRST, SPI_MODE0));
  for (uint8_t i = 0; i < 20; i++) SPI.transfer(i);
  SPI.endTransaction();
  Wire.beginTransmission(0x50);  // a memory: where to, and what
  Wire.write(7);
  Wire.write(count);
  const uint8_t written = Wire.endTransmission();
  Wire.beginTransmission(0x50);
  Wire.write(7);
  Wire.endTransmission();
  Wire.requestFrom(0x50, 1);
  const uint8_t read = Wire.read();
  Wire.beginTransmission(0x42);  // nobody
  const uint8_t nobody = Wire.endTransmission();
  Serial.println(written == 0 && read == count && nobody == 2 ? "right" : "wrong");
  count++;
  delay(20);
  Ardugate.run();
}
"""


def test_wire_and_spi_work_beside_the_link() -> None:
    with chip_board(maker(SPEAKS)) as board:
        board.boot()
        board.post(ops.SetStream(2, 1, KHZ, (14, 15)))
        said = board.go(1.0)
        assert lost_scans(said, 2, 2)[1] == 0
        assert text_of(said).split() == ["right"] * text_of(said).count("\n")
        assert text_of(said).count("right") >= 30
        assert len([message for message in said if isinstance(message, BoardHeartbeat)]) == 5
