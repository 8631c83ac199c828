#include "gate.h"

#include "pins.h"
#include "safety.h"
#include "sampler.h"

namespace gate {

using ardugate::Description;
using ardugate::Hold;
using ardugate::Status;
using ardugate::Type;
using ardugate::Writer;
namespace hal = ardugate::hal;

namespace {

const uint32_t kNoValue = 0x7FC00000;  // the bits of a NaN
const uint16_t kClientHoldMs = 2000;  // wire.md 4.2
const uint16_t kAdcTop = (1 << hal::kAdcBits) - 1;

union Bits {
  float value;
  uint32_t bits;
};

Description plain(Type type, uint8_t flags) {
  return Description{type, flags, 0, Hold::kBoard, 0, 1, 0, 0, 0, 0};
}

}  // namespace

Analog::Analog(const char* name, uint8_t pin, const char* unit, float minimum, float maximum)
    : Channel(name, unit, pin, 0), minimum_(minimum), maximum_(maximum) {}

Analog::operator float() const {
  hal::tick_hold();
  const uint16_t raw = ardugate::sampler.convert(pin() - hal::kFirstAnalogPin);
  hal::tick_release();
  return minimum_ + raw * ((maximum_ - minimum_) / kAdcTop);
}

Description Analog::describe() const {
  const float scale = (maximum_ - minimum_) / kAdcTop;
  return Description{Type::kFloat, 0, hal::kAdcBits, Hold::kBoard, 0, scale, minimum_, 0, kAdcTop, 0};
}

void Analog::begin() { ardugate::pins.claim(pin(), ardugate::Mode::kAnalog); }

Value::Value(const char* name, const char* unit) : Changing(name, unit, ardugate::kNoPin, true) {
  calm();
  value_ = kNoValue;
}

Value& Value::operator=(float value) {
  Bits both;
  both.value = value;
  if (both.bits != value_) changed(both.bits, false);
  return *this;
}

Value::operator float() const {
  Bits both;
  both.bits = value_;
  return both.value;
}

Description Value::describe() const {
  return plain(Type::kFloat, ardugate::kChannelIrregular | ardugate::kChannelFloat);
}

void Value::tick(uint16_t ms) { pass(ms); }

Integer::Integer(const char* name, const char* unit) : Changing(name, unit, ardugate::kNoPin, true) { calm(); }

Integer& Integer::operator=(int32_t value) {
  if (static_cast<uint32_t>(value) != value_) changed(value, false);
  return *this;
}

Description Integer::describe() const { return plain(Type::kInt, ardugate::kChannelIrregular); }

void Integer::tick(uint16_t ms) { pass(ms); }

Input::Input(const char* name, uint8_t pin) : Changing(name, "", pin, false) {}

Input& Input::pullup() {
  pullup_ = true;
  return *this;
}

Input& Input::debounce(uint8_t ms) {
  debounce_ms_ = ms;
  return *this;
}

bool Input::level() const {
  return ((hal::port_read(hal::pin_port(pin())) & hal::pin_mask(pin())) != 0) != pullup_;
}

Description Input::describe() const { return plain(Type::kBool, ardugate::kChannelIrregular); }

void Input::begin() {
  hal::pin_input(pin(), pullup_);
  value_ = level();
}

void Input::tick(uint16_t ms) {
  if (level() == (value_ != 0)) {
    unlike_ms_ = 0;
    return;
  }
  unlike_ms_ += ms;
  if (unlike_ms_ < debounce_ms_) return;
  unlike_ms_ = 0;
  changed(!value_, true);
}

Driven::Driven(const char* name, uint8_t pin, uint8_t top)
    : Changing(name, "", pin, top > 1), top_(top), hold_(Hold::kLink) {}

void Driven::begin() {
  hal::pin_output(pin(), (safe_ == top_) != inverted_);
  value_ = safe_;
  write(safe_);
}

void Driven::put(uint8_t raw) {
  write(raw);
  if (raw != value_) changed(raw, true);
}

void Driven::drive(uint8_t raw) {
  if (!ardugate::declared_begun() || ardugate::safety.stopped()) return;
  if (raw < least_) raw = least_;
  if (raw > top_) raw = top_;
  hal::tick_hold();
  remaining_ms_ = 0;
  put(raw);
  hal::tick_release();
}

Status Driven::set(uint32_t raw, uint16_t ttl_ms, Writer& data) {
  if (ardugate::safety.stopped()) return Status::kStopped;
  if (ttl_ms == 0) ttl_ms = hold_ms_;
  if (raw > top_ || raw < least_ || (hold_ms_ != 0 && ttl_ms > hold_ms_)) return Status::kOutOfRange;
  remaining_ms_ = ttl_ms;
  put(raw);
  data.u32(raw);
  data.u32(hal::now_us());
  data.u8(static_cast<uint8_t>(ttl_ms != 0 ? Hold::kClient : hold_));
  data.u16(ttl_ms);
  return Status::kOk;
}

Status Driven::renew(uint16_t ttl_ms) {
  if (ttl_ms == 0) ttl_ms = hold_ms_;
  if (hold_ms_ != 0 && ttl_ms > hold_ms_) return Status::kOutOfRange;
  if (remaining_ms_ != 0) remaining_ms_ = ttl_ms;
  return Status::kOk;
}

void Driven::tick(uint16_t ms) {
  if (remaining_ms_ == 0) return;
  if (remaining_ms_ > ms) {
    remaining_ms_ -= ms;
  } else {
    remaining_ms_ = 0;
    put(safe_);
  }
}

void Driven::make_safe(bool stop) {
  // What has a deadline is a client's, whatever its own hold.
  if (!stop && hold_ == Hold::kBoard && remaining_ms_ == 0) return;
  remaining_ms_ = 0;
  put(safe_);
}

Output::Output(const char* name, uint8_t pin) : Driven(name, pin, 1) {}

Output& Output::safe(bool value) {
  safe_ = value;
  return *this;
}

Output& Output::hold(uint16_t ms) {
  hold_ = Hold::kClient;
  hold_ms_ = ms;
  return *this;
}

Output& Output::keep() {
  hold_ = Hold::kBoard;
  return *this;
}

Output& Output::activeLow() {
  inverted_ = true;
  return *this;
}

Description Output::describe() const {
  const uint8_t flags = ardugate::kChannelOutput | ardugate::kChannelIrregular;
  return Description{Type::kBool, flags, 0, hold_, hold_ms_, 1, 0, 0, 1, safe_};
}

void Output::write(uint8_t raw) { hal::pin_output(pin(), (raw != 0) != inverted_); }

Pwm::Pwm(const char* name, uint8_t pin) : Driven(name, pin, hal::kPwmMax) { hold(kClientHoldMs); }

Pwm& Pwm::safe(float value) {
  safe_ = raw_of(value);
  return *this;
}

Pwm& Pwm::hold(uint16_t ms) {
  hold_ = Hold::kClient;
  hold_ms_ = ms;
  return *this;
}

Pwm& Pwm::keep() {
  hold_ = Hold::kBoard;
  hold_ms_ = 0;
  return *this;
}

Pwm& Pwm::limits(float minimum, float maximum) {
  least_ = raw_of(minimum);
  top_ = raw_of(maximum);
  return *this;
}

Pwm& Pwm::operator=(float value) {
  drive(raw_of(value));
  return *this;
}

uint8_t Pwm::raw_of(float value) {
  if (!(value > 0)) return 0;
  return value < 1 ? static_cast<uint8_t>(value * hal::kPwmMax + 0.5f) : static_cast<uint8_t>(hal::kPwmMax);
}

Description Pwm::describe() const {
  const uint8_t flags = ardugate::kChannelOutput | ardugate::kChannelIrregular;
  return Description{Type::kFloat, flags, 0, hold_, hold_ms_, 1.0f / hal::kPwmMax, 0, least_, top_, safe_};
}

void Pwm::write(uint8_t raw) {
  hal::pin_pwm(pin(), raw);
}

void Pwm::refresh() { write(value_); }

}  // namespace gate
