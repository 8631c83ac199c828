// The object Serial for hal_avr_serial.cpp, apart from the core's headers, which call it a HardwareSerial with its rings: it
// has only what a Stream has, in the same places, and needs no constructor. So it takes no memory where nobody prints.
#if defined(__AVR__)

#include <avr/io.h>

#if !defined(USBCON) && !defined(UBRR1H)  // hal.h's ARDUGATE_UART

typedef int (*const Virtual)(...);
extern Virtual functions_of_serial[9] __asm__("_ZTV14HardwareSerial");

struct StreamOnly {
  const void* functions;
  int write_error;
  unsigned long timeout_ms;
  unsigned long start_ms;
};

extern StreamOnly serial_object __asm__("Serial");
StreamOnly serial_object = {functions_of_serial + 2, 0, 1000, 0};  // behind the offset and the type's name

#endif

#endif
