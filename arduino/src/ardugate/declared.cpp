#include "declared.h"

#include "counters.h"
#include "descriptor.h"
#include "pins.h"
#include "sampler.h"

namespace ardugate {

namespace {

const uint8_t kTagChannel = 3;
const uint8_t kMaxName = 16;  // bytes; longer ones are cut
const uint8_t kMaxUnit = 8;
const uint8_t kStartHz = 20;  // of analog channels

Channel* first;
bool begun;
uint8_t turn;  // of resample()

// An explicit 0, without which the compiler does not see it in all places.
const Declared* all = 0;

}  // namespace

const Declared* declared() { return all; }

bool declared_begun() { return begun; }

void Channel::put(Record& record, Words unit, Window& out) const {
  record.length = sizeof(Record) - 2 + 1 + name_.size(kMaxName) + 1 + unit.size(kMaxUnit);
  out.bytes(&record, sizeof(record));
  out.text(name_, kMaxName);
  out.text(unit, kMaxUnit);
}

void Changing::announce() {
  seq_ = 0;
  rest_ms_ = 0;
  bits_ = (bits_ & ~kNew) | kDue;
}

void Changing::changed(bool each) {
  if (each && (bits_ & kNew)) {
    seq_++;
    count(kEdgesLost);
  }
  t_us_ = hal::now_us();
  bits_ |= kDue | kNew;
}

uint8_t Changing::take(uint8_t id, uint8_t* body) {
  if (!(bits_ & kDue) || rest_ms_ != 0) return 0;
  Writer out(body);
  out.u8(static_cast<uint8_t>(Code::kIrregular));
  out.u8(id);
  out.u8(kModeDeclared);
  out.u32(seq_++);
  // Sampled afresh it has the time at which that was done.
  out.u32(bits_ & kNew ? t_us_ : hal::now_us());
  flash_pointer(&kind()->value)(*this, out);
  bits_ &= ~(kDue | kNew);
  rest_ms_ = period_ms_;
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

// One thing that a kind may do, with all of them.
void all_do(void (*Kind::*what)(Channel&)) {
  for (Channel* channel = first; channel != 0; channel = channel->next()) {
    void (*const does)(Channel&) = flash_pointer(&(channel->kind()->*what));
    if (does != 0) does(*channel);
  }
}

void begin() {
  all_do(&Kind::begin);
  begun = true;
}

void refresh() { all_do(&Kind::write); }

void tick(uint16_t ms) {
  for (Channel* channel = first; channel != 0; channel = channel->next()) {
    void (*const does)(Channel&, uint16_t) = flash_pointer(&channel->kind()->tick);
    if (does != 0) does(*channel, ms);
    if (channel->changing()) static_cast<Changing*>(channel)->pass(ms);
  }
}

void make_safe(bool stop) {
  for (Channel* channel = first; channel != 0; channel = channel->next()) {
    void (*const does)(Channel&, bool) = flash_pointer(&channel->kind()->make_safe);
    if (does != 0) does(*channel, stop);
  }
}

void boot(uint8_t stream) {
  Channels channels;
  for (Channel* channel = first; channel != 0; channel = channel->next()) {
    if (channel->changing()) static_cast<Changing*>(channel)->announce();
    if (analog(*channel)) channels.add(channel->pin());
  }
  Sampler::Period period = {hal::kTickHz / kStartHz, 0};
  if (channels.count != 0) sampler.start(stream, 0, period, channels, Format::kU10);
}

bool resample() {
  Channel* channel = find(hal::kPins + turn);
  while (channel != 0 && !channel->changing()) {
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
    if (!channel->changing()) continue;
    const uint8_t size = static_cast<Changing*>(channel)->take(id, body);
    if (size != 0) return size;
  }
  return 0;
}

void describe(Window& out) {
  uint8_t id = hal::kPins;
  for (Channel* channel = first; channel != 0 && !out.full(); channel = channel->next(), id++) {
    Record record = {};
    record.tag = kTagChannel;
    record.channel = id;
    record.pin = channel->pin();
    record.type = static_cast<Type>(pgm_read_byte(&channel->kind()->type));
    record.flags = channel->flags();
    record.hold = Hold::kBoard;
    record.scale = 1;
    flash_pointer(&channel->kind()->describe)(*channel, record, out);
  }
}

Status set(uint8_t id, uint32_t raw, uint16_t ttl_ms, Writer& data) {
  Channel* channel = find(id);
  if (channel == 0) return Status::kUnknownChannel;
  Status (*const does)(Channel&, uint32_t, uint16_t, Writer&) = flash_pointer(&channel->kind()->set);
  return does != 0 ? does(*channel, raw, ttl_ms, data) : Status::kReadOnly;
}

Status renew(uint8_t id, uint16_t ttl_ms) {
  Channel* channel = find(id);
  if (channel == 0) return Status::kUnknownChannel;
  Status (*const does)(Channel&, uint16_t) = flash_pointer(&channel->kind()->renew);
  return does != 0 ? does(*channel, ttl_ms) : Status::kOk;
}

Status read(uint8_t id, Writer& data) {
  Channel* channel = find(id);
  if (channel == 0) return Status::kUnknownChannel;
  if (analog(*channel)) {
    data.u32(sampler.convert(channel->pin() - hal::kFirstAnalogPin));
  } else {
    if (static_cast<Type>(pgm_read_byte(&channel->kind()->type)) == Type::kText) return Status::kWrongMode;
    const uint8_t* const end = data.at() + 4;
    flash_pointer(&channel->kind()->value)(*channel, data);
    while (data.at() != end) data.u8(0);
  }
  data.u32(hal::now_us());
  return Status::kOk;
}

const Declared kAll PROGMEM = {find, on_pin, id_of_pin, analog, take_pins, begin, tick, refresh, make_safe, boot,
                               resample, take, describe, set, renew, read};

}  // namespace

Channel::Channel(const Kind* kind, Words name, uint8_t pin) : pin_(pin), kind_(kind), name_(name) {
  Channel** at = &first;
  while (*at != 0 && (*at)->pin() <= pin) at = &(*at)->next_;
  next_ = *at;
  *at = this;
  all = &kAll;
}

}  // namespace ardugate
