// Texts and tables that stay where they are, in RAM or in flash.
#pragma once

#include <stdint.h>

#include "flash.h"

class __FlashStringHelper;  // what Arduino's F("…") gives

namespace ardugate {

// A pointer that is kept in flash.
template <typename T>
inline T* flash_pointer(T* const* at) {
#if defined(__AVR__)
  return reinterpret_cast<T*>(pgm_read_word(at));
#else
  return *at;
#endif
}

// A text: a literal, which an AVR copies into RAM, or one in flash, as F("…") gives.
class Words {
 public:
  Words() = default;
  Words(const char* text) : at_(text) {}
#if defined(__AVR__)
  // Data has addresses below 32 KiB on every processor of ours, and so has the flash that constants are in.
  Words(const __FlashStringHelper* text)
      : at_(reinterpret_cast<const char*>(reinterpret_cast<uint16_t>(text) | kFlash)) {}
#else
  Words(const __FlashStringHelper* text) : at_(reinterpret_cast<const char*>(text)) {}
#endif

  // Inlined, else the object would have to be in memory.
  __attribute__((always_inline)) char operator[](uint8_t index) const { return letter(at_ + index); }
  __attribute__((always_inline)) Words operator+(uint8_t bytes) const { return Words(at_ + bytes); }
  // Bytes before the 0 that ends it, at most `most`.
  __attribute__((always_inline)) uint8_t size(uint8_t most) const { return size_of(at_, most); }

 private:
#if defined(__AVR__)
  static const uint16_t kFlash = 0x8000;
  static char letter(const char* where);
#else
  static char letter(const char* where) { return *where; }
#endif
  static uint8_t size_of(const char* at, uint8_t most);

  const char* at_;
};

// D0, D1 ... and A0, A1 ..., as they are printed on the board. Returns how many of the bytes these are.
uint8_t pin_name(uint8_t pin, char name[4]);

class Writer;
// Writes a text that is in flash, as far as a reply has room for it (wire.md 3.4).
void put_reason(Writer& data, const char* why);

}  // namespace ardugate
