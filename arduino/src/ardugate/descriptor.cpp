#include "descriptor.h"

#include "calls.h"
#include "declared.h"
#include "flash.h"
#include "pins.h"

namespace ardugate {

Descriptor descriptor;

namespace {

const uint8_t kTagBoard = 1;
const uint8_t kTagPin = 2;
const uint8_t kMaxName = 32;  // bytes of a board's name; longer ones are cut

const uint8_t kMaxRecord = 2 + 10 + 1 + kMaxName + 1 + 12 + 2;  // bytes: the board's

// What the board record begins with, low bytes first.
const uint8_t kBoardFields[] PROGMEM = {
    hal::kTickHz & 0xFF, hal::kTickHz >> 8 & 0xFF, hal::kTickHz >> 16 & 0xFF, hal::kTickHz >> 24,
    kMaxStreams,         hal::kAdcBits,            hal::kVrefMv & 0xFF,       hal::kVrefMv >> 8,
    hal::kPwmMax & 0xFF, hal::kPwmMax >> 8};

void put_flash(Writer& out, const void* bytes, uint8_t size) {
  for (uint8_t i = 0; i < size; i++) out.u8(pgm_read_byte(static_cast<const uint8_t*>(bytes) + i));
}

uint8_t flash_length(const char* text) {
  uint8_t size = 0;
  while (pgm_read_byte(text + size) != 0) size++;
  return size;
}

uint8_t describe_board(uint8_t* record, const char* name) {
  const char* mcu = hal::mcu_name();
  const uint8_t mcu_size = flash_length(mcu);
  uint8_t name_size = 0;
  while (name[name_size] != 0 && name_size < kMaxName) name_size++;
  Writer out(record);
  out.u8(kTagBoard);
  out.u8(sizeof(kBoardFields) + 1 + name_size + 1 + mcu_size + 2);
  put_flash(out, kBoardFields, sizeof(kBoardFields));
  out.u8(name_size);
  for (uint8_t i = 0; i < name_size; i++) out.u8(name[i]);
  out.u8(mcu_size);
  put_flash(out, mcu, mcu_size);
  out.u16(hal::kScanStepUs);
  return out.at() - record;
}

// D0, D1 ... and A0, A1 ..., as they are printed on the board.
uint8_t describe_pin(uint8_t* record, uint8_t pin) {
  const bool analog = pin >= hal::kFirstAnalogPin && pin < hal::kFirstAnalogPin + hal::kAnalogInputs;
  const uint8_t number = analog ? pin - hal::kFirstAnalogPin : pin;
  const uint8_t name_size = number < 10 ? 2 : 3;
  Writer out(record);
  out.u8(kTagPin);
  out.u8(4 + 1 + name_size);
  out.u8(pin);
  out.u16(hal::pin_abilities(pin));
  out.u8(pins.safe(pin));
  out.u8(name_size);
  out.u8(analog ? 'A' : 'D');
  if (number >= 10) out.u8('0' + number / 10);
  out.u8('0' + number % 10);
  return out.at() - record;
}

// What the sketch declares.
ARDUGATE_SMALL uint8_t describe_sketch(uint16_t offset, uint8_t* out, uint8_t room) {
  uint8_t taken = 0;
  if (declared() != 0) taken += declared()->describe(offset, out, room);
  if (calls() != 0) taken += calls()->describe(offset, out + taken, room - taken);
  return taken;
}

}  // namespace

void Descriptor::begin(const char* name) {
  name_ = name;
  size_ = 0;
  crc_ = 0;
  uint8_t piece[16];
  while (const uint8_t size = read(size_, piece, sizeof(piece))) {
    crc_ = crc32(piece, size, crc_);
    size_ += size;
  }
}

uint8_t Descriptor::read(uint16_t offset, uint8_t* out, uint8_t room) const {
  uint8_t record[kMaxRecord];
  uint8_t taken = 0;
  for (uint8_t i = 0; i <= hal::kPins && taken < room; i++) {
    const uint8_t size = i == 0 ? describe_board(record, name_) : describe_pin(record, i - 1);
    if (offset >= size) {
      offset -= size;
      continue;
    }
    for (uint8_t at = offset; at < size && taken < room; at++) out[taken++] = record[at];
    offset = 0;
  }
  if (declared() != 0 || calls() != 0) taken += describe_sketch(offset, out + taken, room - taken);
  return taken;
}

}  // namespace ardugate
