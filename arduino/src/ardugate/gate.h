// What a maker's sketch declares: channels with names and units that show on the page, in scripts and in recordings.
//
//     gate::Analog soil("soil", A0, "%", 0, 100);
//     gate::Value  temp("temp", "°C");
//     gate::Output pump("pump", 9);
//
// They are variables outside of all functions; nothing moves before Ardugate.begin(). Names and units must stay where
// they are, as literals do. An id is 16 bytes of UTF-8 at most, a unit 8.
#pragma once

#include "declared.h"

namespace gate {

// An analog input, sampled on the board's own clock: 20 times a second until somebody asks for more. 0 V is `minimum` in
// its unit, the reference voltage `maximum`.
class Analog : public ardugate::Channel {
 public:
  Analog(const char* name, uint8_t pin, const char* unit = "", float minimum = 0, float maximum = 1023);

  // As it is now, in its unit: a conversion between the sampler's own.
  operator float() const;

  ardugate::Description describe() const override;
  void begin() override;
  uint32_t read() override { return 0; }

 private:
  float minimum_;
  float maximum_;
};

// A number that the sketch finds out. An assigned value is sent when it is another one, at most 20 times a second; until
// the first one there is no value.
class Value : public ardugate::Changing {
 public:
  explicit Value(const char* name, const char* unit = "");

  Value& operator=(float value);
  operator float() const;

  ardugate::Description describe() const override;
  void tick(uint16_t ms) override;
};

// A whole number, and otherwise as Value; 0 at first.
class Integer : public ardugate::Changing {
 public:
  explicit Integer(const char* name, const char* unit = "");

  Integer& operator=(int32_t value);
  operator int32_t() const { return value_; }

  ardugate::Description describe() const override;
  void tick(uint16_t ms) override;
};

// A digital input; each change is sent with the board's time.
class Input : public ardugate::Changing {
 public:
  Input(const char* name, uint8_t pin);

  // Before begin(): with the pull-up resistor, where pressed is LOW and means true.
  Input& pullup();
  // Before begin(): a change counts once the level has stayed for so long.
  Input& debounce(uint8_t ms);

  operator bool() const { return value_ != 0; }

  ardugate::Description describe() const override;
  void begin() override;
  void tick(uint16_t ms) override;

 private:
  bool level() const;

  bool pullup_;
  uint8_t debounce_ms_;
  uint8_t unlike_ms_;  // for which the level has been another one
};

// What outputs have in common. A browser, a script or the sketch sets them.
class Driven : public ardugate::Changing {
 public:
  ardugate::Status set(uint32_t raw, uint16_t ttl_ms, ardugate::Writer& data) override;
  ardugate::Status renew(uint16_t ttl_ms) override;
  void begin() override;
  void tick(uint16_t ms) override;
  void make_safe(bool stop) override;

 protected:
  Driven(const char* name, uint8_t pin, uint8_t top);

  // By the sketch: no deadline. Nothing happens before begin() and while the stop is latched.
  void drive(uint8_t raw);
  virtual void write(uint8_t raw) = 0;

  uint8_t top_;    // raw: the highest, unless limited
  uint8_t least_;  // raw: the lowest
  uint8_t safe_;   // raw
  bool inverted_;
  ardugate::Hold hold_;
  uint16_t hold_ms_;
  uint16_t remaining_ms_;  // until a client's hold ends; 0: it has no end

 private:
  void put(uint8_t raw);
};

// A digital output.
class Output : public Driven {
 public:
  Output(const char* name, uint8_t pin);

  // Before begin(). What it does when nobody drives it: off unless said otherwise.
  Output& safe(bool value);
  // A client holds it for so long with one `set`, then it is safe. Without: as long as the link lives.
  Output& hold(uint16_t ms);
  // Only a reset and the stop make it safe.
  Output& keep();
  // On is LOW.
  Output& activeLow();

  Output& operator=(bool on) {
    drive(on);
    return *this;
  }
  operator bool() const { return value_ != 0; }

  ardugate::Description describe() const override;

 private:
  void write(uint8_t raw) override;
};

// A PWM output, 0 to 1.
class Pwm : public Driven {
 public:
  Pwm(const char* name, uint8_t pin);

  // As Output's; `limits`: what is beyond is refused, and the sketch's own writes are kept within.
  Pwm& safe(float value);
  Pwm& hold(uint16_t ms);
  Pwm& keep();
  Pwm& limits(float minimum, float maximum);

  Pwm& operator=(float value);
  operator float() const { return value_ * (1.0f / ardugate::hal::kPwmMax); }

  void refresh() override;

  ardugate::Description describe() const override;

 private:
  static uint8_t raw_of(float value);
  void write(uint8_t raw) override;
};

}  // namespace gate
