#include "identify.h"

#include "hal.h"

namespace ardugate {

namespace {

const uint8_t kHalfBit = 7;  // of the time that is left, in ms: on and off for 128 ms each

uint16_t left_ms;  // 0: it does not blink
uint8_t before;    // the pin, as it was

}  // namespace

bool identifies() { return left_ms != 0; }

void identify(uint16_t ms) {
  if (ms == 0) return identify_end();
  if (left_ms == 0) before = hal::pin_state(hal::kLedPin);
  left_ms = ms;
  hal::pin_output(hal::kLedPin, true);
}

void identify_end() {
  if (left_ms == 0) return;
  left_ms = 0;
  hal::pin_restore(hal::kLedPin, before);
}

void identify_tick(uint16_t ms) {
  if (left_ms == 0) return;
  if (left_ms <= ms) return identify_end();
  const uint16_t was = left_ms;
  left_ms -= ms;
  if ((was ^ left_ms) >> kHalfBit & 1) hal::pin_output(hal::kLedPin, !(left_ms >> kHalfBit & 1));
}

}  // namespace ardugate
