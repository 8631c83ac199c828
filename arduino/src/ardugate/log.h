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

  uint8_t size() const { return static_cast<uint8_t>(head_ - tail_) % kBytes; }

  // Text waits until the ring is half full, or for kWaitMs milliseconds: so a line is mostly one frame.
  bool due() const { return size() != 0 && (size() >= kBytes / 2 || waited_ms_ >= kWaitMs); }
  void tick(uint16_t ms) {
    if (size() == 0) waited_ms_ = 0;
    if (waited_ms_ < kWaitMs) waited_ms_ += ms;
  }

  // Moves up to `room` bytes out; returns how many.
  uint8_t take(uint8_t* out, uint8_t room) {
    uint8_t size = 0;
    while (size < room && tail_ != head_) {
      out[size++] = text_[tail_];
      tail_ = (tail_ + 1) % kBytes;
    }
    waited_ms_ = 0;
    return size;
  }

 private:
  static const uint8_t kBytes = 32;
  static const uint8_t kWaitMs = 10;

  uint8_t text_[kBytes];
  volatile uint8_t head_;
  volatile uint8_t tail_;
  uint16_t waited_ms_;
};

extern Log log_text;

}  // namespace ardugate
