#include "meters.h"

#include "modes.h"

namespace gate {

using ardugate::Kind;
using ardugate::Mode;
using ardugate::Type;
using ardugate::counting_modes;
using ardugate::in_flash;
namespace hal = ardugate::hal;

Meter::Meter(const Kind* kind, const char* name, uint8_t pin, const char* unit) : Number(kind, name, unit, pin) {
  ardugate::use_counting_modes();
}

void Meter::start(Mode mode, uint8_t option) {
  if (in_flash(counting_modes()->abilities)(pin()) == 0) return;
  hal::pin_input(pin(), bits_ & kPullup);
  in_flash(counting_modes()->begin)(pin(), mode, option);
  bits_ |= kCounts;
}

void Meter::tick(uint16_t) {
  if (!(bits_ & kCounts)) return;
  const uint32_t now = in_flash(counting_modes()->value)(pin());
  if (now == value_) return;
  value_ = now;
  changed(false);
}

const Kind Counter::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kInt, ardugate::kChannelIrregular, ARDUGATE_METHOD(Number::describe),
                   ARDUGATE_METHOD(Counter::begin), ARDUGATE_METHOD(Meter::tick), ARDUGATE_METHOD(Number::value));

void Counter::begin() { start(Mode::kCount, bits_ & kInverted ? 1 : 0); }

Counter::operator int32_t() const {
  const hal::Atomic atomic;
  return value_;
}

const Kind Frequency::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kFloat, ardugate::kChannelIrregular | ardugate::kChannelFloat, ARDUGATE_METHOD(Number::describe),
                   ARDUGATE_METHOD(Frequency::begin), ARDUGATE_METHOD(Meter::tick), ARDUGATE_METHOD(Number::value));

void Frequency::begin() { start(Mode::kFrequency, 0); }

Frequency::operator float() const {
  const hal::Atomic atomic;
  union {
    uint32_t bits;
    float value;
  } both;
  both.bits = value_;
  return both.value;
}

const Kind Quadrature::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kInt, ardugate::kChannelIrregular, ARDUGATE_METHOD(Number::describe),
                   ARDUGATE_METHOD(Quadrature::begin), ARDUGATE_METHOD(Meter::tick), ARDUGATE_METHOD(Number::value));

void Quadrature::begin() {
  bits_ |= kPullup;
  hal::pin_input(partner_, true);
  start(Mode::kQuadrature, partner_);
}

Quadrature::operator int32_t() const {
  const hal::Atomic atomic;
  return value_;
}

}  // namespace gate
