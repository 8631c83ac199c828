#include "calls.h"

#include "descriptor.h"
#include "safety.h"

namespace ardugate {

namespace {

const uint8_t kTagCommand = 5;
const uint8_t kTagArgument = 6;
const uint8_t kMaxName = 16;       // bytes; longer ones are cut
const uint8_t kMaxArguments = 33;  // bytes, wire.md 3.4
const uint8_t kMaxRecord = 2 + 10 + 1 + kMaxName + 1;

enum State : uint8_t { kIdle, kWaits, kRuns };

// An explicit 0, without which the compiler does not see it in all places.
const Calls* all = 0;

Command commands[kMaxCommands];
uint8_t count_of_commands;

volatile State state;
uint8_t index_;  // of the command that waits or runs
uint8_t arguments_[kMaxArguments + 1];
Reply reply;
bool known;  // `reply` is this boot's
bool owes;

struct Limits {
  int32_t minimum;
  int32_t maximum;
};

Limits limits_of(ArgumentType type) {
  switch (type) {
    case ArgumentType::kInt8:
      return Limits{-128, 127};
    case ArgumentType::kUint8:
      return Limits{0, 255};
    case ArgumentType::kInt16:
      return Limits{-32768, 32767};
    case ArgumentType::kUint16:
      return Limits{0, 65535};
    case ArgumentType::kUint32:
      return Limits{0, INT32_MAX};
    default:
      return Limits{0, 0};
  }
}

uint8_t wire_type(ArgumentType type) {
  switch (type) {
    case ArgumentType::kBool:
      return 0;
    case ArgumentType::kFloat:
      return 2;
    case ArgumentType::kText:
      return 4;
    default:
      return 1;
  }
}

// Copies one argument; what is wrong with it.
Status check(ArgumentType type, Reader& in, Writer& out) {
  if (type == ArgumentType::kBool) {
    const uint8_t value = in.u8();
    out.u8(value);
    return value > 1 ? Status::kBadRequest : Status::kOk;
  }
  if (type == ArgumentType::kText) {
    uint8_t size = in.u8();
    if (size > in.left()) return Status::kBadRequest;
    out.u8(size);
    for (; size != 0; size--) out.u8(in.u8());
    return Status::kOk;
  }
  const uint32_t raw = in.u32();
  out.u32(raw);
  const int32_t value = raw;
  const Limits limits = limits_of(type);
  const bool outside = limits.maximum != 0 && (value < limits.minimum || value > limits.maximum);
  return outside ? Status::kOutOfRange : Status::kOk;
}

Status begin(uint16_t id, Reader& in, Writer& data) {
  const uint8_t number = in.u8();
  if (!in.ok()) return Status::kBadRequest;
  if (number >= count_of_commands) return Status::kUnknownCommand;
  if (in.left() > kMaxArguments) return Status::kBadRequest;
  if (state != kIdle) {
    for (const char* why = "busy"; *why != 0; why++) data.u8(*why);
    return Status::kRefused;
  }
  const Command& command = commands[number];
  Writer out(arguments_);
  Status status = Status::kOk;
  for (uint8_t i = 0; i < command.count && in.ok(); i++) {
    const Status each = check(command.types[i], in, out);
    if (status == Status::kOk) status = each;
  }
  if (!in.ok()) return Status::kBadRequest;
  if (status != Status::kOk) return status;
  if (safety.stopped()) return Status::kStopped;
  index_ = number;
  reply.id = id;
  reply.status_size = static_cast<uint8_t>(Status::kPending) << 4;
  known = true;
  owes = false;
  state = kWaits;
  return Status::kPending;
}

bool recall(uint16_t id) {
  if (!known || reply.id != id) return false;
  owes = true;
  return true;
}

const Reply* owed() {
  if (!owes) return 0;
  owes = false;
  return &reply;
}

void boot() {
  known = false;
  owes = false;
  if (state == kWaits) state = kIdle;
}

void run() {
  hal::tick_hold();
  const bool waits = state == kWaits;
  const bool stopped = safety.stopped();
  if (waits) state = kRuns;
  hal::tick_release();
  if (!waits) return;
  if (!stopped) {
    Arguments arguments(arguments_);
    commands[index_].caller(commands[index_].function, arguments);
  }
  hal::tick_hold();
  state = kIdle;
  const Status status = stopped ? Status::kStopped : Status::kOk;
  reply.status_size = static_cast<uint8_t>(status) << 4 | (stopped ? 0 : 4);
  Writer(reply.data).u32(hal::now_us());
  owes = known && !link.settle(reply);
  hal::tick_release();
}

uint8_t put_name(Writer& out, const char* name) {
  // Up to what ends a name in a signature.
  uint8_t size = 0;
  while (name[size] != 0 && name[size] != '(' && name[size] != ',' && name[size] != ')' && size < kMaxName) size++;
  out.u8(size);
  for (uint8_t i = 0; i < size; i++) out.u8(name[i]);
  return size;
}

uint32_t bits_of(float value) {
  union {
    float value;
    uint32_t bits;
  } both;
  both.value = value;
  return both.bits;
}

// The name of an argument within the signature.
const char* argument_name(const char* signature, uint8_t argument) {
  const char* at = signature;
  char before = '(';
  do {
    while (*at != 0 && *at != before) at++;
    if (*at != 0) at++;
    before = ',';
  } while (argument-- != 0);
  while (*at == ' ') at++;
  return at;
}

// Part 0 is the command, the others are its arguments.
uint8_t describe_part(uint8_t number, uint8_t part, uint8_t* record) {
  const Command& command = commands[number];
  Writer out(record + 2);
  if (part == 0) {
    out.u8(number);
    out.u8(0);
    put_name(out, command.signature);
  } else {
    const ArgumentType type = command.types[part - 1];
    const Limits limits = limits_of(type);
    out.u8(wire_type(type));
    out.u8(0);
    out.u32(bits_of(limits.minimum));
    out.u32(bits_of(limits.maximum));
    put_name(out, argument_name(command.signature, part - 1));
    out.u8(0);  // no unit
  }
  record[0] = part == 0 ? kTagCommand : kTagArgument;
  record[1] = out.at() - record - 2;
  return out.at() - record;
}

uint8_t describe(uint16_t& offset, uint8_t* out, uint8_t room) {
  uint8_t record[kMaxRecord];
  uint8_t taken = 0;
  for (uint8_t number = 0; number < count_of_commands; number++) {
    for (uint8_t part = 0; part <= commands[number].count && taken < room; part++) {
      const uint8_t size = describe_part(number, part, record);
      if (offset >= size) {
        offset -= size;
        continue;
      }
      for (uint8_t at = offset; at < size && taken < room; at++) out[taken++] = record[at];
      offset = 0;
    }
  }
  return taken;
}

const Calls kAll = {begin, recall, owed, boot, describe, run};

}  // namespace

const Calls* calls() { return all; }

void add_command(const Command& command) {
  // The descriptor is fixed from begin() on.
  if (count_of_commands == kMaxCommands || descriptor.size() != 0) return;
  commands[count_of_commands++] = command;
  all = &kAll;
}

uint32_t Arguments::number() {
  Reader in(at_, 4);
  at_ += 4;
  return in.u32();
}

float Arguments::real() {
  union {
    float value;
    uint32_t bits;
  } both;
  both.bits = number();
  return both.value;
}

const char* Arguments::text() {
  // One byte towards the front, where its length was, makes room for the 0 that ends it.
  const uint8_t size = *at_;
  char* const text = reinterpret_cast<char*>(at_);
  for (uint8_t i = 0; i < size; i++) text[i] = text[i + 1];
  text[size] = 0;
  at_ += size + 1;
  return text;
}

}  // namespace ardugate
