// Transfers on the I2C and SPI pins as commands that a page or a script may call (wire.md 3.4). They take no memory beside
// the call's own: what they read is written where the result will be.
#pragma once

#include "calls.h"

namespace ardugate {

// What such a command returns: what is to be done, which is done when the result is given.
struct I2cScan {};

struct I2cTransfer {
  uint8_t address;
  const char* write;  // hexadecimal
  uint8_t read;       // bytes
};

struct SpiTransfer {
  uint8_t select;     // a pin, LOW during the transfer
  const char* write;  // hexadecimal
};

// The addresses that answer, two digits each, the first 16.
void give(Arguments& arguments, I2cScan scan);
// Writes, then reads after a repeated start; what was read, or why not: "no answer", "no such bus", "bad hex", "in use",
// "bus stuck", "too many" (bytes to read: 16).
void give(Arguments& arguments, const I2cTransfer& transfer);
// As many bytes as were written.
void give(Arguments& arguments, const SpiTransfer& transfer);

template <typename T>
struct BusResult {
  static const Types kCode = static_cast<Types>(ArgumentType::kText);
  static void give(Arguments& arguments, const T& what) { ardugate::give(arguments, what); }
};

template <>
struct ArgumentOf<I2cScan> : BusResult<I2cScan> {};
template <>
struct ArgumentOf<I2cTransfer> : BusResult<I2cTransfer> {};
template <>
struct ArgumentOf<SpiTransfer> : BusResult<SpiTransfer> {};

inline I2cScan i2c_scan() { return I2cScan(); }
inline I2cTransfer i2c_transfer(uint8_t address, const char* write, uint8_t read) {
  return I2cTransfer{address, write, read};
}
inline SpiTransfer spi_transfer(uint8_t select, const char* write) { return SpiTransfer{select, write}; }

}  // namespace ardugate
