#include "pins.h"

#include "declared.h"
#include "events.h"
#include "flash.h"
#include "identify.h"
#include "modes.h"
#include "timers.h"

namespace ardugate {

Pins pins;

namespace {

// The abilities that each mode needs, from `off` on.
const uint16_t kNeeds[] PROGMEM = {
    kCanInput, kCanInput, kCanPullup, kCanAnalog, kCanOutput,    kCanPwm,
    kCanServo, kCanTone,  kCanCount,  kCanFrequency, kCanQuadrature,
};

// 0 for a mode that there is not.
uint16_t needs(Mode mode) {
  const uint8_t number = static_cast<uint8_t>(mode);
  return number < sizeof(kNeeds) / sizeof(kNeeds[0]) ? pgm_read_word(&kNeeds[number]) : 0;
}

// Of a mode that the sketch has named; 0: of none.
__attribute__((always_inline)) inline const OwnMode* own(Mode mode) { return modes_named() ? own_mode(mode) : 0; }

// What a pin in this mode holds of the shared timer.
ARDUGATE_SMALL TimerUse use_of(uint8_t pin, Mode mode) {
  if (mode == Mode::kServo) return TimerUse::kServo;
  if (mode == Mode::kTone) return TimerUse::kTone;
  return mode == Mode::kPwm && hal::pwm_is_shared(pin) ? TimerUse::kPwm : TimerUse::kNone;
}

}  // namespace

ARDUGATE_SMALL Mode Pins::mode(uint8_t pin) const { return static_cast<Mode>(pins_[pin].state & kMode); }

ARDUGATE_SMALL bool Pins::is_output(uint8_t pin) const {
  const Mode now = mode(pin);
  return now >= Mode::kOutput && (!modes_named() || now <= Mode::kTone);
}

bool Pins::has_deadline(uint8_t pin) const { return mode(pin) >= Mode::kPwm; }

ARDUGATE_SMALL bool Pins::is_digital(uint8_t pin) const {
  const Mode now = mode(pin);
  return now == Mode::kInput || now == Mode::kInputPullup || now == Mode::kOutput;
}

bool Pins::has_events(uint8_t pin) const { return is_digital(pin) || is_output(pin); }

bool Pins::has_number(uint8_t pin) const { return modes_named() && mode(pin) >= Mode::kCount; }

uint16_t Pins::abilities(uint8_t pin) const {
  uint16_t found = hal::pin_abilities(pin);
  if (!modes_named() || (found & kLocked)) return found;
  if (servo_mode() != 0) found |= in_flash(servo_mode()->abilities)(pin);
  if (tone_mode() != 0) found |= in_flash(tone_mode()->abilities)(pin);
  if (counting_modes() != 0) found |= in_flash(counting_modes()->abilities)(pin);
  return found;
}

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
  identify_end();
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (declared() != 0 && declared()->on_pin(pin) != 0) continue;  // it is the sketch's
    pins_[pin].state &= ~kClaimed;
    apply(pin, started_as(pin));
  }
}

void Pins::apply(uint8_t pin, Mode mode, uint8_t option) {
  Pin& state = pins_[pin];
  if (const OwnMode* before = own(this->mode(pin))) in_flash(before->end)(pin);
  if (timer_holder() != 0 && this->mode(pin) == Mode::kPwm) release_timer(TimerUse::kPwm, pin);
  const uint16_t abilities = hal::pin_abilities(pin);
  state.state = (state.state & ~kMode) | static_cast<uint8_t>(mode);
  state.remaining_ms = 0;
  if ((abilities & kLocked) || !(abilities & kCanInput)) return;  // the host's, or an analog input and nothing else
  const uint8_t port = hal::pin_port(pin);
  const uint8_t mask = hal::pin_mask(pin);
  watched_[port] &= ~mask;
  if (is_output(pin)) {
    state.raw = safe_raw(pin);
    hal::pin_output(pin, mode <= Mode::kPwm && safe(pin));
    if (mode == Mode::kPwm) claim_timer(TimerUse::kPwm, pin);
  } else {
    hal::pin_input(pin, mode == Mode::kInputPullup);
    if (is_digital(pin)) {
      watched_[port] |= mask;
      levels_[port] = (levels_[port] & ~mask) | (hal::port_read(port) & mask);
    }
  }
  if (const OwnMode* now = own(mode)) in_flash(now->begin)(pin, mode, option);
}

Status Pins::claim(uint8_t pin, Mode mode, uint8_t option) {
  // `off` is for every pin, one that can only be an analog input too.
  if (mode != Mode::kOff && !(abilities(pin) & needs(mode))) return Status::kRefused;
  if (timer_holder() != 0) {
    const TimerUse use = use_of(pin, mode);
    const bool mine = use_of(pin, this->mode(pin)) != TimerUse::kNone;
    if (use != TimerUse::kNone && !timer_free(use, mine)) return Status::kTimerInUse;
  }
  const OwnMode* const its = own(mode);
  const Status status = its != 0 ? in_flash(its->check)(pin, mode, option)
                                 : option == 0 ? Status::kOk : Status::kBadRequest;
  if (status != Status::kOk) return status;
  if (pin == hal::kLedPin) identify_end();
  pins_[pin].state |= kClaimed;
  apply(pin, mode, option);
  if (modes_named()) events.forget(pin);
  if (has_events(pin)) sample(pin);
  return Status::kOk;
}

uint8_t Pins::safe_raw(uint8_t pin) const {
  if (!safe(pin) || mode(pin) > Mode::kPwm) return 0;
  return mode(pin) == Mode::kPwm ? static_cast<uint8_t>(hal::kPwmMax) : 1;
}

Status Pins::write(uint8_t pin, uint16_t raw) {
  Pin& state = pins_[pin];
  const uint16_t before = value(pin);
  if (const OwnMode* its = own(mode(pin))) {
    const Status status = in_flash(its->write)(pin, raw);
    if (status != Status::kOk) return status;
  } else {
    if (mode(pin) == Mode::kPwm) {
      hal::pin_pwm(pin, raw);
    } else {
      hal::pin_output(pin, raw != 0);
    }
    state.raw = raw;
  }
  if (value(pin) != before) sample(pin);
  return Status::kOk;
}

bool Pins::held_for(uint8_t pin, uint16_t& ttl_ms) const {
  if (!has_deadline(pin)) return true;  // the link holds it; a client may, for any time
  if (ttl_ms == 0) ttl_ms = kClientHoldMs;
  return ttl_ms <= kClientHoldMs;
}

Status Pins::set(uint8_t pin, uint32_t& raw, uint16_t ttl_ms) {
  if (!is_output(pin)) return Status::kWrongMode;
  const Mode now = mode(pin);
  const uint16_t top = now == Mode::kOutput ? 1 : now == Mode::kPwm ? hal::kPwmMax : 0xFFFF;
  if (raw > top || !held_for(pin, ttl_ms)) return Status::kOutOfRange;
  const Status status = write(pin, raw);
  if (status != Status::kOk) return status;
  pins_[pin].remaining_ms = ttl_ms;
  raw = value(pin);
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
  identify_end();
  for (uint8_t pin = 0; pin < hal::kPins; pin++) make_safe(pin);
}

void Pins::force_safe() const {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (!is_output(pin)) continue;
    if (const OwnMode* its = own(mode(pin))) {
      in_flash(its->write)(pin, safe_raw(pin));
    } else {
      hal::pin_output(pin, safe(pin));  // which takes a timer off it
    }
  }
}

void Pins::age(uint16_t ms) {
  identify_tick(ms);
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
  if (counting_modes() != 0) in_flash(counting_modes()->tick)();
  for (uint8_t port = 0; port < hal::kPorts; port++) {
    const uint8_t levels = hal::port_read(port);
    uint8_t changed = (levels ^ levels_[port]) & watched_[port];
    // An LED that blinks has no edges.
    if (identifies() && hal::pin_port(hal::kLedPin) == port) changed &= ~hal::pin_mask(hal::kLedPin);
    if (changed == 0) continue;
    levels_[port] ^= changed;
    events.push_port(port, changed, levels);
  }
}

uint16_t Pins::value(uint8_t pin) const {
  if (const OwnMode* its = own(mode(pin))) return in_flash(its->value)(pin);
  if (is_output(pin)) return pins_[pin].raw;
  return (levels_[hal::pin_port(pin)] & hal::pin_mask(pin)) != 0;
}

uint32_t Pins::number(uint8_t pin) const {
  const OwnMode* const its = counting_modes();
  return its != 0 ? in_flash(its->value)(pin) : 0;
}

void Pins::sample(uint8_t pin) { events.push(pin, value(pin)); }

void Pins::refresh_pwm() {
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (mode(pin) == Mode::kPwm) hal::pin_pwm(pin, pins_[pin].raw);
  }
  if (declared() != 0) declared()->refresh();
}

}  // namespace ardugate
