// What a maker's sketch declares: channels with names and units that show on the page, in scripts and in recordings.
//
//     gate::Analog soil("soil", A0, "%", 0, 100);
//     gate::Value  temp("temp", "°C");
//     gate::Output pump("pump", 9);
//
// They are variables outside of all functions; nothing moves before Ardugate.begin(). Names, units and labels must stay
// where they are, as literals do. A name is 16 bytes of UTF-8 at most, a unit 8, a label 16.
#pragma once

#include "declared.h"

namespace gate {

// An analog input, sampled on the board's own clock: 20 times a second until somebody asks for more. 0 V is `minimum` in
// its unit, the reference voltage `maximum`.
class Analog : public ardugate::Channel {
 public:
  // Here, so that the compiler does the division.
  Analog(const char* name, uint8_t pin, const char* unit = "", float minimum = 0, float maximum = 1023)
      : Channel(&kKind, name, pin), scale_((maximum - minimum) / kAdcTop), offset_(minimum), unit_(unit) {}

  // As it is now, in its unit: a conversion between the sampler's own.
  operator float() const;

 private:
  static const uint16_t kAdcTop = (1 << ardugate::hal::kAdcBits) - 1;
  static const ardugate::Kind kKind;

  void describe(ardugate::Record& record, ardugate::Window& out) const;
  void begin();

  float scale_;
  float offset_;
  ardugate::Words unit_;
};

// What the sketch finds out and assigns: it is sent when it is another one, at most 20 times a second.
class Assigned : public ardugate::Changing {
 protected:
  Assigned(const ardugate::Kind* kind, const char* name, uint8_t pin = ardugate::kNoPin) : Changing(kind, name, pin) {
    period_ms_ = kPeriodMs;
  }

  // From `hz` to milliseconds between two values; the tick gives no more than one each.
  static uint8_t period_ms(uint16_t hz) { return hz > 1000 ? 1 : hz < kLeastHz ? 1000 / kLeastHz : 1000 / hz; }

 private:
  static const uint8_t kPeriodMs = 50;
  static const uint8_t kLeastHz = 4;
};

// A number, of 32 bits.
class Number : public Assigned {
 public:
  // Of its Kind.
  void describe(ardugate::Record& record, ardugate::Window& out) const;
  void value(ardugate::Writer& out) const;

 protected:
  Number(const ardugate::Kind* kind, const char* name, ardugate::Words unit, uint8_t pin = ardugate::kNoPin)
      : Assigned(kind, name, pin), unit_(unit) {}

  void assign(uint32_t value);

  uint32_t value_;  // i32, or the bits of an f32
  ardugate::Words unit_;
};

// A number with a fraction. Until one is assigned there is no value.
class Value : public Number {
 public:
  explicit Value(const char* name, const char* unit = "");

  // Before begin(): at most so many values a second, 4 to 1,000.
  Value& rate(uint16_t hz) {
    period_ms_ = period_ms(hz);
    return *this;
  }

  Value& operator=(float value);
  operator float() const;

 private:
  static const ardugate::Kind kKind;
};

// A whole number; 0 at first.
class Integer : public Number {
 public:
  explicit Integer(const char* name, const char* unit = "") : Number(&kKind, name, unit) {}

  Integer& rate(uint16_t hz) {
    period_ms_ = period_ms(hz);
    return *this;
  }

  Integer& operator=(int32_t value) {
    assign(value);
    return *this;
  }
  operator int32_t() const { return value_; }

 private:
  static const ardugate::Kind kKind;
};

// One of a few states: 0 for the first of the labels, "off,heating,fault".
class Enum : public Number {
 public:
  explicit Enum(const char* name, const char* labels = "") : Number(&kKind, name, labels) {}

  // Before begin(): the labels from flash, as labels(F("off,heating,fault")), so that they take no RAM.
  Enum& labels(ardugate::Words labels) {
    unit_ = labels;
    return *this;
  }

  Enum& rate(uint16_t hz) {
    period_ms_ = period_ms(hz);
    return *this;
  }

  Enum& operator=(uint8_t value) {
    assign(value);
    return *this;
  }
  operator uint8_t() const { return value_; }

 private:
  static const ardugate::Kind kKind;

  void describe(ardugate::Record& record, ardugate::Window& out) const;
};

// Words: the first 32 bytes of what is assigned, which are copied.
class Text : public Assigned {
 public:
  static const uint8_t kBytes = 32;

  explicit Text(const char* name) : Assigned(&kKind, name) {}

  Text& rate(uint16_t hz) {
    period_ms_ = period_ms(hz);
    return *this;
  }

  Text& operator=(ardugate::Words text);
  Text& operator=(const char* text) { return *this = ardugate::Words(text); }
  Text& operator=(const __FlashStringHelper* text) { return *this = ardugate::Words(text); }
#if defined(ARDUINO)
  Text& operator=(const String& text) { return *this = ardugate::Words(text.c_str()); }
#endif

 private:
  static const ardugate::Kind kKind;

  void describe(ardugate::Record& record, ardugate::Window& out) const;
  void value(ardugate::Writer& out) const;

  uint8_t size_;
  char text_[kBytes];
};

// A digital input; each change is sent with the board's time.
class Input : public ardugate::Changing {
 public:
  Input(const char* name, uint8_t pin) : Changing(&kKind, name, pin) {}

  // Before begin(): with the pull-up resistor, where pressed is LOW and means true.
  Input& pullup() {
    bits_ |= kPullup | kInverted;
    return *this;
  }
  // LOW means true.
  Input& activeLow() {
    bits_ |= kInverted;
    return *this;
  }
  // A change counts once the level has stayed for so long.
  Input& debounce(uint8_t ms) {
    debounce_ms_ = ms;
    return *this;
  }

  operator bool() const { return value_; }

 private:
  static const ardugate::Kind kKind;

  void describe(ardugate::Record& record, ardugate::Window& out) const;
  void begin();
  void tick(uint16_t ms);
  void value(ardugate::Writer& out) const;
  bool level() const;

  bool value_;
  uint8_t debounce_ms_;
  uint8_t unlike_ms_;  // for which the level has been another one
};

}  // namespace gate

#include "meters.h"
#include "outputs.h"
