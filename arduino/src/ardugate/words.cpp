#include "words.h"

#include "wire.h"

namespace ardugate {

ARDUGATE_SMALL char Words::operator[](uint8_t index) const {
#if defined(__AVR__)
  const uint16_t at = reinterpret_cast<uint16_t>(at_) + index;
  return at & kFlash ? pgm_read_byte(at & ~kFlash) : *reinterpret_cast<const char*>(at);
#else
  return at_[index];
#endif
}

ARDUGATE_SMALL uint8_t Words::size(uint8_t most) const {
  uint8_t size = 0;
  while (size < most && (*this)[size] != 0) size++;
  return size;
}

ARDUGATE_SMALL void put_reason(Writer& data, const char* why) {
  for (uint8_t i = 0; i < kMaxReplyData; i++) {
    const uint8_t letter = pgm_read_byte(why + i);
    if (letter == 0) return;
    data.u8(letter);
  }
}

}  // namespace ardugate
