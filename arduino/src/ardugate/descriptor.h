// The descriptor (wire.md 4.1), made anew each time it is asked for: a board has no memory to keep it in.
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

class Descriptor {
 public:
  // Goes through the whole once, for its size and CRC. `name` must stay where it is.
  void begin(const char* name);

  uint16_t size() const { return size_; }
  uint32_t crc() const { return crc_; }

  // Copies up to `room` bytes from `offset` on; returns how many.
  uint8_t read(uint16_t offset, uint8_t* out, uint8_t room) const;

 private:
  const char* name_;
  uint16_t size_;
  uint32_t crc_;
};

extern Descriptor descriptor;

}  // namespace ardugate
