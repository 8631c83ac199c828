#include "gate.h"

#include "descriptor.h"
#include "pins.h"
#include "sampler.h"

namespace gate {

using ardugate::Kind;
using ardugate::Record;
using ardugate::Type;
using ardugate::Window;
using ardugate::Words;
using ardugate::Writer;
namespace hal = ardugate::hal;

namespace {

const uint8_t kTagLabel = 4;
const uint8_t kMaxLabel = 16;  // bytes; longer ones are cut
const uint32_t kNoValue = 0x7FC00000;  // the bits of a NaN

union Bits {
  float value;
  uint32_t bits;
};

}  // namespace

// --- Analog

const Kind Analog::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kFloat, 0, ARDUGATE_METHOD(Analog::describe), ARDUGATE_METHOD(Analog::begin), 0, 0);

Analog::operator float() const {
  hal::tick_hold();
  const uint16_t raw = ardugate::sampler.convert(pin() - hal::kFirstAnalogPin);
  hal::tick_release();
  return offset_ + raw * scale_;
}

void Analog::describe(Record& record, Window& out) const {
  record.effective_bits = hal::kAdcBits;
  record.scale = scale_;
  record.offset = offset_;
  record.maximum = kAdcTop;
  put(record, unit_, out);
}

void Analog::begin() { ardugate::pins.claim(pin(), ardugate::Mode::kAnalog); }

// --- what is assigned

void Number::assign(uint32_t value) {
  const hal::Atomic atomic;
  if (value == value_) return;
  value_ = value;
  changed(false);
}

void Number::describe(Record& record, Window& out) const { put(record, unit_, out); }

void Number::value(Writer& out) const { out.u32(value_); }

const Kind Value::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kFloat, ardugate::kChannelIrregular | ardugate::kChannelFloat, ARDUGATE_METHOD(Number::describe),
                   0, 0, ARDUGATE_METHOD(Number::value));

Value::Value(const char* name, const char* unit) : Number(&kKind, name, unit) { value_ = kNoValue; }

Value& Value::operator=(float value) {
  Bits both;
  both.value = value;
  assign(both.bits);
  return *this;
}

Value::operator float() const {
  Bits both;
  both.bits = value_;
  return both.value;
}

const Kind Integer::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kInt, ardugate::kChannelIrregular, ARDUGATE_METHOD(Number::describe),
                   0, 0, ARDUGATE_METHOD(Number::value));

const Kind Enum::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kEnum, ardugate::kChannelIrregular, ARDUGATE_METHOD(Enum::describe),
                   0, 0, ARDUGATE_METHOD(Number::value));

void Enum::describe(Record& record, Window& out) const {
  put(record, "", out);
  Words labels = unit_;
  for (uint8_t value = 0; labels[0] != 0; value++) {
    uint8_t size = 0;
    while (labels[size] != 0 && labels[size] != ',') size++;
    const uint8_t kept = size < kMaxLabel ? size : kMaxLabel;
    out.u8(kTagLabel);
    out.u8(2 + kept);
    out.u8(value);
    out.text(labels, kept);
    labels = labels + (labels[size] != 0 ? size + 1 : size);
  }
}

const Kind Text::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kText, ardugate::kChannelIrregular, ARDUGATE_METHOD(Text::describe),
                   0, 0, ARDUGATE_METHOD(Text::value));

Text& Text::operator=(Words text) {
  uint8_t size = text.size(kBytes);
  // A character of UTF-8 is whole or left out.
  if (size == kBytes) {
    while (size != 0 && (text[size] & 0xC0) == 0x80) size--;
  }
  bool other = size != size_;
  for (uint8_t i = 0; i < size && !other; i++) other = text[i] != text_[i];
  if (!other) return *this;
  hal::tick_hold();  // whom half of it would not serve
  size_ = size;
  for (uint8_t i = 0; i < size; i++) text_[i] = text[i];
  changed(false);
  hal::tick_release();
  return *this;
}

void Text::describe(Record& record, Window& out) const { put(record, "", out); }

void Text::value(Writer& out) const {
  out.u8(size_);
  for (uint8_t i = 0; i < size_; i++) out.u8(text_[i]);
}

// --- Input

const Kind Input::kKind PROGMEM =
    ARDUGATE_INPUT(Type::kBool, ardugate::kChannelIrregular, ARDUGATE_METHOD(Input::describe),
                   ARDUGATE_METHOD(Input::begin), ARDUGATE_METHOD(Input::tick), ARDUGATE_METHOD(Input::value));

bool Input::level() const {
  const bool high = (hal::port_read(hal::pin_port(pin())) & hal::pin_mask(pin())) != 0;
  return high != ((bits_ & kInverted) != 0);
}

void Input::describe(Record& record, Window& out) const { put(record, "", out); }

void Input::begin() {
  hal::pin_input(pin(), bits_ & kPullup);
  value_ = level();
}

void Input::tick(uint16_t ms) {
  if (level() == value_) {
    unlike_ms_ = 0;
    return;
  }
  unlike_ms_ += ms;
  if (unlike_ms_ < debounce_ms_) return;
  unlike_ms_ = 0;
  value_ = !value_;
  changed(true);
}

void Input::value(Writer& out) const { out.u8(value_); }

}  // namespace gate
