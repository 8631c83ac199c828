#include "words.h"

#include "hal.h"
#include "wire.h"

namespace ardugate {

#if defined(__AVR__)
ARDUGATE_SMALL char Words::letter(const char* where) {
  const uint16_t at = reinterpret_cast<uint16_t>(where);
  return at & kFlash ? pgm_read_byte(at & ~kFlash) : *where;
}
#endif

ARDUGATE_SMALL uint8_t Words::size_of(const char* at, uint8_t most) {
  uint8_t size = 0;
  while (size < most && letter(at + size) != 0) size++;
  return size;
}

ARDUGATE_SMALL uint8_t pin_name(uint8_t pin, char name[4]) {
  const bool analog = pin >= hal::kFirstAnalogPin && pin < hal::kFirstAnalogPin + hal::kAnalogInputs;
  uint8_t number = analog ? pin - hal::kFirstAnalogPin : pin;
  char* at = name;
  *at++ = analog ? 'A' : 'D';
  if (number >= 10) *at++ = '0' + number / 10;
  *at++ = '0' + number % 10;
  return at - name;
}

ARDUGATE_SMALL void put_reason(Writer& data, const char* why) {
  for (uint8_t i = 0; i < kMaxReplyData; i++) {
    const uint8_t letter = pgm_read_byte(why + i);
    if (letter == 0) return;
    data.u8(letter);
  }
}

}  // namespace ardugate
