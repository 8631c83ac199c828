// Text that the sketch prints, on its way into LOG frames. One writer (the sketch), one reader (the tick): single bytes
// as indices make that safe without a lock.
#pragma once

#include <stdint.h>

namespace ardugate {

class Log {
 public:
  // Appends one byte; false when there is no room.
  bool put(uint8_t byte) {
    const uint8_t next = (head_ + 1) % kBytes;
    if (next == tail_) return false;
    text_[head_] = byte;
    head_ = next;
    return true;
  }

  uint8_t size() const { return static_cast<uint8_t>(kBytes + head_ - tail_) % kBytes; }

  // Moves up to `room` bytes out; returns how many. Text waits until the ring is half full, or for kWaitMs: so a line is
  // mostly one frame.
  uint8_t take(uint8_t* out, uint8_t room, uint16_t now_ms) {
    if (tail_ == head_) {
      waits_since_ms_ = now_ms;
      return 0;
    }
    if (size() < kBytes / 2 && static_cast<uint16_t>(now_ms - waits_since_ms_) < kWaitMs) return 0;
    uint8_t size = 0;
    while (size < room && tail_ != head_) {
      out[size++] = text_[tail_];
      tail_ = (tail_ + 1) % kBytes;
    }
    waits_since_ms_ = now_ms;
    return size;
  }

 private:
  static const uint8_t kBytes = 32;
  static const uint8_t kWaitMs = 10;

  uint8_t text_[kBytes];
  volatile uint8_t head_;
  volatile uint8_t tail_;
  uint16_t waits_since_ms_;
};

}  // namespace ardugate
