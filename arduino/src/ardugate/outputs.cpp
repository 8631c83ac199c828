#include "outputs.h"

#include "descriptor.h"
#include "safety.h"

namespace gate {

using ardugate::Hold;
using ardugate::Kind;
using ardugate::Record;
using ardugate::Status;
using ardugate::Type;
using ardugate::Window;
using ardugate::Writer;
namespace hal = ardugate::hal;

namespace {

const uint8_t kOutputFlags = ardugate::kChannelOutput | ardugate::kChannelIrregular;
const uint16_t kClientHoldMs = 2000;  // wire.md 4.2
const char kResting[] PROGMEM = "resting";
const char kBlockedText[] PROGMEM = "blocked";

// A Kind of outputs, by what they differ.
#define ARDUGATE_OUTPUT(which, type, tick, value, aim)                                                               \
  {type, kOutputFlags, ARDUGATE_METHOD(which::describe), ARDUGATE_METHOD(which::begin), ARDUGATE_METHOD(tick),       \
   ARDUGATE_METHOD(value), ARDUGATE_METHOD(which::write), ARDUGATE_METHOD(aim), ARDUGATE_METHOD(Driven::set),        \
   ARDUGATE_METHOD(Driven::renew), ARDUGATE_METHOD(Driven::make_safe)}

}  // namespace

// --- what they have in common

void Driven::put(uint16_t raw, bool each) {
  const bool other = raw != value_;
  value_ = raw;
  flash_pointer(&kind()->write)(*this);
  if (other) changed(each);
}

Hold Driven::hold() const {
  return hold_ms_ != 0 ? Hold::kClient : bits_ & kKeeps ? Hold::kBoard : Hold::kLink;
}

void Driven::block(bool blocked) {
  hal::tick_hold();
  if (blocked) {
    bits_ |= kBlocked;
    if (ardugate::declared_begun()) make_safe(true);
  } else {
    bits_ &= ~kBlocked;
  }
  hal::tick_release();
}

void Driven::drive(uint16_t raw) {
  if (!ardugate::declared_begun() || ardugate::safety.stopped() || (bits_ & kBlocked)) return;
  hal::tick_hold();
  if (flash_pointer(&kind()->aim)(*this, raw) == Status::kOk) remaining_ms_ = 0;
  hal::tick_release();
}

Status Driven::set(uint32_t raw, uint16_t ttl_ms, Writer& data) {
  if (ardugate::safety.stopped()) return Status::kStopped;
  if (ttl_ms == 0) ttl_ms = hold_ms_;
  if (hold_ms_ != 0 && ttl_ms > hold_ms_) return Status::kOutOfRange;
  const bool blocked = bits_ & kBlocked;
  const Status status = blocked ? Status::kRefused : flash_pointer(&kind()->aim)(*this, raw);
  if (status == Status::kRefused) ardugate::put_reason(data, blocked ? kBlockedText : kResting);
  if (status != Status::kOk) return status;
  remaining_ms_ = ttl_ms;
  data.u32(value_);
  data.u32(hal::now_us());
  data.u8(static_cast<uint8_t>(ttl_ms != 0 ? Hold::kClient : hold()));
  data.u16(ttl_ms);
  return Status::kOk;
}

Status Driven::renew(uint16_t ttl_ms) {
  if (ttl_ms == 0) ttl_ms = hold_ms_;
  if (hold_ms_ != 0 && ttl_ms > hold_ms_) return Status::kOutOfRange;
  if (remaining_ms_ != 0) remaining_ms_ = ttl_ms;
  return Status::kOk;
}

void Driven::age(uint16_t ms) {
  if (remaining_ms_ == 0) return;
  if (remaining_ms_ > ms) {
    remaining_ms_ -= ms;
  } else {
    make_safe(true);  // whatever its own hold is: a client had it
  }
}

void Driven::make_safe(bool stop) {
  // What has a deadline is a client's, whatever its own hold.
  if (!stop && hold() == Hold::kBoard && remaining_ms_ == 0) return;
  remaining_ms_ = 0;
  bits_ &= ~kMoves;
  put(safe_, true);
}

void Driven::describe_hold(Record& record) const {
  if (bits_ & kMomentary) record.flags |= ardugate::kChannelMomentary;
  record.hold = hold();
  record.hold_ms = hold_ms_;
  record.safe = safe_;
}

// --- Output

const Kind Output::kKind PROGMEM = ARDUGATE_OUTPUT(Output, Type::kBool, Driven::age, Output::value, Output::aim);

const Kind Output::kTimed PROGMEM =
    ARDUGATE_OUTPUT(Output, Type::kBool, Output::tick_timed, Output::value, Output::aim_timed);

void Output::describe(Record& record, Window& out) const {
  describe_hold(record);
  record.maximum = 1;
  Channel::put(record, "", out);
}

void Output::begin() { Driven::put(safe_, false); }

void Output::write() { hal::pin_output(pin(), (value_ != 0) != ((bits_ & kInverted) != 0)); }

void Output::value(Writer& out) const { out.u8(value_); }

Status Output::aim(uint32_t raw) {
  if (raw > 1) return Status::kOutOfRange;
  Driven::put(raw, true);
  return Status::kOk;
}

Status Output::aim_timed(uint32_t raw) {
  return raw == 1 && value_ == 0 && time_ != 0 ? Status::kRefused : aim(raw);
}

void Output::tick_timed(uint16_t ms) {
  age(ms);
  const bool on = value_ != 0;
  if (on != ((bits_ & kWasOn) != 0)) {
    bits_ ^= kWasOn;
    time_ = on ? limit_ : interval_;
    fraction_ = 0;
    return;
  }
  if (time_ == 0) return;
  if (time_ & kCoarse) {
    const uint16_t sum = fraction_ + ms;
    fraction_ = sum;
    ms = sum >> 8;
  }
  if ((time_ & ~kCoarse) > ms) {
    time_ -= ms;
    return;
  }
  time_ = 0;
  if (on) Driven::put(0, true);
}

// --- outputs of more than two values

Sliding::Sliding(const Kind* kind, const char* name, uint8_t pin, uint16_t top)
    : Driven(kind, name, pin), top_(top) {
  hold_ms_ = kClientHoldMs;
}

void Sliding::slew_by(uint16_t speed) {
  const uint8_t period_ms = 50;  // between two values that are sent on the way
  speed_ = speed != 0 ? speed : 1;
  period_ms_ = period_ms;
}

void Sliding::drive_within(uint16_t raw) { drive(raw < least_ ? least_ : raw > top_ ? top_ : raw); }

Status Sliding::aim(uint32_t raw) {
  if (raw > top_ || raw < least_) return Status::kOutOfRange;
  put(raw, true);
  return Status::kOk;
}

Status Sliding::aim_slow(uint32_t raw) {
  if (raw > top_ || raw < least_) return Status::kOutOfRange;
  target_ = raw;
  bits_ |= kMoves;
  return Status::kOk;
}

void Sliding::tick_slow(uint16_t ms) {
  age(ms);
  if (!(bits_ & kMoves)) {
    credit_ = 0;
    return;
  }
  const uint32_t credit = credit_ + static_cast<uint32_t>(speed_) * ms;
  const uint32_t steps = credit / 1000;
  credit_ = credit % 1000;
  const bool up = target_ > value_;
  const uint16_t way = up ? target_ - value_ : value_ - target_;
  if (steps >= way) {
    bits_ &= ~kMoves;
    put(target_, false);
  } else if (steps != 0) {
    put(up ? value_ + steps : value_ - steps, false);
  }
}

void Sliding::value(Writer& out) const { out.u32(value_); }

void Sliding::describe_range(Record& record) const {
  describe_hold(record);
  record.minimum = least_;
  record.maximum = top_;
}

// --- Pwm

const Kind Pwm::kKind PROGMEM = ARDUGATE_OUTPUT(Pwm, Type::kFloat, Driven::age, Sliding::value, Sliding::aim);

const Kind Pwm::kSlow PROGMEM =
    ARDUGATE_OUTPUT(Pwm, Type::kFloat, Sliding::tick_slow, Sliding::value, Sliding::aim_slow);

void Pwm::describe(Record& record, Window& out) const {
  describe_range(record);
  record.scale = 1.0f / hal::kPwmMax;
  Channel::put(record, "", out);
}

void Pwm::begin() {
  // The level first: a timer drives only what is an output.
  hal::pin_output(pin(), (bits_ & kInverted) != 0);
  if (ardugate::claim_timer(ardugate::TimerUse::kPwm, pin()) != Status::kOk) {
    bits_ |= kBlocked;
    return;
  }
  Driven::put(safe_, false);
}

void Pwm::write() { hal::pin_pwm(pin(), bits_ & kInverted ? hal::kPwmMax - value_ : value_); }

// --- Servo

const Kind Servo::kKind PROGMEM = ARDUGATE_OUTPUT(Servo, Type::kFloat, Driven::age, Sliding::value, Sliding::aim);

const Kind Servo::kSlow PROGMEM =
    ARDUGATE_OUTPUT(Servo, Type::kFloat, Sliding::tick_slow, Sliding::value, Sliding::aim_slow);

void Servo::describe(Record& record, Window& out) const {
  describe_range(record);
  record.scale = 0.1f;
  Channel::put(record, "°", out);
}

void Servo::begin() {
  hal::pin_output(pin(), false);
  if (ardugate::servo_attach(pin()) != Status::kOk) {
    bits_ |= kBlocked;
    return;
  }
  Driven::put(safe_, false);
}

void Servo::write() { ardugate::servo_write(pin(), value_); }

Servo::operator float() const {
  const hal::Atomic atomic;
  return value_ * 0.1f;
}

}  // namespace gate
