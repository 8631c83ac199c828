#include "descriptor.h"

#include "calls.h"
#include "declared.h"
#include "flash.h"
#include "name.h"
#include "pins.h"

namespace ardugate {

Descriptor descriptor;

namespace {

const uint8_t kTagBoard = 1;
const uint8_t kTagPin = 2;
const uint8_t kMaxName = 32;  // bytes of a board's name; longer ones are cut

// What the board record begins with, low bytes first.
const uint8_t kBoardFields[] PROGMEM = {
    hal::kTickHz & 0xFF, hal::kTickHz >> 8 & 0xFF, hal::kTickHz >> 16 & 0xFF, hal::kTickHz >> 24,
    kMaxStreams,         hal::kAdcBits,            hal::kVrefMv & 0xFF,       hal::kVrefMv >> 8,
    hal::kPwmMax & 0xFF, hal::kPwmMax >> 8};

uint8_t flash_length(const char* text) {
  uint8_t size = 0;
  while (pgm_read_byte(text + size) != 0) size++;
  return size;
}

void describe_board(Window& out, Words own) {
  const char* mcu = hal::mcu_name();
  const uint8_t mcu_size = flash_length(mcu);
  out.u8(kTagBoard);
  const uint8_t given = name.size();
  out.u8(sizeof(kBoardFields) + 1 + (given != 0 ? given : own.size(kMaxName)) + 1 + mcu_size + 2 + 4);
  out.flash(kBoardFields, sizeof(kBoardFields));
  if (given == 0) {
    out.text(own, kMaxName);
  } else {
    out.u8(given);
    for (uint8_t i = 0; i < given; i++) out.u8(name.at(i));
  }
  out.u8(mcu_size);
  out.flash(mcu, mcu_size);
  out.u16(hal::kScanStepUs);
  out.u32(hal::kMaxBaud);
}

void describe_pin(Window& out, uint8_t pin) {
  char name[4];
  const uint8_t size = pin_name(pin, name);
  out.u8(kTagPin);
  out.u8(4 + 1 + size);
  out.u8(pin);
  out.u16(pins.abilities(pin));
  out.u8(pins.safe(pin));
  out.u8(size);
  for (uint8_t i = 0; i < size; i++) out.u8(name[i]);
}

}  // namespace

ARDUGATE_SMALL void Window::u8(uint8_t value) {
  if (whole_ != 0) {
    whole_->size_++;
    whole_->crc_ = crc32(&value, 1, whole_->crc_);
  } else if (skip_ != 0) {
    skip_--;
  } else if (left_ != 0) {
    *at_++ = value;
    left_--;
  }
}

ARDUGATE_SMALL void Window::u16(uint16_t value) {
  u8(value & 0xFF);
  u8(value >> 8);
}

void Window::u32(uint32_t value) {
  u16(value & 0xFFFF);
  u16(value >> 16);
}

void Window::bytes(const void* bytes, uint8_t size) {
  for (uint8_t i = 0; i < size; i++) u8(static_cast<const uint8_t*>(bytes)[i]);
}

ARDUGATE_SMALL void Window::flash(const void* bytes, uint8_t size) {
  for (uint8_t i = 0; i < size; i++) u8(pgm_read_byte(static_cast<const uint8_t*>(bytes) + i));
}

ARDUGATE_SMALL void Window::text(Words text, uint8_t most) {
  const uint8_t size = text.size(most);
  u8(size);
  for (uint8_t i = 0; i < size; i++) u8(text[i]);
}

// Not within the sketch's main function, whose frame never ends.
ARDUGATE_SMALL void Descriptor::begin(Words name) {
  name_ = name;
  measure();
}

ARDUGATE_SMALL void Descriptor::measure() {
  size_ = 0;
  crc_ = 0;
  Window window(this);
  write(window);
}

uint8_t Descriptor::read(uint16_t offset, uint8_t* out, uint8_t room) const {
  Window window(offset, out, room);
  write(window);
  return room - window.left();
}

ARDUGATE_SMALL void Descriptor::write(Window& window) const {
  describe_board(window, name_);
  for (uint8_t pin = 0; pin < hal::kPins && !window.full(); pin++) describe_pin(window, pin);
  if (declared() != 0) declared()->describe(window);
  if (calls() != 0) calls()->describe(window);
}

}  // namespace ardugate
