#include "Ardugate.h"

#undef Serial

#include "board.h"
#include "bus.h"
#include "counters.h"
#include "fast.h"
#include "hal.h"
#include "link.h"
#include "log.h"
#include "modes.h"
#include "pins.h"
#include "sampler.h"

ardugate::Board Ardugate;

namespace ardugate {

namespace {

Log log_text;

uint8_t take_text(uint8_t* out, uint8_t room) { return log_text.take(out, room, hal::now_ms()); }

}  // namespace

// Made anew each time, which costs less than to know whether it was: it holds nothing but the Print of the core.
ARDUGATE_SMALL Text& text() {
  alignas(Text) static uint8_t place[sizeof(Text)];
  link.set_text(take_text);
  return *new (place) Text;
}

void Board::watchDigital() {
  for (uint8_t pin = 0; pin < hal::kFirstAnalogPin; pin++) pins.start_mode(pin, Mode::kInput);
}

void Board::fast() {
#if defined(ARDUGATE_UART)
  use_fast();
#endif
}

void Board::sampleAnalog(uint16_t hz) {
  for (uint8_t i = 0; i < hal::kAnalogInputs; i++) pins.start_mode(hal::kFirstAnalogPin + i, Mode::kAnalog);
  link.start_sampling(hz != 0 ? hal::kTickHz / hz : 0);
}

void Board::servoMode() { use_servo_mode(); }

void Board::toneMode() { use_tone_mode(); }

void Board::countModes() { use_counting_modes(); }

void Board::allModes() {
  servoMode();
  toneMode();
  countModes();
}

void Board::buses() {
  command(F("i2c.scan()"), i2c_scan);
  command(F("i2c.transfer(address 8..119, write, read 0..16)"), i2c_transfer);
  command(F("spi.transfer(select, write)"), spi_transfer);
}

void Board::safe(uint8_t pin, uint8_t level) { pins.safe_level(pin, level != LOW); }

void Board::begin(Words name) { ardugate::begin(name); }

void Board::begin() { ardugate::begin(hal::board_name()); }

#if !defined(__AVR__)
void Board::line(Stream& stream) { hal::use_line(stream); }
#endif

void Board::run() {
  hal::poll();
  link.loop_ran();
  background();
  if (calls() != 0) calls()->run();
}

size_t Text::write(uint8_t byte) {
  // The line takes a full ring away in 3 ms, or in 20 beside a lot of samples; longer is no use to a sketch.
  const uint8_t patience_ms = 25;
  const uint16_t began_ms = hal::now_ms();
  while (!log_text.put(byte)) {
    if (hal::may_wait() && static_cast<uint16_t>(hal::now_ms() - began_ms) < patience_ms) {
      hal::wait();
      continue;
    }
    count(kTxDropped);
    return 0;
  }
  return 1;
}

}  // namespace ardugate

// The core calls this from delay() and while it waits. Weak, so that a scheduler's own takes its place.
void __attribute__((weak)) yield() {
  ardugate::hal::poll();
  ardugate::background();
}
