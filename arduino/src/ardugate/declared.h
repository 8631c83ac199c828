// Channels that a sketch declares (wire.md 4.1): objects that link themselves into a list. A sketch that declares none
// has nothing of this: nobody sets what declared() gives, so the compiler knows that it is 0 and leaves out all behind
// it. There are no virtual functions, whose tables an AVR keeps in RAM: each kind of channel has one in flash.
#pragma once

#include "hal.h"
#include "wire.h"
#include "words.h"

namespace ardugate {

class Channel;
class Window;

enum class Type : uint8_t { kBool = 0, kInt = 1, kFloat = 2, kEnum = 3, kText = 4 };

// Flags of a channel record.
const uint8_t kChannelOutput = 1;
const uint8_t kChannelIrregular = 2;
const uint8_t kChannelFloat = 4;
const uint8_t kChannelMomentary = 8;
const uint8_t kChannelKeeps = 16;

const uint8_t kNoPin = 255;
const uint8_t kModeDeclared = 255;

// The beginning of a channel record, as it is on the wire: every processor of ours has its low bytes first.
struct __attribute__((packed)) Record {
  uint8_t tag;
  uint8_t length;
  uint8_t channel;
  uint8_t pin;
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

// What channels of one kind do, in flash. All but `describe` may be 0. Everything is called from the tick or from
// begin().
struct Kind {
  Type type;
  uint8_t flags;
  // Fills in what is not 0 (scale: not 1) and puts the record.
  void (*describe)(const Channel& channel, Record& record, Window& out);
  // The pin, as it is when a boot begins.
  void (*begin)(Channel& channel);
  void (*tick)(Channel& channel, uint16_t ms);
  // The value as an irregular stream has it.
  void (*value)(const Channel& channel, Writer& out);

  // Outputs. To what the value says: also after the sampler's time base has changed, on whose counter some pins' PWM
  // runs.
  void (*write)(Channel& channel);
  // Towards a value; what is wrong with it.
  Status (*aim)(Channel& channel, uint32_t raw);
  Status (*set)(Channel& channel, uint32_t raw, uint16_t ttl_ms, Writer& data);
  Status (*renew)(Channel& channel, uint16_t ttl_ms);
  // To the safe value; `stop`: whatever holds it.
  void (*make_safe)(Channel& channel, bool stop);
};

// A method as a Kind has it.
template <typename M, M method>
struct Method;

template <class C, typename R, typename... Args, R (C::*method)(Args...)>
struct Method<R (C::*)(Args...), method> {
  static R call(Channel& channel, Args... args) { return (static_cast<C&>(channel).*method)(args...); }
};

template <class C, typename R, typename... Args, R (C::*method)(Args...) const>
struct Method<R (C::*)(Args...) const, method> {
  static R call(const Channel& channel, Args... args) { return (static_cast<const C&>(channel).*method)(args...); }
};

#define ARDUGATE_METHOD(name) (&ardugate::Method<decltype(&name), &name>::call)

// A Kind that is not set.
#define ARDUGATE_INPUT(type, flags, describe, begin, tick, value) \
  {type, flags, describe, begin, tick, value, 0, 0, 0, 0, 0}

// Base of all declared channels.
class Channel {
 public:
  uint8_t pin() const { return pin_; }
  Channel* next() const { return next_; }
  const Kind* kind() const { return kind_; }  // in flash
  uint8_t flags() const { return pgm_read_byte(&kind_->flags); }
  bool changing() const { return flags() & kChannelIrregular; }

  // Puts a record whose fields are filled in.
  void put(Record& record, Words unit, Window& out) const;

 protected:
  Channel(const Kind* kind, Words name, uint8_t pin);

  // Parts of bits_.
  static const uint8_t kDue = 1;
  static const uint8_t kNew = 2;  // it has changed since it was sent
  static const uint8_t kInverted = 4;
  static const uint8_t kMomentary = 8;
  static const uint8_t kMoves = 16;  // an output is on its way
  static const uint8_t kPullup = 16;
  static const uint8_t kKeeps = 32;    // until a reset or the stop
  static const uint8_t kBlocked = 64;
  static const uint8_t kWasOn = 128;  // at the last tick
  static const uint8_t kCounts = 128;

  // Another kind, for what some of the same class do: so that it links only where a sketch asks for it.
  void turn_into(const Kind* kind) { kind_ = kind; }

  uint8_t bits_;

 private:
  uint8_t pin_;
  Channel* next_;
  const Kind* kind_;
  Words name_;
};

// A channel with an irregular stream. Its newest value waits in the object until it is sent.
class Changing : public Channel {
 public:
  // A boot begins: its count starts at 0, and its value is due.
  void announce();
  void due() { bits_ |= kDue; }
  // Writes an IRREGULAR body if it is due; returns its size, or 0.
  uint8_t take(uint8_t id, uint8_t* body);
  // Lets time pass between two values that are sent.
  void pass(uint16_t ms) { rest_ms_ = rest_ms_ > ms ? rest_ms_ - ms : 0; }

 protected:
  // Like all of it the rest of the object is 0 before it is made, and so it stays.
  Changing(const Kind* kind, Words name, uint8_t pin) : Channel(kind, name, pin) {}

  // There is a new value. `each`: one that comes before the last is sent uses up that one's number (wire.md 3.6).
  // Interrupts are off, or this is the tick.
  void changed(bool each);

  uint8_t period_ms_;  // from one value that is sent to the next, at least

 private:
  uint8_t rest_ms_;
  uint32_t seq_;
  uint32_t t_us_;
};

// All of them: a list by pin, so that the order of channel ids is that in which the sampler takes them. Ids follow the
// pins'. The object is in flash and names what the list does, so that nothing else does in a sketch that declares no
// channel.
class Declared {
 public:
  Channel* find(uint8_t id) const { return flash_pointer(&find_)(id); }
  Channel* on_pin(uint8_t pin) const { return flash_pointer(&on_pin_)(pin); }
  // A plain pin's number or, of a pin that is taken, the id of its channel.
  uint8_t id_of_pin(uint8_t pin) const { return flash_pointer(&id_of_pin_)(pin); }
  bool analog(const Channel& channel) const { return flash_pointer(&analog_)(channel); }

  // Takes the pins away from those that are plain.
  void take_pins() const { flash_pointer(&take_pins_)(); }
  // Outputs at their safe values, and all else.
  void begin() const { flash_pointer(&begin_)(); }
  void tick(uint16_t ms) const { flash_pointer(&tick_)(ms); }
  void refresh() const { flash_pointer(&refresh_)(); }
  void make_safe(bool stop) const { flash_pointer(&make_safe_)(stop); }
  // A boot begins: every value is due, and the analog ones are sampled in this stream.
  void boot(uint8_t stream) const { flash_pointer(&boot_)(stream); }

  // One more channel is due, in turn; false: each had its turn.
  bool resample() const { return flash_pointer(&resample_)(); }
  // The next IRREGULAR body that is due; returns its size, or 0.
  uint8_t take(uint8_t* body) const { return flash_pointer(&take_)(body); }
  void describe(Window& out) const { flash_pointer(&describe_)(out); }

  Status set(uint8_t id, uint32_t raw, uint16_t ttl_ms, Writer& data) const {
    return flash_pointer(&set_)(id, raw, ttl_ms, data);
  }
  Status renew(uint8_t id, uint16_t ttl_ms) const { return flash_pointer(&renew_)(id, ttl_ms); }
  Status read(uint8_t id, Writer& data) const { return flash_pointer(&read_)(id, data); }

  Channel* (*find_)(uint8_t id);
  Channel* (*on_pin_)(uint8_t pin);
  uint8_t (*id_of_pin_)(uint8_t pin);
  bool (*analog_)(const Channel& channel);
  void (*take_pins_)();
  void (*begin_)();
  void (*tick_)(uint16_t ms);
  void (*refresh_)();
  void (*make_safe_)(bool stop);
  void (*boot_)(uint8_t stream);
  bool (*resample_)();
  uint8_t (*take_)(uint8_t* body);
  void (*describe_)(Window& out);
  Status (*set_)(uint8_t id, uint32_t raw, uint16_t ttl_ms, Writer& data);
  Status (*renew_)(uint8_t id, uint16_t ttl_ms);
  Status (*read_)(uint8_t id, Writer& data);
};

// 0: the sketch declares none.
const Declared* declared();
// They have begun.
bool declared_begun();

}  // namespace ardugate
