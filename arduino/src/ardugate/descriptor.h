// The descriptor (wire.md 4.1), made anew each time it is asked for: a board has no memory to keep it in.
#pragma once

#include "hal.h"
#include "wire.h"
#include "words.h"

namespace ardugate {

class Descriptor;

// What the descriptor is written through: a part of it is kept, what comes before and after is let go.
class Window {
 public:
  Window(uint16_t offset, uint8_t* out, uint8_t room) : whole_(0), skip_(offset), at_(out), left_(room) {}
  // Keeps nothing: `whole` gets the size and the CRC.
  explicit Window(Descriptor* whole) : whole_(whole), skip_(0), at_(0), left_(1) {}

  void u8(uint8_t value);
  void u16(uint16_t value);
  void u32(uint32_t value);
  void bytes(const void* bytes, uint8_t size);
  void flash(const void* bytes, uint8_t size);
  // The size of a text of at most `most` bytes and the text itself, as far as a 0.
  void text(Words text, uint8_t most);

  bool full() const { return left_ == 0; }
  uint8_t left() const { return left_; }

 private:
  Descriptor* whole_;
  uint16_t skip_;
  uint8_t* at_;
  uint8_t left_;
};

class Descriptor {
 public:
  // Goes through the whole once, for its size and CRC.
  void begin(Words name);
  // The same again, after its name has changed.
  void measure();

  uint16_t size() const { return size_; }
  uint32_t crc() const { return crc_; }

  // Copies up to `room` bytes from `offset` on; returns how many.
  uint8_t read(uint16_t offset, uint8_t* out, uint8_t room) const;

 private:
  friend class Window;

  void write(Window& window) const;

  Words name_;
  uint16_t size_;
  uint32_t crc_;
};

extern Descriptor descriptor;

}  // namespace ardugate
