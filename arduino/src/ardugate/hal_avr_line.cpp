// The line where the core has it: USB itself, or one UART of several (hal_avr_uart.cpp has a single one). Section numbers are those of the ATmega328P's
// datasheet.
#include "hal.h"

#if defined(__AVR__) && !defined(ARDUGATE_UART)

#include "flash.h"
#include "sampler.h"

namespace ardugate {
namespace hal {

void line_begin() { Serial.begin(115200); }

bool line_read(uint8_t* byte) {
  const int value = Serial.read();
  if (value < 0) return false;
  *byte = value;
  return true;
}

#if defined(USBCON)

bool line_overrun() { return false; }
uint8_t line_room() { return Serial.availableForWrite(); }
void line_write(uint8_t byte) { Serial.write(byte); }
uint16_t line_delay_us() { return 0; }
// Full-speed bulk transfers, of which a board is not the only user: 60,000 bytes a second.
uint16_t line_byte_ticks(uint8_t) { return kTickHz / 60000; }

#else

// Bytes in the core's transmit ring at once: two and a half ticks' worth at 115,200 baud, so that the line never waits
// for the tick, and few enough that a reply is on the line within 3 ms.
// A faster line takes more in a tick.
const uint8_t kQueuedBytes = 32;
const uint8_t kQueuedFast = SERIAL_TX_BUFFER_SIZE - 1;

// UBRR with U2X: 115,200 (really 117,647; 20.11, table 20-6), 250,000, 500,000 and 1,000,000 baud.
const uint8_t kDividers[kLineRates] PROGMEM = {16, 7, 3, 1};

static uint16_t byte_ticks(uint8_t divider) { return (divider + 1) * 80; }

uint16_t line_byte_ticks(uint8_t rate) { return byte_ticks(pgm_read_byte(kDividers + rate)); }

void line_rate(uint8_t rate) { UBRR0L = pgm_read_byte(kDividers + rate); }

bool line_idle() { return Serial.availableForWrite() == SERIAL_TX_BUFFER_SIZE - 1 && (UCSR0A & _BV(UDRE0)); }

static uint8_t queued() { return SERIAL_TX_BUFFER_SIZE - 1 - Serial.availableForWrite(); }

// The core drops bytes without a word when its ring is full, so a full ring counts as one.
bool line_overrun() { return Serial.available() >= SERIAL_RX_BUFFER_SIZE - 1; }

uint8_t line_room() {
  const uint8_t waiting = queued();
  const uint8_t most = UBRR0L > 3 ? kQueuedBytes : kQueuedFast;
  return waiting < most ? most - waiting : 0;
}

void line_write(uint8_t byte) { Serial.write(byte); }

uint16_t line_delay_us() {
  const uint8_t waiting = queued();
  if (waiting == 0 && (UCSR0A & _BV(UDRE0))) return 0;
  // The data register holds one more byte, and half of another is in the shift register on average.
  return (2 * waiting + 3) * static_cast<uint32_t>(byte_ticks(UBRR0L)) / (2 * kTicksPerUs);
}

#endif

}  // namespace hal
}  // namespace ardugate

#endif
