// Irregular samples that wait to be sent: edges of inputs, changes of outputs (wire.md 3.6).
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

class Events {
 public:
  // A boot begins: nothing waits, each channel's count starts at 0. Before the first one nothing is kept or counted.
  void begin();

  // Pins of one port that changed at the same time, with the port's levels: an edge for each bit of `changed`.
  void push_port(uint8_t port, uint8_t changed, uint8_t levels);
  // One channel's value: a level, or a number when its mode has numbers.
  void push(uint8_t pin, uint16_t value);
  // The numbers that wait of one channel are lost: its mode changes, and they would be taken for values of the new one.
  void forget(uint8_t pin);

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == kCapacity; }

  // Writes an IRREGULAR body with the oldest sample and the others of its channel, as far as `room` bytes go, and takes
  // them out. Returns the body's size.
  uint8_t take(uint8_t* body, uint8_t room);

 private:
  // All ports of an Uno twice over, and some outputs.
  static const uint8_t kCapacity = 8;
  static const uint8_t kNumber = 0x80;  // in `where`: a pin, and a number is its value

  struct Event {
    uint8_t where;
    uint8_t changed;  // a bit for each pin of a port; of a number the high byte
    uint8_t levels;   // of a number the low byte
    uint32_t t_us;
  };

  void append(uint8_t where, uint8_t changed, uint8_t levels);
  void lose(uint8_t pin);
  uint8_t pin_of(const Event& event) const;
  static bool concerns(uint8_t where, uint8_t changed, uint8_t pin);
  void drop(uint8_t index);

  Event events_[kCapacity];
  uint8_t size_;
  bool open_;
  uint32_t next_seq_[hal::kPins];  // of the next sample that is sent or lost
};

extern Events events;

}  // namespace ardugate
