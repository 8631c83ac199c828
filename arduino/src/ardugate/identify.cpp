#include "identify.h"

#include "declared.h"
#include "hal.h"
#include "pins.h"

namespace ardugate {

namespace {

const uint8_t kHalfBit = 7;  // of the time that is left, in ms: on and off for 128 ms each

uint16_t left_ms;  // 0: it does not blink
uint8_t before;    // the pin, as it was

}  // namespace

Status identify(uint16_t ms) {
  const uint8_t pin = hal::kLedPin;
  const bool there = pin < hal::kPins && (pins.abilities(pin) & (kCanOutput | kLocked)) == kCanOutput;
  if (!there || pins.claimed(pin) || (declared() != 0 && declared()->on_pin(pin) != 0)) {
    return ms == 0 ? Status::kOk : Status::kRefused;
  }
  if (ms == 0) {
    identify_end();
    return Status::kOk;
  }
  if (left_ms == 0) {
    before = hal::pin_state(pin);
    pins.look_away(pin, true);
  }
  left_ms = ms;
  hal::pin_output(pin, true);
  return Status::kOk;
}

void identify_end() {
  if (left_ms == 0) return;
  left_ms = 0;
  hal::pin_restore(hal::kLedPin, before);
  pins.look_away(hal::kLedPin, false);
}

void identify_tick(uint16_t ms) {
  if (left_ms == 0) return;
  if (left_ms <= ms) return identify_end();
  const uint16_t was = left_ms;
  left_ms -= ms;
  if ((was ^ left_ms) >> kHalfBit & 1) hal::pin_output(hal::kLedPin, !(left_ms >> kHalfBit & 1));
}

}  // namespace ardugate
