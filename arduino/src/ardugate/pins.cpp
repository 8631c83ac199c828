#include "pins.h"

#include "declared.h"
#include "events.h"

namespace ardugate {

Pins pins;

namespace {

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

ARDUGATE_SMALL Mode Pins::mode(uint8_t pin) const { return static_cast<Mode>(pins_[pin].state & kMode); }

ARDUGATE_SMALL bool Pins::is_output(uint8_t pin) const {
  const Mode now = mode(pin);
  return now == Mode::kOutput || now == Mode::kPwm;
}

ARDUGATE_SMALL bool Pins::is_digital(uint8_t pin) const {
  const Mode now = mode(pin);
  return now == Mode::kInput || now == Mode::kInputPullup || now == Mode::kOutput;
}

bool Pins::has_events(uint8_t pin) const { return is_digital(pin) || mode(pin) == Mode::kPwm; }

void Pins::start_mode(uint8_t pin, Mode mode) {
  if (pin >= hal::kPins) return;
  if (hal::pin_abilities(pin) & kLocked) return;
  pins_[pin].state = (pins_[pin].state & ~kStart) | static_cast<uint8_t>(static_cast<uint8_t>(mode) << 4 & kStart);
}

void Pins::safe_level(uint8_t pin, bool high) {
  if (pin >= hal::kPins) return;
  if (high) {
    pins_[pin].state |= kSafeHigh;
  } else {
    pins_[pin].state &= ~kSafeHigh;
  }
}

void Pins::begin() {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (declared() != 0 && declared()->on_pin(pin) != 0) continue;  // it is the sketch's
    pins_[pin].state &= ~kClaimed;
    apply(pin, started_as(pin));
  }
}

void Pins::apply(uint8_t pin, Mode mode) {
  Pin& state = pins_[pin];
  const uint16_t abilities = hal::pin_abilities(pin);
  state.state = (state.state & ~kMode) | static_cast<uint8_t>(mode);
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

Status Pins::claim(uint8_t pin, Mode mode) {
  // `off` is for every pin, one that can only be an analog input too.
  if (mode != Mode::kOff && !(hal::pin_abilities(pin) & needs(mode))) return Status::kRefused;
  pins_[pin].state |= kClaimed;
  apply(pin, mode);
  if (has_events(pin)) sample(pin);
  return Status::kOk;
}

uint8_t Pins::safe_raw(uint8_t pin) const {
  if (!safe(pin)) return 0;
  return mode(pin) == Mode::kPwm ? static_cast<uint8_t>(hal::kPwmMax) : 1;
}

void Pins::write(uint8_t pin, uint8_t raw) {
  Pin& state = pins_[pin];
  if (mode(pin) == Mode::kPwm) {
    hal::pin_pwm(pin, raw);
  } else {
    hal::pin_output(pin, raw != 0);
  }
  if (state.raw == raw) return;
  state.raw = raw;
  sample(pin);
}

bool Pins::held_for(uint8_t pin, uint16_t& ttl_ms) const {
  if (mode(pin) != Mode::kPwm) return true;  // the link holds it; a client may, for any time
  if (ttl_ms == 0) ttl_ms = kClientHoldMs;
  return ttl_ms <= kClientHoldMs;
}

Status Pins::set(uint8_t pin, uint32_t raw, uint16_t ttl_ms) {
  if (!is_output(pin)) return Status::kWrongMode;
  if (raw > (mode(pin) == Mode::kPwm ? hal::kPwmMax : 1U) || !held_for(pin, ttl_ms)) return Status::kOutOfRange;
  pins_[pin].remaining_ms = ttl_ms;
  write(pin, raw);
  return Status::kOk;
}

Status Pins::renew(uint8_t pin, uint16_t ttl_ms) {
  if (!held_for(pin, ttl_ms)) return Status::kOutOfRange;
  // What has no deadline is not a client's, or is at its safe value already.
  if (pins_[pin].remaining_ms != 0) pins_[pin].remaining_ms = ttl_ms;
  return Status::kOk;
}

void Pins::make_safe(uint8_t pin) {
  if (!is_output(pin)) return;
  pins_[pin].remaining_ms = 0;
  write(pin, safe_raw(pin));
}

void Pins::make_all_safe() {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) make_safe(pin);
}

void Pins::age(uint16_t ms) {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    const uint16_t remaining = pins_[pin].remaining_ms;
    if (remaining == 0) continue;
    if (remaining > ms) {
      pins_[pin].remaining_ms = remaining - ms;
    } else {
      make_safe(pin);
    }
  }
}

void Pins::watch() {
  for (uint8_t port = 0; port < hal::kPorts; port++) {
    const uint8_t levels = hal::port_read(port);
    const uint8_t changed = (levels ^ levels_[port]) & watched_[port];
    if (changed == 0) continue;
    levels_[port] = levels;
    events.push_port(port, changed, levels);
  }
}

uint8_t Pins::value(uint8_t pin) const {
  if (is_output(pin)) return pins_[pin].raw;
  return (levels_[hal::pin_port(pin)] & hal::pin_mask(pin)) != 0;
}

void Pins::sample(uint8_t pin) { events.push(pin, value(pin)); }

void Pins::refresh_pwm() {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (mode(pin) == Mode::kPwm) hal::pin_pwm(pin, pins_[pin].raw);
  }
  if (declared() != 0) declared()->refresh();
}

}  // namespace ardugate
