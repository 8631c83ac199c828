// The core's Serial on a processor whose one UART is the host's. All that the core's HardwareSerial.cpp and HardwareSerial0.cpp
// define and anybody can name is defined here, so the linker leaves both in their archive, with their interrupts and rings.
// What a library prints there becomes text for the host, like the sketch's own.
#include "hal.h"

#if defined(ARDUGATE_UART)

#include "Ardugate.h"

#undef Serial

static_assert(sizeof(Stream) == 12, "hal_avr_serial_object.cpp has a Stream's members");

using ardugate::text;

void HardwareSerial::begin(unsigned long, uint8_t) {}
void HardwareSerial::end() {}
int HardwareSerial::available() { return 0; }
int HardwareSerial::peek() { return -1; }
int HardwareSerial::read() { return -1; }
int HardwareSerial::availableForWrite() { return 0; }
void HardwareSerial::flush() {}
size_t HardwareSerial::write(uint8_t byte) { return text().write(byte); }
void HardwareSerial::_tx_udr_empty_irq() {}

bool Serial0_available() { return false; }

#endif
