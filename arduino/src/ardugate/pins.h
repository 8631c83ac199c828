// What each pin is used for, the values of outputs, and the edges of inputs.
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

class Pins {
 public:
  // What a pin does when a boot begins: off, input, input_pullup or analog. Called by the sketch before begin().
  void start_mode(uint8_t pin, Mode mode);
  void safe_level(uint8_t pin, bool high);

  // Puts every pin into its start mode, unclaimed. An output starts at its safe value.
  void begin();

  Mode mode(uint8_t pin) const;
  Mode started_as(uint8_t pin) const { return static_cast<Mode>((pins_[pin].state & kStart) >> 4); }
  bool claimed(uint8_t pin) const { return pins_[pin].state & kClaimed; }
  bool is_output(uint8_t pin) const;
  bool is_digital(uint8_t pin) const;
  bool has_events(uint8_t pin) const;
  // Its values are numbers that a stream samples: formats kI32 and kF32.
  bool has_number(uint8_t pin) const;
  Format number_format(uint8_t pin) const { return mode(pin) == Mode::kFrequency ? Format::kF32 : Format::kI32; }
  // What it can do: what the processor gives it, and the modes that the sketch has named.
  uint16_t abilities(uint8_t pin) const;
  uint8_t safe(uint8_t pin) const { return (pins_[pin].state & kSafeHigh) ? 1 : 0; }

  // Claims a pin that is not the host's for a mode. kRefused: it cannot do that; kTooMany: there are no more of them;
  // kUnknownChannel: the option is no possible partner; kTimerInUse. What is refused changes nothing.
  Status claim(uint8_t pin, Mode mode, uint8_t option = 0);

  // How long an output that was set just now will be held, in ms; 0: as long as the link lives.
  uint16_t remaining_ms(uint8_t pin) const { return pins_[pin].remaining_ms; }

  // Writes an output. `ttl_ms` 0: its own hold. `raw` becomes what it really does.
  Status set(uint8_t pin, uint32_t& raw, uint16_t ttl_ms);

  // Moves an output's deadline, if it has one.
  Status renew(uint8_t pin, uint16_t ttl_ms);

  // One output, or each, to its safe value. Called from the tick and from begin().
  void make_safe(uint8_t pin);
  void make_all_safe();
  // The pins' levels alone, in the middle of anything: make_all_safe() has to follow where the tick still runs.
  void force_safe() const;

  // Lets `ms` milliseconds of all deadlines pass.
  void age(uint16_t ms);

  // Compares the inputs with what they were; called at each tick. An edge gets the tick's time.
  void watch();

  // The value of a channel with events, as its irregular stream carries it.
  uint16_t value(uint8_t pin) const;
  // Of a channel with numbers: an i32, or the bits of an f32. From any context.
  uint32_t number(uint8_t pin) const;
  // Sends the value that the channel has now.
  void sample(uint8_t pin);

  // After the sampler's time base has changed, on whose counter some pins' PWM runs.
  void refresh_pwm();

 private:
  // Parts of Pin::state.
  static const uint8_t kMode = 0x0F;
  static const uint8_t kStart = 0x30;
  static const uint8_t kClaimed = 0x40;
  static const uint8_t kSafeHigh = 0x80;
  // The default and the longest hold of a `client` output, wire.md 4.2.
  static const uint16_t kClientHoldMs = 2000;

  struct Pin {
    uint8_t state;
    uint8_t raw;            // of an output that is digital or PWM
    uint16_t remaining_ms;  // until the deadline; 0: there is none
  };

  void apply(uint8_t pin, Mode mode, uint8_t option = 0);
  bool has_deadline(uint8_t pin) const;
  // Whether a client may hold this output for so long; 0 becomes the output's own hold.
  bool held_for(uint8_t pin, uint16_t& ttl_ms) const;
  Status write(uint8_t pin, uint16_t raw);
  uint8_t safe_raw(uint8_t pin) const;

  Pin pins_[hal::kPins];
  uint8_t watched_[hal::kPorts];
  uint8_t levels_[hal::kPorts];
};

extern Pins pins;

}  // namespace ardugate
