// Channels that a sketch declares (wire.md 4.1): objects that link themselves into a list. A sketch that declares none
// has nothing of this: nobody sets what
// declared() gives, so the compiler knows that it is 0 and leaves out all behind it.
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

enum class Type : uint8_t { kBool = 0, kInt = 1, kFloat = 2, kEnum = 3, kText = 4 };

// Flags of a channel record.
const uint8_t kChannelOutput = 1;
const uint8_t kChannelIrregular = 2;
const uint8_t kChannelFloat = 4;

const uint8_t kNoPin = 255;
const uint8_t kModeDeclared = 255;

// What a channel record says beside names and numbers.
struct Description {
  Type type;
  uint8_t flags;
  uint8_t effective_bits;
  Hold hold;
  uint16_t hold_ms;
  float scale;
  float offset;
  int32_t minimum;
  int32_t maximum;
  int32_t safe;
};

// Base of all declared channels. Everything is called from the tick or from begin() but for what sketches call.
class Channel {
 public:
  const char* name() const { return name_; }
  const char* unit() const { return unit_; }
  uint8_t pin() const { return pin_; }
  Channel* next() const { return next_; }
  bool changing() const { return bits_ & kIrregular; }

  virtual Description describe() const = 0;
  // The pin, as it is when a boot begins.
  virtual void begin() {}
  // Lets `ms` pass.
  virtual void tick(uint16_t) {}
  // To its safe value; `stop`: whatever holds it.
  virtual void make_safe(bool) {}
  // After the sampler's time base has changed, on whose counter some pins' PWM runs.
  virtual void refresh() {}
  virtual Status set(uint32_t, uint16_t, Writer&) { return Status::kReadOnly; }
  virtual Status renew(uint16_t) { return Status::kOk; }
  virtual uint32_t read() = 0;

 protected:
  // `name` and `unit` must stay where they are (literals do).
  Channel(const char* name, const char* unit, uint8_t pin, uint8_t bits);

  // Parts of bits_.
  static const uint8_t kIrregular = 1;
  static const uint8_t kWide = 2;  // its values take four bytes, else one
  static const uint8_t kDue = 4;
  static const uint8_t kNew = 8;    // it has changed since it was sent
  static const uint8_t kCalm = 16;  // after a value was sent it rests for kRestMs

  uint8_t bits_;

 private:
  Channel* next_;
  const char* name_;
  const char* unit_;
  uint8_t pin_;
};

// A channel with an irregular stream. Its newest value waits in the object until it is sent.
class Changing : public Channel {
 public:
  // A boot begins: its count starts at 0, and its value is due.
  void announce();
  void due() { bits_ |= kDue; }
  // Writes an IRREGULAR body if it is due; returns its size, or 0.
  uint8_t take(uint8_t channel, uint8_t* body);

  uint32_t read() override { return value_; }

 protected:
  Changing(const char* name, const char* unit, uint8_t pin, bool wide)
      : Channel(name, unit, pin, static_cast<uint8_t>(kIrregular | (wide ? kWide : 0))) {}

  // A new value. `each`: one that comes before the last is sent uses up that one's number (wire.md 3.6).
  void changed(uint32_t value, bool each);
  void calm() { bits_ |= kCalm; }
  void pass(uint16_t ms) { rest_ms_ = rest_ms_ > ms ? rest_ms_ - ms : 0; }

  uint32_t value_;  // i32, or the bits of an f32

 private:
  static const uint8_t kRestMs = 50;

  uint32_t seq_;
  uint32_t t_us_;
  uint8_t rest_ms_;
};

// All of them: a list by pin, so that the order of channel ids is that in which the sampler takes them. Ids follow the
// pins'. Through pointers, so that nothing else of it is named in a sketch that declares no channel.
struct Declared {
  Channel* (*find)(uint8_t id);
  Channel* (*on_pin)(uint8_t pin);
  // A plain pin's number or, of a pin that is taken, the id of its channel.
  uint8_t (*id_of_pin)(uint8_t pin);
  bool (*analog)(const Channel& channel);

  // Takes the pins away from those that are plain.
  void (*take_pins)();
  // Outputs at their safe values, and all else.
  void (*begin)();
  void (*tick)(uint16_t ms);
  void (*refresh)();
  void (*make_safe)(bool stop);
  // A boot begins: every value is due, and the analog ones are sampled in this stream.
  void (*boot)(uint8_t stream);

  // One more channel is due, in turn; false: each had its turn.
  bool (*resample)();
  // The next IRREGULAR body that is due; returns its size, or 0.
  uint8_t (*take)(uint8_t* body);
  // Copies up to `room` bytes of their records from `offset` on; returns how many. `offset` becomes what is left of it.
  uint8_t (*describe)(uint16_t& offset, uint8_t* out, uint8_t room);

  Status (*set)(uint8_t id, uint32_t raw, uint16_t ttl_ms, Writer& data);
  Status (*renew)(uint8_t id, uint16_t ttl_ms);
  Status (*read)(uint8_t id, Writer& data);
};

// 0: the sketch declares none.
const Declared* declared();
// They have begun.
bool declared_begun();

}  // namespace ardugate
