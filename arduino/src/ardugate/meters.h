// Inputs of gate.h whose edges are counted, on the pins that have an interrupt for it: D2 and D3 of an Uno. Each sends its
// number when it is another one, at most 20 times a second.
#pragma once

#include "gate.h"

namespace gate {

// What they have in common. On a pin that cannot count nothing happens.
class Meter : public Number {
 public:
  // Of its Kind.
  void tick(uint16_t ms);

 protected:
  Meter(const ardugate::Kind* kind, const char* name, uint8_t pin, const char* unit);

  void start(ardugate::Mode mode, uint8_t option);
};

// Pulses: rising edges unless said otherwise.
class Counter : public Meter {
 public:
  Counter(const char* name, uint8_t pin, const char* unit = "") : Meter(&kKind, name, pin, unit) {}

  // Before begin(): with the pull-up resistor; a contact to GND that closes counts.
  Counter& pullup() {
    bits_ |= kPullup | kInverted;
    return *this;
  }
  // Falling edges count.
  Counter& falling() {
    bits_ |= kInverted;
    return *this;
  }

  operator int32_t() const;

 private:
  static const ardugate::Kind kKind;

  void begin();
};

// The frequency of a signal: over a tenth of a second, or a period where that is longer; 0 after 2.5 s without an edge.
class Frequency : public Meter {
 public:
  Frequency(const char* name, uint8_t pin) : Meter(&kKind, name, pin, "Hz") {}

  operator float() const;

 private:
  static const ardugate::Kind kKind;

  void begin();
};

// An encoder of two signals, with both pull-up resistors.
class Quadrature : public Meter {
 public:
  Quadrature(const char* name, uint8_t pin, uint8_t partner, const char* unit = "")
      : Meter(&kKind, name, pin, unit), partner_(partner) {}

  operator int32_t() const;

 private:
  static const ardugate::Kind kKind;

  void begin();

  uint8_t partner_;
};

}  // namespace gate
