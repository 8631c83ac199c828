// The wire between a board and the gateway (docs/reference/wire.md, version 1): checks, framing, codes and cursors.
// No Arduino.h: this file and wire.cpp compile on any computer, where the test vectors are run through them.
#pragma once

#include <stdint.h>

// Not to be copied into each of its many callers, which costs an Uno more flash than it has to give.
#define ARDUGATE_SMALL __attribute__((noinline))

namespace ardugate {

const uint8_t kWireVersion = 1;

// Section 1.1. Sizes count every byte on the line, the delimiter included.
const uint8_t kMaxLineToBoard = 48;      // bytes; so that two frames never overflow a receive ring of 63
const uint16_t kMaxLineFromBoard = 256;  // bytes; so that a COBS block never needs more than one code byte
// What our own board makes of it for all but SAMPLES: an Uno has no more memory. Long answers come in pieces.
const uint8_t kMaxControlLine = 52;
const uint8_t kFrameOverhead = 6;        // bytes on the line beside the body: COBS code, CRC-32, delimiter

const uint8_t kMaxReplyData = 12;  // bytes, section 3.4
const uint8_t kReplySlots = 8;     // remembered replies, section 3.4
const uint8_t kMaxStreams = 3;     // sampled streams at once
const uint16_t kWatchdogMs = 1000;
const uint16_t kHelloMs = 500;     // between unasked HELLOs
const uint8_t kFlushMs = 20;       // a frame of samples goes at the latest so long after its first one

enum class Code : uint8_t {
  kHello = 0x01,
  kHeartbeat = 0x02,
  kQuery = 0x03,
  kCommand = 0x04,
  kStop = 0x05,
  kBoardHello = 0x41,
  kBoardHeartbeat = 0x42,
  kAnswer = 0x43,
  kReply = 0x44,
  kSamples = 0x45,
  kIrregular = 0x46,
  kLog = 0x47,
  kCounters = 0x48,
};

enum class Status : uint8_t {
  kOk = 0,
  kPending = 1,
  kBadRequest = 2,
  kUnknownChannel = 3,
  kUnknownCommand = 4,
  kWrongMode = 5,
  kOutOfRange = 6,
  kRateTooHigh = 7,
  kTooMany = 8,
  kTimerInUse = 9,
  kStopped = 10,
  kRefused = 11,
  kWrongBoot = 12,
  kStale = 13,
  kReadOnly = 14,
  kInternal = 15,
};

enum class Op : uint8_t {
  kSet = 1,
  kMode = 2,
  kStream = 3,
  kRenew = 4,
  kClearStop = 5,
  kIdentity = 6,
  kRead = 7,
  kCall = 8,
  kLine = 9,
  kIdentify = 10,
  kName = 11,
};

enum class Query : uint8_t { kDescriptor = 0, kModes = 1, kStreams = 2, kCounters = 3, kStream = 4 };

enum class Mode : uint8_t {
  kOff = 0,
  kInput = 1,
  kInputPullup = 2,
  kAnalog = 3,
  kOutput = 4,
  kPwm = 5,
  kServo = 6,
  kTone = 7,
  kCount = 8,
  kFrequency = 9,
  kQuadrature = 10,
};

enum class Format : uint8_t { kNone = 0, kU10 = 1, kBits = 2, kI32 = 6, kF32 = 7 };

enum class Hold : uint8_t { kClient = 0, kLink = 1, kBoard = 2 };

// Flags of HELLO and HEARTBEAT from a board.
const uint8_t kFlagStopped = 1;
const uint8_t kFlagWatchdog = 2;
const uint8_t kFlagUnasked = 4;
const uint8_t kFlagHung = 8;

// Abilities of a pin, section 4.1.
const uint16_t kCanInput = 1 << 0;
const uint16_t kCanPullup = 1 << 1;
const uint16_t kCanOutput = 1 << 2;
const uint16_t kCanAnalog = 1 << 3;
const uint16_t kCanPwm = 1 << 4;
const uint16_t kCanServo = 1 << 5;
const uint16_t kCanTone = 1 << 6;
const uint16_t kCanCount = 1 << 7;
const uint16_t kCanEdges = 1 << 8;
const uint16_t kCanFrequency = 1 << 9;
const uint16_t kCanQuadrature = 1 << 10;
const uint16_t kLocked = 1U << 15;

// 1 << number, for a number below 8.
uint8_t mask_of(uint8_t number);

// zlib's CRC-32 of `size` bytes; `so_far` is the result over the bytes before them.
uint32_t crc32(const uint8_t* data, uint16_t size, uint32_t so_far = 0);
// Where a faster one is linked for other reasons: that one. 0: there is none.
extern uint32_t (*crc32_quick)(const uint8_t* data, uint16_t size, uint32_t so_far);

// Makes a frame where it stands. `frame[1]` to `frame[body_size]` hold the body; `frame[0]` and five bytes behind the
// body are written too. Returns the number of bytes on the line, body_size + kFrameOverhead.
//
// COBS needs no second buffer here: a frame has at most 254 bytes, so encoding only puts into each zero's place the
// distance to the next one, and into frame[0] the distance to the first.
uint16_t seal(uint8_t* frame, uint8_t body_size);

// Undoes COBS and checks the CRC, in place. `line` is a frame without its delimiter, `size` bytes. Returns the body's
// size (the body then begins at line[0]), or 0 for a bad frame.
uint8_t unseal(uint8_t* line, uint8_t size);

// Collects bytes up to a delimiter, in bounded memory. kMaxLine counts the delimiter.
template <uint16_t kMaxLine>
class FrameReader {
 public:
  enum Result : uint8_t { kNothing, kFrame, kBad };

  // Takes one byte. After kFrame, body() and size() hold until the next call; kBad is to be counted, once a frame.
  Result receive(uint8_t byte) {
    if (byte != 0) {
      if (size_ < kMaxLine - 1) {
        line_[size_++] = byte;
        return kNothing;
      }
      const bool counted = too_long_;
      too_long_ = true;  // dropped up to the next delimiter, which may never come
      return counted ? kNothing : kBad;
    }
    const uint8_t size = size_;
    const bool dropped = too_long_;
    size_ = 0;
    too_long_ = false;
    if (size == 0 || dropped) return kNothing;  // an empty frame is legal
    body_size_ = unseal(line_, size);
    return body_size_ != 0 ? kFrame : kBad;
  }

  const uint8_t* body() const { return line_; }
  uint8_t size() const { return body_size_; }

 private:
  uint8_t line_[kMaxLine - 1];
  uint8_t size_;
  uint8_t body_size_;
  bool too_long_;
};

// Appends little-endian fields. The caller knows that there is room.
class Writer {
 public:
  explicit Writer(uint8_t* at) : at_(at) {}
  void u8(uint8_t value);
  void u16(uint16_t value);
  void u32(uint32_t value);
  uint8_t* at() const { return at_; }

 private:
  uint8_t* at_;
};

// Reads little-endian fields. Past the end it gives zeros and remembers that; so a handler reads first and asks ok()
// once, before it does anything.
class Reader {
 public:
  Reader(const uint8_t* at, uint8_t size) : at_(at), left_(size), ok_(true) {}
  uint8_t u8();
  uint16_t u16();
  uint32_t u32();
  uint8_t left() const { return left_; }
  bool ok() const { return ok_; }

 private:
  const uint8_t* at_;
  uint8_t left_;
  bool ok_;
};

}  // namespace ardugate
