// The core's analogRead(), analogReference() and analogWrite(), in the place of its own: the sampler owns the converter
// and a timer. All that the core's wiring_analog.c defines is defined here, so the linker leaves that file in the
// archive, and libraries get these too.
#include "hal.h"

#if defined(__AVR__)

#include "sampler.h"

namespace {

// Sketches read before begin(), too: randomSeed(analogRead(A0)).
const struct Early {
  Early() {
    ardugate::sampler.begin();
    ADCSRA |= _BV(ADIE);  // on for ever: whatever the converter does is the sampler's
  }
} early;

}  // namespace

extern "C" {

uint8_t analog_reference = DEFAULT;

void analogReference(uint8_t mode) { analog_reference = mode; }

// A conversion between the sampler's own; from any context.
int analogRead(uint8_t pin) {
  using namespace ardugate;
  const uint8_t input = pin >= hal::kFirstAnalogPin ? pin - hal::kFirstAnalogPin : pin;
  if (input >= hal::kAnalogInputs) return 0;
  const uint8_t tick_mask = TIMSK0 & _BV(OCIE0A);
  TIMSK0 &= ~_BV(OCIE0A);  // the tick may ask for a conversion, too
  const uint16_t value = sampler.convert(input);
  TIMSK0 |= tick_mask;
  return value;
}

void analogWrite(uint8_t pin, int value) {
  using namespace ardugate;
  pinMode(pin, OUTPUT);
  const int top = hal::kPwmMax;
  if (value <= 0 || value >= top || !digitalPinHasPWM(pin)) {
    digitalWrite(pin, value > top / 2);
    return;
  }
  const uint8_t tick_mask = TIMSK0 & _BV(OCIE0A);
  TIMSK0 &= ~_BV(OCIE0A);
  hal::pin_pwm(pin, value);
  TIMSK0 |= tick_mask;
}

}  // extern "C"

#endif
