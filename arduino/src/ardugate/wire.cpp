#include "wire.h"

#include "flash.h"

namespace ardugate {

namespace {

// The CRC-32 of one byte, computed by the compiler: the reflected polynomial 0xEDB88320, one bit at a time.
constexpr uint32_t bits(uint32_t crc, uint8_t count) {
  return count == 0 ? crc : bits((crc & 1) ? 0xEDB88320UL ^ (crc >> 1) : crc >> 1, count - 1);
}

// The CRC of a byte is that of its low half xor that of its high half (a CRC without initial value is linear), so two
// tables of 16 do for one of 256: 128 bytes of flash in place of 1,024, for about 50 cycles a byte in place of 30.
#define ARDUGATE_CRC4(n, step) bits(n, 8), bits((n) + (step), 8), bits((n) + 2 * (step), 8), bits((n) + 3 * (step), 8)

const uint32_t kCrcOfLow[16] PROGMEM = {ARDUGATE_CRC4(0x00, 1), ARDUGATE_CRC4(0x04, 1), ARDUGATE_CRC4(0x08, 1),
                                        ARDUGATE_CRC4(0x0C, 1)};
const uint32_t kCrcOfHigh[16] PROGMEM = {ARDUGATE_CRC4(0x00, 16), ARDUGATE_CRC4(0x40, 16), ARDUGATE_CRC4(0x80, 16),
                                         ARDUGATE_CRC4(0xC0, 16)};

#undef ARDUGATE_CRC4

// One byte, without the initial value and the final xor.
uint32_t step(uint32_t crc, uint8_t byte) {
  const uint8_t index = static_cast<uint8_t>(crc) ^ byte;
  return pgm_read_dword(&kCrcOfLow[index & 0x0F]) ^ pgm_read_dword(&kCrcOfHigh[index >> 4]) ^ (crc >> 8);
}

}  // namespace

ARDUGATE_SMALL uint8_t mask_of(uint8_t number) { return 1 << number; }

uint32_t (*crc32_quick)(const uint8_t* data, uint16_t size, uint32_t so_far) = 0;

uint32_t crc32(const uint8_t* data, uint16_t size, uint32_t so_far) {
  if (crc32_quick != 0) return crc32_quick(data, size, so_far);
  uint32_t crc = ~so_far;
  while (size--) crc = step(crc, *data++);
  return ~crc;
}

uint16_t seal(uint8_t* frame, uint8_t body_size) {
  Writer(frame + 1 + body_size).u32(crc32(frame + 1, body_size));
  const uint8_t end = body_size + 5;
  uint8_t last = 0;
  for (uint8_t i = 1; i < end; i++) {
    if (frame[i] == 0) {
      frame[last] = i - last;
      last = i;
    }
  }
  frame[last] = end - last;
  frame[end] = 0;
  return end + 1U;
}

uint8_t unseal(uint8_t* line, uint8_t size) {
  uint8_t read = 0;
  uint8_t written = 0;
  while (read < size) {
    const uint8_t code = line[read++];
    // The subtraction cannot wrap, the sum could: size is at most 255.
    if (code == 0 || code - 1 > size - read) return 0;
    for (uint8_t i = 1; i < code; i++) line[written++] = line[read++];
    if (code != 255 && read < size) line[written++] = 0;
  }
  if (written < 5) return 0;  // one byte of body and four of CRC at least
  const uint8_t body_size = written - 4;
  Reader check(line + body_size, 4);
  return check.u32() == crc32(line, body_size) ? body_size : 0;
}

ARDUGATE_SMALL void Writer::u8(uint8_t value) { *at_++ = value; }

ARDUGATE_SMALL void Writer::u16(uint16_t value) {
  u8(value & 0xFF);
  u8(value >> 8);
}

ARDUGATE_SMALL void Writer::u32(uint32_t value) {
  u16(value & 0xFFFF);
  u16(value >> 16);
}

ARDUGATE_SMALL uint8_t Reader::u8() {
  if (left_ == 0) {
    ok_ = false;
    return 0;
  }
  left_--;
  return *at_++;
}

ARDUGATE_SMALL uint16_t Reader::u16() {
  const uint8_t low = u8();
  return low | static_cast<uint16_t>(static_cast<uint16_t>(u8()) << 8);
}

ARDUGATE_SMALL uint32_t Reader::u32() {
  const uint16_t low = u16();
  return low | static_cast<uint32_t>(u16()) << 16;
}

}  // namespace ardugate
