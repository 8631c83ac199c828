// Makes a frame where it stands, in pieces, as it grows: `frame[1]` onwards is its body, and frame[0] and five bytes behind the
// body are written too (wire.h's seal() does all of it at once).
#pragma once

#include <stdint.h>

namespace ardugate {

struct Sealing {
  uint8_t* last;  // the last zero, or frame[0]
  uint32_t crc;   // the register
};

void seal_begin(Sealing& sealing, uint8_t* frame);
// The next `size` bytes of the body, at least one.
void seal_on(Sealing& sealing, uint8_t* at, uint8_t size);
// The body ends before `end`.
void seal_end(Sealing& sealing, uint8_t* end);

// wire.h's crc32() with the same table.
uint32_t quick_crc32(const uint8_t* data, uint16_t size, uint32_t so_far);

}  // namespace ardugate
