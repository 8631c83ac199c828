#include "bus.h"

#include <string.h>

#include "declared.h"
#include "flash.h"
#include "hal.h"
#include "pins.h"

namespace ardugate {

namespace {

const uint8_t kMostBytes = 16;  // two digits each in a result of 32
const uint8_t kFirstAddress = 0x08;  // those below and from 0x78 on are reserved
const uint8_t kLastAddress = 0x77;

const char kNoBus[] PROGMEM = "no such bus";
const char kBadHex[] PROGMEM = "bad hex";
const char kInUse[] PROGMEM = "in use";
const char kStuck[] PROGMEM = "bus stuck";
const char kNoAnswer[] PROGMEM = "no answer";
const char kTooMany[] PROGMEM = "too many";

// Where digits go, two for each byte.
class Digits {
 public:
  explicit Digits(Arguments& arguments) : arguments_(arguments), at_(arguments.text_room()), size_(0) {}
  void put(uint8_t byte) {
    at_[size_++] = digit(byte >> 4);
    at_[size_++] = digit(byte & 15);
  }
  uint8_t bytes() const { return size_ / 2; }
  void done() { arguments_.give_room(size_); }

 private:
  static char digit(uint8_t value) { return value < 10 ? '0' + value : 'a' - 10 + value; }

  Arguments& arguments_;
  char* at_;
  uint8_t size_;
};

void fail(Arguments& arguments, const char* why) {
  char* const at = arguments.text_room();
  uint8_t size = 0;
  while (const char letter = pgm_read_byte(why + size)) at[size++] = letter;
  arguments.give_room(size);
}

// The value of a digit; 16 and above: it is none.
uint8_t value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const uint8_t letter = (digit | 0x20) - 'a';
  return letter < 6 ? 10 + letter : 16;
}

uint8_t byte_at(const char* hex) { return value_of(hex[0]) << 4 | value_of(hex[1]); }

bool is_hex(const char* text) {
  uint8_t size = 0;
  for (; text[size] != 0; size++) {
    if (value_of(text[size]) > 15) return false;
  }
  return size % 2 == 0;
}

// Somebody else's: a bus would take it away from him.
bool used(uint8_t pin) { return pins.claimed(pin) || (declared() != 0 && declared()->on_pin(pin) != 0); }

}  // namespace

void give(Arguments& arguments, I2cScan) {
  if (!hal::kHasBuses) return fail(arguments, kNoBus);
  if (used(hal::kSdaPin) || used(hal::kSclPin)) return fail(arguments, kInUse);
  Digits found(arguments);
  hal::i2c_begin();
  bool well = true;
  for (uint8_t address = kFirstAddress; well && address <= kLastAddress && found.bytes() < kMostBytes; address++) {
    const hal::I2cAnswer answer = hal::i2c_start(address << 1);
    well = answer != hal::kI2cStuck;
    if (answer == hal::kI2cYes) found.put(address);
    hal::i2c_stop();
  }
  hal::i2c_end();
  if (!well) return fail(arguments, kStuck);
  found.done();
}

void give(Arguments& arguments, const I2cTransfer& transfer) {
  if (!hal::kHasBuses) return fail(arguments, kNoBus);
  if (used(hal::kSdaPin) || used(hal::kSclPin)) return fail(arguments, kInUse);
  if (!is_hex(transfer.write)) return fail(arguments, kBadHex);
  if (transfer.read > kMostBytes) return fail(arguments, kTooMany);
  hal::i2c_begin();
  hal::I2cAnswer answer = hal::kI2cYes;
  // A transfer of nothing asks whether somebody is there.
  if (*transfer.write != 0 || transfer.read == 0) {
    answer = hal::i2c_start(transfer.address << 1);
    for (const char* at = transfer.write; answer == hal::kI2cYes && *at != 0; at += 2) {
      answer = hal::i2c_write(byte_at(at));
    }
  }
  // The digits may go where those were that have been written.
  Digits got(arguments);
  if (answer == hal::kI2cYes && transfer.read != 0) {
    answer = hal::i2c_start(transfer.address << 1 | 1);
    for (uint8_t left = transfer.read; answer == hal::kI2cYes && left != 0; left--) {
      uint8_t byte = 0;
      answer = hal::i2c_read(&byte, left == 1);
      got.put(byte);
    }
  }
  hal::i2c_stop();
  hal::i2c_end();
  if (answer != hal::kI2cYes) return fail(arguments, answer == hal::kI2cNo ? kNoAnswer : kStuck);
  got.done();
}

void give(Arguments& arguments, const SpiTransfer& transfer) {
  const uint8_t select = transfer.select;
  if (!hal::kHasBuses || select >= hal::kPins) return fail(arguments, kNoBus);
  const bool own = pins.is_output(select) || !used(select);  // an output that is kept HIGH is how a select should be
  const bool taken = used(hal::kMosiPin) || used(hal::kMisoPin) || used(hal::kSckPin);
  if (!own || taken || (pins.abilities(select) & (kCanOutput | kLocked)) != kCanOutput) return fail(arguments, kInUse);
  if (!is_hex(transfer.write)) return fail(arguments, kBadHex);
  const uint8_t before = hal::pin_state(select);
  hal::spi_begin();
  hal::pin_output(select, false);
  Digits got(arguments);
  // Each byte's digits go to places that have been read already.
  bool well = true;
  for (const char* at = transfer.write; well && *at != 0; at += 2) {
    uint8_t byte = byte_at(at);
    well = hal::spi_exchange(&byte);
    got.put(byte);
  }
  hal::pin_restore(select, before);
  hal::spi_end();
  if (!well) return fail(arguments, kStuck);
  got.done();
}

}  // namespace ardugate
