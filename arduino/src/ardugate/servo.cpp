#include "servo.h"

#include "modes.h"
#include "timers.h"

namespace ardugate {

namespace {

const OwnMode* named = 0;

// The place of this pin among the pulses; kPulses: it has none. Of hal::kNoPin: a free place.
uint8_t place_of(uint8_t pin) {
  uint8_t place = 0;
  while (place < hal::kPulses && hal::pulse_pin(place) != pin) place++;
  return place;
}

}  // namespace

Status servo_attach(uint8_t pin) {
  const uint8_t place = place_of(hal::kNoPin);
  if (place == hal::kPulses) return Status::kTooMany;
  const Status status = claim_timer(TimerUse::kServo, pin);
  if (status != Status::kOk) return status;
  hal::pulse_set(place, pin, hal::kNoPulse);
  return Status::kOk;
}

void servo_write(uint8_t pin, uint16_t tenths) {
  const uint8_t place = place_of(pin);
  if (place != hal::kPulses) hal::pulse_set(place, pin, tenths);
}

void servo_detach(uint8_t pin) {
  const uint8_t place = place_of(pin);
  if (place == hal::kPulses) return;
  hal::pulse_set(place, hal::kNoPin, hal::kNoPulse);
  release_timer(TimerUse::kServo, pin);
}

namespace {

uint16_t abilities(uint8_t pin) {
  return hal::kHasSharedTimer && (hal::pin_abilities(pin) & kCanOutput) ? kCanServo : 0;
}

Status check(uint8_t pin, Mode, uint8_t option) {
  if (option != 0) return Status::kBadRequest;
  const bool mine = place_of(pin) != hal::kPulses;
  if (!mine && place_of(hal::kNoPin) == hal::kPulses) return Status::kTooMany;
  return Status::kOk;
}

Status write(uint8_t pin, uint16_t raw) {
  if (raw > kServoTop) return Status::kOutOfRange;
  servo_write(pin, raw);
  return Status::kOk;
}

void begin(uint8_t pin, Mode, uint8_t) {
  servo_attach(pin);
  servo_write(pin, 0);
}

uint32_t value(uint8_t pin) {
  const uint8_t place = place_of(pin);
  return place != hal::kPulses ? hal::pulse_tenths(place) : 0;
}

const OwnMode kServo PROGMEM = {abilities, check, begin, servo_detach, write, value, 0};

}  // namespace

const OwnMode* servo_mode() { return named; }

void use_servo_mode() {
  use_shared_timer();
  named = &kServo;
  use_modes();
}

}  // namespace ardugate
