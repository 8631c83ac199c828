// The outputs of gate.h. A browser, a script or the sketch sets them; the sketch's writes have no deadline, and none has
// an effect before begin() and while the stop is latched.
#pragma once

#include "declared.h"
#include "servo.h"
#include "timers.h"

namespace gate {

// What outputs have in common.
class Driven : public ardugate::Changing {
 public:
  // While it is blocked it has its safe value, `set` is refused and the sketch's own writes do nothing: for a limit switch,
  // a cut-out, a door. As often as you like.
  void block(bool blocked);

  // Of its Kind.
  ardugate::Status set(uint32_t raw, uint16_t ttl_ms, ardugate::Writer& data);
  ardugate::Status renew(uint16_t ttl_ms);
  void make_safe(bool stop);
  // Lets the deadline come nearer.
  void age(uint16_t ms);

 protected:
  Driven(const ardugate::Kind* kind, const char* name, uint8_t pin) : Changing(kind, name, pin) {}

  ardugate::Hold hold() const;
  void keep_on() {
    hold_ms_ = 0;
    bits_ |= kKeeps;
  }

  // By the sketch.
  void drive(uint16_t raw);
  // To this value, at once.
  void put(uint16_t raw, bool each);
  void describe_hold(ardugate::Record& record) const;

  uint16_t value_;  // raw
  uint16_t safe_;   // raw
  uint16_t hold_ms_;       // by which a client holds it; 0: the link does
  uint16_t remaining_ms_;  // until a client's hold ends; 0: it has no end
};

// A digital output.
class Output : public Driven {
 public:
  Output(const char* name, uint8_t pin) : Driven(&kKind, name, pin) {}

  // Before begin(). What it does when nobody drives it: off unless said otherwise.
  Output& safe(bool value) {
    safe_ = value;
    return *this;
  }
  // A client holds it for so long with one `set`, then it is safe. Without: as long as the link lives.
  Output& hold(uint16_t ms) {
    hold_ms_ = ms;
    return *this;
  }
  // Only a reset and the stop make it safe.
  Output& keep() {
    keep_on();
    return *this;
  }
  // On is LOW.
  Output& activeLow() {
    bits_ |= kInverted;
    return *this;
  }
  // A push button for the page: on only while it is pressed.
  Output& momentary() {
    bits_ |= kMomentary;
    return *this;
  }
  // On for at most so long at a stretch, whoever drives it, then it goes off. To 1 ms below 32 s, to 256 ms above; 2.3
  // hours at most.
  Output& limit(uint32_t ms) {
    limit_ = coarse(ms);
    turn_into(&kTimed);
    return *this;
  }
  // Off for at least so long before it may be on again: `set` meanwhile is refused, the sketch's own does nothing.
  Output& interval(uint32_t ms) {
    interval_ = coarse(ms + 1);
    turn_into(&kTimed);
    return *this;
  }

  Output& operator=(bool on) {
    drive(on);
    return *this;
  }
  operator bool() const { return value_ != 0; }

 private:
  static const ardugate::Kind kKind;
  static const ardugate::Kind kTimed;  // with a limit or an interval
  static const uint16_t kCoarse = 0x8000;  // a time in units of 256 ms, not of one

  static uint16_t coarse(uint32_t ms) {
    if (ms < kCoarse) return ms;
    return kCoarse | (ms >> 8 < kCoarse ? ms >> 8 : kCoarse - 1);
  }
  void describe(ardugate::Record& record, ardugate::Window& out) const;
  void begin();
  void tick_timed(uint16_t ms);
  void value(ardugate::Writer& out) const;
  void write();
  ardugate::Status aim(uint32_t raw);
  ardugate::Status aim_timed(uint32_t raw);

  uint16_t limit_;
  uint16_t interval_;
  uint16_t time_;     // until the limit, or the end of the interval
  uint8_t fraction_;  // of a unit of 256 ms
};

// An output of more than two values, which may be limited and slow.
class Sliding : public Driven {
 public:
  // Of its Kind.
  void value(ardugate::Writer& out) const;
  ardugate::Status aim(uint32_t raw);
  // The same of one that is slow.
  void tick_slow(uint16_t ms);
  ardugate::Status aim_slow(uint32_t raw);

 protected:
  Sliding(const ardugate::Kind* kind, const char* name, uint8_t pin, uint16_t top);

  // Raw units a second.
  void slew_by(uint16_t speed);
  // By the sketch, kept within the limits.
  void drive_within(uint16_t raw);
  void describe_range(ardugate::Record& record) const;

  uint16_t least_;  // raw
  uint16_t top_;    // raw
  uint16_t speed_;  // raw units a second
  uint16_t target_;
  uint16_t credit_;  // thousandths of a raw unit that it may walk
};

// A PWM output, 0 to 1. A client holds it for 2 s unless said otherwise.
class Pwm : public Sliding {
 public:
  Pwm(const char* name, uint8_t pin) : Sliding(&kKind, name, pin, ardugate::hal::kPwmMax) {}

  // As Output's.
  Pwm& safe(float value) {
    safe_ = raw_of(value);
    return *this;
  }
  Pwm& hold(uint16_t ms) {
    hold_ms_ = ms;
    return *this;
  }
  Pwm& keep() {
    keep_on();
    return *this;
  }
  // On is LOW: the pin is LOW for this part of the time.
  Pwm& activeLow() {
    bits_ |= kInverted;
    return *this;
  }
  // What is beyond is refused, and the sketch's own writes are kept within.
  Pwm& limits(float minimum, float maximum) {
    least_ = raw_of(minimum);
    top_ = raw_of(maximum);
    return *this;
  }
  // Goes to what is set by so much a second; to its safe value at once.
  Pwm& slew(float per_second) {
    slew_by(per_second * ardugate::hal::kPwmMax);
    turn_into(&kSlow);
    return *this;
  }

  Pwm& operator=(float value) {
    drive_within(raw_of(value));
    return *this;
  }
  operator float() const { return value_ * (1.0f / ardugate::hal::kPwmMax); }

 private:
  static const ardugate::Kind kKind;
  static const ardugate::Kind kSlow;

  static uint8_t raw_of(float value) {
    if (!(value > 0)) return 0;
    return value < 1 ? static_cast<uint8_t>(value * ardugate::hal::kPwmMax + 0.5f) : ardugate::hal::kPwmMax;
  }
  void describe(ardugate::Record& record, ardugate::Window& out) const;
  void begin();
  void write();
};

// A servo, 0 to 180 degrees. A client holds it for 2 s unless said otherwise. Its pulses begin at its safe value, with
// begin(). Where its timer is taken it stays blocked.
class Servo : public Sliding {
 public:
  Servo(const char* name, uint8_t pin) : Sliding(&kKind, name, pin, ardugate::kServoTop) {
    ardugate::use_shared_timer();
  }

  // As Pwm's, in degrees.
  Servo& safe(float value) {
    safe_ = raw_of(value);
    return *this;
  }
  Servo& hold(uint16_t ms) {
    hold_ms_ = ms;
    return *this;
  }
  Servo& keep() {
    keep_on();
    return *this;
  }
  Servo& limits(float minimum, float maximum) {
    least_ = raw_of(minimum);
    top_ = raw_of(maximum);
    return *this;
  }
  Servo& slew(float per_second) {
    slew_by(per_second * 10);
    turn_into(&kSlow);
    return *this;
  }

  Servo& operator=(float degrees) {
    drive_within(raw_of(degrees));
    return *this;
  }
  operator float() const;

 private:
  static const ardugate::Kind kKind;
  static const ardugate::Kind kSlow;

  static uint16_t raw_of(float degrees) {
    if (!(degrees > 0)) return 0;
    return degrees < 180 ? static_cast<uint16_t>(degrees * 10 + 0.5f) : ardugate::kServoTop;
  }
  void describe(ardugate::Record& record, ardugate::Window& out) const;
  void begin();
  void write();
};

}  // namespace gate
