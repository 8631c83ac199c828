#include "declared.h"

#include "counters.h"
#include "pins.h"
#include "sampler.h"

namespace ardugate {


namespace {

const uint8_t kTagChannel = 3;
const uint8_t kMaxName = 16;  // bytes; longer ones are cut
const uint8_t kMaxUnit = 8;
const uint8_t kMaxRecord = 2 + 28 + 1 + kMaxName + 1 + kMaxUnit;
const uint8_t kStartHz = 20;  // of analog channels

Channel* first;
bool begun;
uint8_t turn;  // of resample()

// An explicit 0, without which the compiler does not see it in all places.
const Declared* all = 0;

uint8_t length_of(const char* text, uint8_t most) {
  uint8_t size = 0;
  while (text[size] != 0 && size < most) size++;
  return size;
}

void put_text(Writer& out, const char* text, uint8_t size) {
  out.u8(size);
  for (uint8_t i = 0; i < size; i++) out.u8(text[i]);
}

uint32_t bits_of(float value) {
  union {
    float value;
    uint32_t bits;
  } both;
  both.value = value;
  return both.bits;
}

}  // namespace

const Declared* declared() { return all; }

bool declared_begun() { return begun; }

void Changing::announce() {
  seq_ = 0;
  rest_ms_ = 0;
  bits_ = (bits_ & ~kNew) | kDue;
}

void Changing::changed(uint32_t value, bool each) {
  const hal::Atomic atomic;
  if (each && (bits_ & kNew)) {
    seq_++;
    counters[kEdgesLost]++;
  }
  value_ = value;
  t_us_ = hal::now_us();
  bits_ |= kDue | kNew;
}

uint8_t Changing::take(uint8_t channel, uint8_t* body) {
  if (!(bits_ & kDue) || rest_ms_ != 0) return 0;
  Writer out(body);
  out.u8(static_cast<uint8_t>(Code::kIrregular));
  out.u8(channel);
  out.u8(kModeDeclared);
  const hal::Atomic atomic;
  out.u32(seq_++);
  // Sampled afresh it has the time at which that was done.
  out.u32(bits_ & kNew ? t_us_ : hal::now_us());
  out.u8(value_);
  if (bits_ & kWide) {
    out.u8(value_ >> 8);
    out.u16(value_ >> 16);
  }
  bits_ &= ~(kDue | kNew);
  if (bits_ & kCalm) rest_ms_ = kRestMs;
  return out.at() - body;
}

namespace {

Channel* find(uint8_t id) {
  if (id < hal::kPins) return 0;
  Channel* channel = first;
  for (uint8_t left = id - hal::kPins; channel != 0 && left != 0; left--) channel = channel->next();
  return channel;
}

Channel* on_pin(uint8_t pin) {
  Channel* channel = first;
  while (channel != 0 && channel->pin() != pin) channel = channel->next();
  return channel;
}

bool analog(const Channel& channel) { return channel.pin() != kNoPin && pins.mode(channel.pin()) == Mode::kAnalog; }

uint8_t id_of_pin(uint8_t pin) {
  uint8_t id = hal::kPins;
  for (Channel* channel = first; channel != 0; channel = channel->next(), id++) {
    if (channel->pin() == pin) return id;
  }
  return pin;
}

void take_pins() {
  for (Channel* channel = first; channel != 0; channel = channel->next()) {
    if (channel->pin() != kNoPin) pins.start_mode(channel->pin(), Mode::kOff);
  }
}

void begin() {
  for (Channel* channel = first; channel != 0; channel = channel->next()) channel->begin();
  begun = true;
}

void tick(uint16_t ms) {
  for (Channel* channel = first; channel != 0; channel = channel->next()) channel->tick(ms);
}

void refresh() {
  for (Channel* channel = first; channel != 0; channel = channel->next()) channel->refresh();
}

void make_safe(bool stop) {
  for (Channel* channel = first; channel != 0; channel = channel->next()) channel->make_safe(stop);
}

void boot(uint8_t stream) {
  Channels channels;
  for (Channel* channel = first; channel != 0; channel = channel->next()) {
    if (channel->changing()) static_cast<Changing*>(channel)->announce();
    if (analog(*channel)) channels.add(channel->pin());
  }
  uint32_t period_ticks = hal::kTickHz / kStartHz;
  if (channels.count != 0) sampler.start(stream, 0, &period_ticks, channels, Format::kU10);
}

bool resample() {
  Channel* channel = find(hal::kPins + turn);
  while (channel != 0 && !(channel->changing())) {
    channel = channel->next();
    turn++;
  }
  turn++;
  if (channel == 0) turn = 0;
  if (channel != 0) static_cast<Changing*>(channel)->due();
  return channel != 0;
}

uint8_t take(uint8_t* body) {
  uint8_t id = hal::kPins;
  for (Channel* channel = first; channel != 0; channel = channel->next(), id++) {
    if (!(channel->changing())) continue;
    const uint8_t size = static_cast<Changing*>(channel)->take(id, body);
    if (size != 0) return size;
  }
  return 0;
}

uint8_t describe_channel(uint8_t id, const Channel* channel, uint8_t* record) {
  const Description what = channel->describe();
  const uint8_t name_size = length_of(channel->name(), kMaxName);
  const uint8_t unit_size = length_of(channel->unit(), kMaxUnit);
  Writer out(record);
  out.u8(kTagChannel);
  out.u8(28 + 1 + name_size + 1 + unit_size);
  out.u8(id);
  out.u8(channel->pin());
  out.u8(static_cast<uint8_t>(what.type));
  out.u8(what.flags);
  out.u8(what.effective_bits);
  out.u8(static_cast<uint8_t>(what.hold));
  out.u16(what.hold_ms);
  out.u32(bits_of(what.scale));
  out.u32(bits_of(what.offset));
  out.u32(what.minimum);
  out.u32(what.maximum);
  out.u32(what.safe);
  put_text(out, channel->name(), name_size);
  put_text(out, channel->unit(), unit_size);
  return out.at() - record;
}

uint8_t describe(uint16_t& offset, uint8_t* out, uint8_t room) {
  uint8_t record[kMaxRecord];
  uint8_t taken = 0;
  uint8_t id = hal::kPins;
  for (Channel* channel = first; channel != 0 && taken < room; channel = channel->next(), id++) {
    const uint8_t size = describe_channel(id, channel, record);
    if (offset >= size) {
      offset -= size;
      continue;
    }
    for (uint8_t at = offset; at < size && taken < room; at++) out[taken++] = record[at];
    offset = 0;
  }
  return taken;
}

Status set(uint8_t id, uint32_t raw, uint16_t ttl_ms, Writer& data) {
  Channel* channel = find(id);
  return channel != 0 ? channel->set(raw, ttl_ms, data) : Status::kUnknownChannel;
}

Status renew(uint8_t id, uint16_t ttl_ms) {
  Channel* channel = find(id);
  return channel != 0 ? channel->renew(ttl_ms) : Status::kUnknownChannel;
}

Status read(uint8_t id, Writer& data) {
  Channel* channel = find(id);
  if (channel == 0) return Status::kUnknownChannel;
  data.u32(analog(*channel) ? sampler.convert(channel->pin() - hal::kFirstAnalogPin) : channel->read());
  data.u32(hal::now_us());
  return Status::kOk;
}

const Declared kAll = {find, on_pin, id_of_pin, analog, take_pins, begin, tick, refresh, make_safe, boot,
                       resample, take, describe, set, renew, read};

}  // namespace

Channel::Channel(const char* name, const char* unit, uint8_t pin, uint8_t bits)
    : bits_(bits), name_(name), unit_(unit), pin_(pin) {
  Channel** at = &first;
  while (*at != 0 && (*at)->pin() <= pin) at = &(*at)->next_;
  next_ = *at;
  *at = this;
  all = &kAll;
}

}  // namespace ardugate
