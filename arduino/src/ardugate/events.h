// Irregular samples that wait to be sent: edges of inputs, changes of outputs (wire.md 3.6).
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

class Events {
 public:
  // A boot begins: nothing waits, each channel's count starts at 0. Before the first one nothing is kept or counted.
  void begin();

  // Numbers a sample of `channel` and keeps it for sending; where there is no room it uses up its number and is
  // counted in lost().
  void push(uint8_t channel, Mode mode, uint8_t value, uint32_t t_us);

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == kCapacity; }

  // Writes an IRREGULAR body with the oldest sample and all that follow it in its channel, as far as `room` bytes go;
  // takes them out. Returns the body's size.
  uint8_t take(uint8_t* body, uint8_t room);

  uint32_t lost() const { return lost_; }

 private:
  // A scan of twelve inputs that all change at once, or what a line of 115,200 baud sends in 18 ms.
  static const uint8_t kCapacity = 12;

  struct Event {
    uint8_t channel;
    uint8_t mode;
    uint8_t value;
    uint16_t seq;  // its low half: the whole is found from the channel's count, which is never 65,536 ahead
    uint32_t t_us;
  };

  Event events_[kCapacity];
  uint8_t count_;
  bool open_;
  uint32_t lost_;
  uint32_t next_seq_[hal::kPins];
};

extern Events events;

}  // namespace ardugate
