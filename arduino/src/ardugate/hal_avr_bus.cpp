// The two-wire and the serial peripheral interface, polled: without an interrupt's vector and without the libraries Wire
// and SPI, whose registers are put back as they were. Section numbers are those of the ATmega328P's datasheet.
#include "hal.h"

#if defined(__AVR__)

namespace ardugate {
namespace hal {

namespace {

const uint8_t kTwoWireRate = (F_CPU / 100000 - 16) / 2;  // 100 kHz (22.5.2)
const uint16_t kPatienceUs = 3000;  // of a byte of 90 us, for a partner that holds the clock

// What a step of the two-wire interface ends with when somebody answered (tables 22-3 and 22-4). No step can end with
// what is another's, so they need not be told apart.
enum : uint8_t {
  kStarted = 0x08,
  kStartedAgain = 0x10,
  kAddressed = 0x18,
  kWritten = 0x28,
  kAsked = 0x40,
  kRead = 0x50,
  kReadLast = 0x58
};

uint8_t rate_before;
uint8_t scale_before;
uint8_t control_before;
uint8_t data_line_before;
uint8_t clock_line_before;

// Begins a step and waits for its end; its status, or 0 when it takes too long.
uint8_t step(uint8_t control) {
  TWCR = control | _BV(TWINT) | _BV(TWEN);
  const uint32_t began_us = micros();
  while (!(TWCR & _BV(TWINT))) {
    if (micros() - began_us > kPatienceUs) return 0;
  }
  return TWSR & 0xF8;
}

I2cAnswer answer(uint8_t status) {
  switch (status) {
    case 0:
      return kI2cStuck;
    case kAddressed:
    case kWritten:
    case kAsked:
    case kRead:
    case kReadLast:
      return kI2cYes;
    default:
      return kI2cNo;
  }
}

}  // namespace

void i2c_begin() {
  rate_before = TWBR;
  scale_before = TWSR;
  control_before = TWCR;
  data_line_before = pin_state(kSdaPin);
  clock_line_before = pin_state(kSclPin);
  pin_input(kSdaPin, true);
  pin_input(kSclPin, true);
  TWCR = 0;
  TWSR = 0;
  TWBR = kTwoWireRate;
}

void i2c_end() {
  TWCR = 0;
  pin_restore(kSdaPin, data_line_before);
  pin_restore(kSclPin, clock_line_before);
  TWBR = rate_before;
  TWSR = scale_before & 3;
  TWCR = control_before & ~(_BV(TWINT) | _BV(TWSTA) | _BV(TWSTO));
}

I2cAnswer i2c_start(uint8_t address_and_way) {
  const uint8_t started = step(_BV(TWSTA));
  if (started != kStarted && started != kStartedAgain) return kI2cStuck;
  TWDR = address_and_way;
  return answer(step(0));
}

I2cAnswer i2c_write(uint8_t byte) {
  TWDR = byte;
  return answer(step(0));
}

I2cAnswer i2c_read(uint8_t* byte, bool last) {
  const I2cAnswer answered = answer(step(last ? 0 : _BV(TWEA)));
  *byte = TWDR;
  return answered;
}

void i2c_stop() {
  TWCR = _BV(TWINT) | _BV(TWSTO) | _BV(TWEN);
  const uint32_t began_us = micros();
  while ((TWCR & _BV(TWSTO)) && micros() - began_us <= kPatienceUs) {
  }
}

void spi_begin() {
  rate_before = SPSR;
  control_before = SPCR;
  data_line_before = pin_state(kMosiPin);
  clock_line_before = pin_state(kSckPin);
  scale_before = pin_state(kSsPin);
  // A LOW there would end the transfer (19.3.2).
  if (!(scale_before & 2)) pin_input(kSsPin, true);
  SPSR = 0;
  SPCR = _BV(SPE) | _BV(MSTR) | _BV(SPR0);  // mode 0, 1 MHz
  pin_output(kSckPin, false);
  pin_output(kMosiPin, false);
}

bool spi_exchange(uint8_t* byte) {
  SPDR = *byte;
  const uint32_t began_us = micros();
  while (!(SPSR & _BV(SPIF))) {
    if (micros() - began_us > kPatienceUs) return false;
  }
  *byte = SPDR;
  return SPCR & _BV(MSTR);
}

void spi_end() {
  SPCR = control_before;
  SPSR = rate_before & _BV(SPI2X);
  pin_restore(kMosiPin, data_line_before);
  pin_restore(kSckPin, clock_line_before);
  if (!(scale_before & 2)) pin_restore(kSsPin, scale_before);
}

}  // namespace hal
}  // namespace ardugate

#endif
