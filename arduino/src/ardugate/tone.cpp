// Mode tone (wire.md 4.2): a square wave on one pin at a time. A pin that the shared timer drives by itself can have any
// frequency, the others up to hal::kToneMaxHz.
#include "hal.h"
#include "modes.h"
#include "timers.h"

namespace ardugate {

namespace {

const OwnMode* named = 0;

uint16_t present_hz;  // what the pin does; 0: silence

uint16_t abilities(uint8_t pin) {
  return hal::kHasSharedTimer && (hal::pin_abilities(pin) & kCanOutput) ? kCanTone : 0;
}

Status check(uint8_t, Mode, uint8_t option) { return option == 0 ? Status::kOk : Status::kBadRequest; }

void begin(uint8_t pin, Mode, uint8_t) {
  claim_timer(TimerUse::kTone, pin);
  present_hz = 0;
}

void end(uint8_t pin) {
  hal::tone_end(pin);
  release_timer(TimerUse::kTone, pin);
}

Status write(uint8_t pin, uint16_t hz) {
  if (hz == 0) {
    hal::tone_end(pin);
    present_hz = 0;
    return Status::kOk;
  }
  const uint16_t made = hz >= hal::kToneMinHz ? hal::tone_begin(pin, hz) : 0;
  if (made == 0) return Status::kOutOfRange;
  present_hz = made;
  return Status::kOk;
}

uint32_t value(uint8_t) { return present_hz; }

const OwnMode kTone PROGMEM = {abilities, check, begin, end, write, value, 0};

}  // namespace

const OwnMode* tone_mode() { return named; }

void use_tone_mode() {
  use_shared_timer();
  named = &kTone;
  use_modes();
}

}  // namespace ardugate
