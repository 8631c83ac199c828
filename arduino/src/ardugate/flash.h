// Constants in flash, on processors that have a separate address space for them; plain constants elsewhere.
#pragma once

#if defined(__AVR__)
#include <avr/pgmspace.h>
#elif defined(ARDUINO)
#include <Arduino.h>
#endif

#if !defined(PROGMEM)
#include <stdint.h>
#define PROGMEM
#define PSTR(text) (text)
#define pgm_read_byte(address) (*(address))
#define pgm_read_word(address) (*(address))
#define pgm_read_dword(address) (*(address))
#define pgm_read_ptr(address) (*(address))
#endif

namespace ardugate {

// The entry of a table of functions in flash.
template <typename Function>
inline Function in_flash(const Function& entry) {
  return reinterpret_cast<Function>(pgm_read_ptr(&entry));
}

}  // namespace ardugate
