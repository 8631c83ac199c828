// What each pin is used for, the values of outputs, and the edges of inputs.
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

class Pins {
 public:
  // What a pin does when a boot begins; called by the sketch before begin().
  void start_mode(uint8_t pin, Mode mode);
  void safe_level(uint8_t pin, bool high);

  // Puts every pin into its start mode, unclaimed. An output starts at its safe value.
  void begin();

  Mode mode(uint8_t pin) const { return static_cast<Mode>(pins_[pin].modes & 0x0F); }
  Mode started_as(uint8_t pin) const { return static_cast<Mode>(pins_[pin].modes >> 4); }
  bool claimed(uint8_t pin) const { return pins_[pin].flags & kClaimed; }
  bool is_output(uint8_t pin) const { return mode(pin) == Mode::kOutput || mode(pin) == Mode::kPwm; }
  bool has_events(uint8_t pin) const { return is_digital(pin) || mode(pin) == Mode::kPwm; }
  bool is_digital(uint8_t pin) const {
    const Mode now = mode(pin);
    return now == Mode::kInput || now == Mode::kInputPullup || now == Mode::kOutput;
  }
  uint8_t safe(uint8_t pin) const { return (pins_[pin].flags & kSafeHigh) ? 1 : 0; }

  // Claims a pin for a mode. `why` is set to a text in flash when it is refused.
  Status claim(uint8_t pin, Mode mode, uint32_t now_us, const char** why);

  // Writes an output. `ttl_ms` 0: its own hold. `until_ms` is what it got, 0 for no deadline.
  Status set(uint8_t pin, uint32_t raw, uint16_t ttl_ms, uint32_t now_us, Hold* hold, uint16_t* until_ms);

  // Whether renew() may give this channel so long a deadline.
  Status may_renew(uint8_t pin, uint16_t ttl_ms) const;
  void renew(uint8_t pin, uint16_t ttl_ms);

  // One output, or each, to its safe value. Called from the tick and from begin().
  void make_safe(uint8_t pin, uint32_t now_us);
  void make_all_safe(uint32_t now_us);

  // Lets `ms` milliseconds of all deadlines pass.
  void age(uint16_t ms, uint32_t now_us);

  // Compares the inputs with what they were; called at each tick. An edge gets the tick's time.
  void watch(uint32_t now_us);

  // The value of a channel with events, as its irregular stream carries it.
  uint8_t value(uint8_t pin) const;
  // Sends the value that the channel has now.
  void sample(uint8_t pin, uint32_t now_us);

  // After the sampler's time base has changed, on whose counter some pins' PWM runs.
  void refresh_pwm();

 private:
  static const uint8_t kClaimed = 1;
  static const uint8_t kSafeHigh = 2;
  // The default and the longest hold of a `client` output, wire.md 4.2.
  static const uint16_t kClientHoldMs = 2000;

  struct Pin {
    uint8_t modes;          // low half: now; high half: when a boot begins
    uint8_t flags;
    uint8_t raw;            // of an output
    uint16_t remaining_ms;  // until the deadline; 0: there is none
  };

  void apply(uint8_t pin, Mode mode);
  void write(uint8_t pin, uint8_t raw, uint32_t now_us);
  uint8_t safe_raw(uint8_t pin) const;

  Pin pins_[hal::kPins];
  uint8_t watched_[hal::kPorts];
  uint8_t levels_[hal::kPorts];
};

extern Pins pins;

}  // namespace ardugate
