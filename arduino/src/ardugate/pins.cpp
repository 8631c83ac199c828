#include "pins.h"

#include "events.h"
#include "flash.h"

namespace ardugate {

Pins pins;

namespace {

const char kHostsPin[] PROGMEM = "host's pin";
const char kNoMode[] PROGMEM = "no such mode";
const char kNotThisPin[] PROGMEM = "not this pin";

// The abilities that a mode needs; 0 for a mode that this board does not have.
uint16_t needs(Mode mode) {
  switch (mode) {
    case Mode::kOff:
    case Mode::kInput:
      return kCanInput;
    case Mode::kInputPullup:
      return kCanPullup;
    case Mode::kAnalog:
      return kCanAnalog;
    case Mode::kOutput:
      return kCanOutput;
    case Mode::kPwm:
      return kCanPwm;
  }
  return 0;
}

}  // namespace

void Pins::start_mode(uint8_t pin, Mode mode) {
  if (pin >= hal::kPins) return;
  const uint16_t abilities = hal::pin_abilities(pin);
  if ((abilities & kLocked) || !(abilities & needs(mode))) return;
  pins_[pin].modes = (pins_[pin].modes & 0x0F) | static_cast<uint8_t>(static_cast<uint8_t>(mode) << 4);
}

void Pins::safe_level(uint8_t pin, bool high) {
  if (pin >= hal::kPins) return;
  if (high) {
    pins_[pin].flags |= kSafeHigh;
  } else {
    pins_[pin].flags &= ~kSafeHigh;
  }
}

void Pins::begin() {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    pins_[pin].flags &= ~kClaimed;
    apply(pin, started_as(pin));
  }
}

void Pins::apply(uint8_t pin, Mode mode) {
  Pin& state = pins_[pin];
  const uint16_t abilities = hal::pin_abilities(pin);
  state.modes = (state.modes & 0xF0) | static_cast<uint8_t>(mode);
  state.remaining_ms = 0;
  if ((abilities & kLocked) || !(abilities & kCanInput)) return;  // the host's, or an analog input and nothing else
  const uint8_t port = hal::pin_port(pin);
  const uint8_t mask = hal::pin_mask(pin);
  watched_[port] &= ~mask;
  if (is_output(pin)) {
    state.raw = safe_raw(pin);
    hal::pin_output(pin, safe(pin));
  } else {
    hal::pin_input(pin, mode == Mode::kInputPullup);
    if (is_digital(pin)) {
      watched_[port] |= mask;
      levels_[port] = (levels_[port] & ~mask) | (hal::port_read(port) & mask);
    }
  }
}

Status Pins::claim(uint8_t pin, Mode mode, uint32_t now_us, const char** why) {
  const uint16_t abilities = hal::pin_abilities(pin);
  const uint16_t needed = needs(mode);
  if (abilities & kLocked) {
    *why = kHostsPin;
    return Status::kRefused;
  }
  // `off` is for every pin, one that can only be an analog input too.
  if (mode != Mode::kOff && !(abilities & needed)) {
    *why = needed == 0 ? kNoMode : kNotThisPin;
    return Status::kRefused;
  }
  pins_[pin].flags |= kClaimed;
  apply(pin, mode);
  if (has_events(pin)) sample(pin, now_us);
  return Status::kOk;
}

uint8_t Pins::safe_raw(uint8_t pin) const {
  if (!safe(pin)) return 0;
  return mode(pin) == Mode::kPwm ? static_cast<uint8_t>(hal::kPwmMax) : 1;
}

void Pins::write(uint8_t pin, uint8_t raw, uint32_t now_us) {
  Pin& state = pins_[pin];
  if (mode(pin) == Mode::kPwm) {
    hal::pin_pwm(pin, raw);
  } else {
    hal::pin_output(pin, raw != 0);
  }
  if (state.raw == raw) return;
  state.raw = raw;
  sample(pin, now_us);
}

Status Pins::may_renew(uint8_t pin, uint16_t ttl_ms) const {
  if (!is_output(pin)) return Status::kWrongMode;
  if (mode(pin) == Mode::kPwm && ttl_ms > kClientHoldMs) return Status::kOutOfRange;
  return Status::kOk;
}

Status Pins::set(uint8_t pin, uint32_t raw, uint16_t ttl_ms, uint32_t now_us, Hold* hold, uint16_t* until_ms) {
  const Status allowed = may_renew(pin, ttl_ms);
  if (allowed != Status::kOk) return allowed;
  const bool pwm = mode(pin) == Mode::kPwm;
  if (raw > (pwm ? hal::kPwmMax : 1U)) return Status::kOutOfRange;
  // A `link` output has no deadline of its own; with a time to live it is held like a `client` output.
  if (pwm && ttl_ms == 0) ttl_ms = kClientHoldMs;
  pins_[pin].remaining_ms = ttl_ms;
  *hold = ttl_ms != 0 ? Hold::kClient : Hold::kLink;
  *until_ms = ttl_ms;
  write(pin, raw, now_us);
  return Status::kOk;
}

void Pins::renew(uint8_t pin, uint16_t ttl_ms) {
  // What has no deadline is not a client's, or is at its safe value already.
  if (pins_[pin].remaining_ms != 0) pins_[pin].remaining_ms = ttl_ms != 0 ? ttl_ms : kClientHoldMs;
}

void Pins::make_safe(uint8_t pin, uint32_t now_us) {
  if (!is_output(pin)) return;
  pins_[pin].remaining_ms = 0;
  write(pin, safe_raw(pin), now_us);
}

void Pins::make_all_safe(uint32_t now_us) {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) make_safe(pin, now_us);
}

void Pins::age(uint16_t ms, uint32_t now_us) {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    const uint16_t remaining = pins_[pin].remaining_ms;
    if (remaining == 0) continue;
    if (remaining > ms) {
      pins_[pin].remaining_ms = remaining - ms;
    } else {
      make_safe(pin, now_us);
    }
  }
}

void Pins::watch(uint32_t now_us) {
  for (uint8_t port = 0; port < hal::kPorts; port++) {
    const uint8_t levels = hal::port_read(port);
    const uint8_t changed = (levels ^ levels_[port]) & watched_[port];
    if (changed == 0) continue;
    levels_[port] = levels;
    for (uint8_t pin = 0; pin < hal::kPins; pin++) {
      const uint8_t mask = hal::pin_mask(pin);
      if (hal::pin_port(pin) == port && (changed & mask) && is_digital(pin)) {
        events.push(pin, mode(pin), (levels & mask) != 0, now_us);
      }
    }
  }
}

uint8_t Pins::value(uint8_t pin) const {
  if (is_output(pin)) return pins_[pin].raw;
  return (levels_[hal::pin_port(pin)] & hal::pin_mask(pin)) != 0;
}

void Pins::sample(uint8_t pin, uint32_t now_us) { events.push(pin, mode(pin), value(pin), now_us); }

void Pins::refresh_pwm() {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (mode(pin) == Mode::kPwm) hal::pin_pwm(pin, pins_[pin].raw);
  }
}

}  // namespace ardugate
