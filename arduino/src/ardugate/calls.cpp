#include "calls.h"

#include <string.h>

#include "descriptor.h"
#include "link.h"
#include "safety.h"
#include "signature.h"

namespace ardugate {

namespace {

const uint8_t kTagCommand = 5;
const uint8_t kTagArgument = 6;
const uint8_t kNoResult = 255;
const uint8_t kMaxBytes = 33;  // of arguments, and of a result; wire.md 3.4
const uint8_t kTextBytes = kMaxBytes - 1;
const uint8_t kTimeBytes = 4;  // executed_us, before a result

const char kBusy[] PROGMEM = "busy";

enum State : uint8_t { kIdle, kWaits, kRuns };

// An explicit 0, without which the compiler does not see it in all places.
const Calls* all = 0;

// A limit of a float, in a sketch that has one.
float (*float_limit)(Words limit) = 0;

Command commands[kMaxCommands];
uint8_t count_of_commands;

volatile State state;
uint8_t index_;  // of the command that waits or runs
// The reply's data. Where the result will be, the arguments wait; the last byte is for the 0 that ends a text.
uint8_t data_[kTimeBytes + kMaxBytes + 1];
uint8_t data_size;
uint16_t id_;
Status status_;
bool known;  // the reply is this boot's
bool owes;

union Bits {
  float value;
  uint32_t bits;
};

// What whole numbers can be, from kInt8 to kUint32.
const int32_t kLimits[][2] PROGMEM = {
    {-128, 127}, {0, 255}, {-32768, 32767}, {0, 65535}, {INT32_MIN, INT32_MAX}, {0, INT32_MAX}};

// As the wire numbers them. In flash, where the compiler would not put the table that it makes of a switch.
const uint8_t kWireTypes[] PROGMEM = {kNoResult, 0, 1, 1, 1, 1, 1, 1, 2, 4};

uint8_t wire_type(ArgumentType type) { return pgm_read_byte(&kWireTypes[static_cast<uint8_t>(type)]); }

Types types_of(const Command& command) {
  Arguments none(0);
  return command.caller(0, none);
}

ArgumentType lowest(Types types) { return static_cast<ArgumentType>(types & 15); }

bool is_whole(ArgumentType type) { return type >= ArgumentType::kInt8 && type <= ArgumentType::kUint32; }

// A limit of a whole number: its own, or its type's.
ARDUGATE_SMALL int32_t whole_limit(const Part& part, ArgumentType type, uint8_t which) {
  if (part.limited) return read_limit(part.limits[which]);
  return pgm_read_dword(&kLimits[static_cast<uint8_t>(type) - static_cast<uint8_t>(ArgumentType::kInt8)][which]);
}

float limit_of_float(Words limit) {
  int32_t power = 1;
  const int32_t digits = read_limit(limit, &power);
  return static_cast<float>(digits) / power;
}

// Copies one argument; what is wrong with it.
ARDUGATE_SMALL Status check(const Command& command, ArgumentType type, uint8_t number, Reader& in, Writer& out) {
  const uint8_t* const at = out.at();
  const uint8_t first = in.u8();
  const uint8_t rest = type == ArgumentType::kBool ? 0 : type == ArgumentType::kText ? first : 3;
  if (rest > in.left()) return Status::kBadRequest;
  out.u8(first);
  for (uint8_t i = 0; i < rest; i++) out.u8(in.u8());
  if (type == ArgumentType::kBool) return first > 1 ? Status::kBadRequest : Status::kOk;
  if (type == ArgumentType::kText) return Status::kOk;
  Bits raw;
  raw.bits = Reader(at, 4).u32();
  Part part;
  read_part(command.signature, number, part);
  bool inside = true;
  if (is_whole(type)) {
    const int32_t value = raw.bits;
    inside = value >= whole_limit(part, type, 0) && value <= whole_limit(part, type, 1);
  } else if (part.limited && float_limit != 0) {
    inside = raw.value >= float_limit(part.limits[0]) && raw.value <= float_limit(part.limits[1]);  // a NaN is not
  }
  return inside ? Status::kOk : Status::kOutOfRange;
}

Status begin(uint16_t id, Reader& in, Writer& data) {
  const uint8_t number = in.u8();
  if (!in.ok()) return Status::kBadRequest;
  if (number >= count_of_commands) return Status::kUnknownCommand;
  if (in.left() > kMaxBytes) return Status::kBadRequest;
  if (state != kIdle) {
    put_reason(data, kBusy);
    return Status::kRefused;
  }
  const Command& command = commands[number];
  known = false;  // the last call's reply is overwritten
  Writer out(data_ + kTimeBytes);
  Status status = Status::kOk;
  uint8_t argument = 1;
  for (Types types = types_of(command) >> 4; types != 0 && in.ok(); types >>= 4) {
    const Status each = check(command, lowest(types), argument++, in, out);
    if (status == Status::kOk) status = each;
  }
  if (!in.ok()) return Status::kBadRequest;
  if (status != Status::kOk) return status;
  if (safety.stopped()) return Status::kStopped;
  index_ = number;
  id_ = id;
  status_ = Status::kPending;
  data_size = 0;
  known = true;
  owes = false;
  state = kWaits;
  return Status::kPending;
}

bool recall(uint16_t id) {
  if (!known || id_ != id) return false;
  owes = true;
  return true;
}

uint8_t take(uint8_t* at) {
  if (!owes) return 0;
  owes = false;
  Writer out(at);
  out.u16(id_);
  out.u8(static_cast<uint8_t>(status_));
  for (uint8_t i = 0; i < data_size; i++) out.u8(data_[i]);
  return out.at() - at;
}

void boot() {
  known = false;
  owes = false;
  if (state == kWaits) state = kIdle;
}

ARDUGATE_SMALL void run() {
  hal::tick_hold();
  const bool waits = state == kWaits;
  const bool stopped = safety.stopped();
  if (waits) state = kRuns;
  hal::tick_release();
  if (!waits) return;
  Arguments arguments(data_ + kTimeBytes);
  if (!stopped) commands[index_].caller(commands[index_].function, arguments);
  hal::tick_hold();
  state = kIdle;
  status_ = stopped ? Status::kStopped : Status::kOk;
  data_size = stopped ? 0 : arguments.end() - data_;
  Writer(data_).u32(hal::now_us());
  owes = known;
  hal::tick_release();
}

void describe(Window& out) {
  for (uint8_t number = 0; number < count_of_commands && !out.full(); number++) {
    const Command& command = commands[number];
    Types types = types_of(command);
    // Part 0 is the command, with the type of its result; the others are its arguments.
    for (uint8_t each = 0; each == 0 || types != 0; each++, types >>= 4) {
      const ArgumentType type = lowest(types);
      Part part;
      read_part(command.signature, each, part);
      const uint8_t texts = 1 + part.name_size + 1 + part.unit_size;
      if (each == 0) {
        out.u8(kTagCommand);
        out.u8(3 + texts);
        out.u8(number);
        out.u8(0);
        out.text(part.name, part.name_size);
        out.u8(wire_type(type));
      } else {
        out.u8(kTagArgument);
        out.u8(10 + texts);
        out.u8(wire_type(type));
        out.u8(0);
        for (uint8_t i = 0; i < 2; i++) {
          Bits limit;
          limit.bits = 0;  // both, where there are none to speak of
          if (is_whole(type)) {
            if (part.limited || type != ArgumentType::kInt32) limit.value = whole_limit(part, type, i);
          } else if (part.limited && float_limit != 0) {
            limit.value = float_limit(part.limits[i]);
          }
          out.u32(limit.bits);
        }
        out.text(part.name, part.name_size);
      }
      out.text(part.unit, part.unit_size);
    }
  }
}

const Calls kAll PROGMEM = {begin, recall, take, boot, describe, run};

}  // namespace

const Calls* calls() { return all; }

void add_command(const Command& command) {
  // The descriptor is fixed from begin() on.
  if (count_of_commands == kMaxCommands || descriptor.size() != 0) return;
  commands[count_of_commands++] = command;
  all = &kAll;
}

void use_float_arguments() { float_limit = limit_of_float; }

uint32_t Arguments::number() {
  Reader in(at_, 4);
  at_ += 4;
  return in.u32();
}

float Arguments::real() {
  Bits both;
  both.bits = number();
  return both.value;
}

const char* Arguments::text() {
  // One byte towards the front, where its length was, makes room for the 0 that ends it.
  const uint8_t size = *at_;
  char* const text = reinterpret_cast<char*>(at_);
  memmove(text, text + 1, size);
  text[size] = 0;
  at_ += size + 1;
  return text;
}

void Arguments::give_number(uint32_t value) {
  Writer(result_).u32(value);
  result_ += 4;
}

void Arguments::give_real(float value) {
  Bits both;
  both.value = value;
  give_number(both.bits);
}

void Arguments::give_text(const char* text) {
  // It may be one of the arguments, so what is copied first is what is behind the size.
  const uint8_t size = Words(text).size(kTextBytes);
  memmove(result_ + 1, text, size);
  *result_ = size;
  result_ += 1 + size;
}

}  // namespace ardugate
