#include "descriptor.h"

#include "flash.h"
#include "pins.h"

namespace ardugate {

Descriptor descriptor;

namespace {

const uint8_t kTagBoard = 1;
const uint8_t kTagPin = 2;
const uint8_t kMaxName = 32;  // bytes of a board's name; longer ones are cut

// Takes the descriptor byte by byte: keeps those of one window, and sums up all.
class Sink {
 public:
  Sink(uint16_t from, uint8_t* out, uint8_t room) : position_(0), from_(from), crc_(0xFFFFFFFF), out_(out), room_(room) {}

  void u8(uint8_t byte) {
    if (room_ == 0) {
      crc_ = crc32_step(crc_, byte);
    } else if (position_ >= from_ && position_ - from_ < room_) {
      out_[position_ - from_] = byte;
    }
    position_++;
  }
  void u16(uint16_t value) {
    u8(value & 0xFF);
    u8(value >> 8);
  }
  void u32(uint32_t value) {
    u16(value & 0xFFFF);
    u16(value >> 16);
  }
  uint16_t position() const { return position_; }
  uint32_t crc() const { return ~crc_; }

 private:
  uint16_t position_;
  uint16_t from_;
  uint32_t crc_;
  uint8_t* out_;
  uint8_t room_;  // 0: sums up
};

uint8_t flash_length(const char* text) {
  uint8_t size = 0;
  while (pgm_read_byte(text + size) != 0) size++;
  return size;
}

void describe_board(Sink& out, const char* name) {
  const char* mcu = hal::mcu_name();
  const uint8_t mcu_size = flash_length(mcu);
  uint8_t name_size = 0;
  while (name[name_size] != 0 && name_size < kMaxName) name_size++;
  out.u8(kTagBoard);
  out.u8(10 + 1 + name_size + 1 + mcu_size + 2);
  out.u32(hal::kTickHz);
  out.u8(kMaxStreams);
  out.u8(hal::kAdcBits);
  out.u16(hal::kVrefMv);
  out.u16(hal::kPwmMax);
  out.u8(name_size);
  for (uint8_t i = 0; i < name_size; i++) out.u8(name[i]);
  out.u8(mcu_size);
  for (uint8_t i = 0; i < mcu_size; i++) out.u8(pgm_read_byte(mcu + i));
  out.u16(hal::kScanStepUs);
}

// D0, D1 ... and A0, A1 ..., as they are printed on the board.
void describe_pin(Sink& out, uint8_t pin) {
  const bool analog = pin >= hal::kFirstAnalogPin && pin < hal::kFirstAnalogPin + hal::kAnalogInputs;
  const uint8_t number = analog ? pin - hal::kFirstAnalogPin : pin;
  const uint8_t name_size = number < 10 ? 2 : 3;
  out.u8(kTagPin);
  out.u8(4 + 1 + name_size);
  out.u8(pin);
  out.u16(hal::pin_abilities(pin));
  out.u8(pins.safe(pin));
  out.u8(name_size);
  out.u8(analog ? 'A' : 'D');
  if (number >= 10) out.u8('0' + number / 10);
  out.u8('0' + number % 10);
}

void describe(Sink& out, const char* name) {
  describe_board(out, name);
  for (uint8_t pin = 0; pin < hal::kPins; pin++) describe_pin(out, pin);
}

}  // namespace

void Descriptor::begin(const char* name) {
  name_ = name;
  Sink sum(0, 0, 0);
  describe(sum, name_);
  size_ = sum.position();
  crc_ = sum.crc();
}

uint8_t Descriptor::read(uint16_t offset, uint8_t* out, uint8_t room) const {
  if (offset >= size_) return 0;
  const uint16_t left = size_ - offset;
  if (left < room) room = left;
  Sink window(offset, out, room);
  describe(window, name_);
  return room;
}

}  // namespace ardugate
