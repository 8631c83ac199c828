// The board's name, as a gateway gave it (wire.md 3.4): in the memory that outlives a reset, below what Safety keeps. Two
// slots take turns, so that the present boot's name stays readable while another one is written, and an interrupted write
// costs only the new one.
#pragma once

#include "wire.h"

namespace ardugate {

class Name {
 public:
  // After a reset: which slot holds one.
  void begin();
  // A boot begins: what was given during the last one is the name. True if there was one given.
  bool boot();

  // Bytes of it; 0: the sketch's own holds.
  uint8_t size() const;
  uint8_t at(uint8_t index) const { return byte(1 + index); }

  // While it is written and shown at once there is no place for another one: the gateway repeats its command.
  bool busy() const { return step_ != kDone && slot_ == shown_; }
  // Takes what is left of `in`, for the next boot on.
  Status set(Reader& in);

  // The next byte to be written; false: there is none.
  bool next_write(uint8_t* at, uint8_t* value);

 private:
  static const uint8_t kMaxName = 32;  // bytes
  static const uint8_t kFirstSlot = 16;  // where in the memory
  static const uint8_t kSlotBytes = 2 + kMaxName;  // mark, size, name
  static const uint8_t kNoSlot = 0xFF;
  static const uint8_t kDone = 0xFF;
  static const uint8_t kErased = 0xFF;

  uint8_t byte(uint8_t index) const;  // of its size and text
  static uint8_t place(uint8_t slot) { return kFirstSlot + slot * kSlotBytes; }
  // 1 to 3, and after 3 comes 1, so that of two it is known which is newer; 0: the slot holds nothing.
  static uint8_t mark_of(uint8_t slot);

  uint8_t shown_;  // this boot's; kNoSlot: none was ever given
  uint8_t slot_;   // what `given_` is, or is written, into
  uint8_t mark_;   // that will stand there
  uint8_t step_;   // of writing
  bool given_;
  uint8_t text_[1 + kMaxName];  // size and bytes of what is written
};

extern Name name;

}  // namespace ardugate
