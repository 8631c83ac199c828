#include "link.h"

#include "calls.h"
#include "counters.h"
#include "declared.h"
#include "descriptor.h"
#include "events.h"
#include "name.h"
#include "pins.h"
#include "safety.h"

namespace ardugate {

Link link;
uint32_t counters[kCounters];

void count(Counter counter, uint32_t number) {
  const hal::Atomic atomic;
  counters[counter] += number;
}

namespace {

// Section 3.8 of wire.md.
const uint16_t kNewRateMs = 300;
const uint16_t kAnyRateMs = 3000;

}  // namespace

void Link::begin() {
  hello_owed_ = true;
  hello_unasked_ = true;
}

// --- what comes in

void Link::receive(uint8_t byte, uint32_t now_us, uint16_t uncertainty_us) {
  switch (reader_.receive(byte)) {
    case FrameReader<kMaxLineToBoard>::kNothing:
      return;
    case FrameReader<kMaxLineToBoard>::kBad:
      count(kBadFrames);
      return;
    case FrameReader<kMaxLineToBoard>::kFrame:
      quiet_ms_ = 0;
      if (line_state_ == kQuiet) line_state_ = kSettled;
      handle(Reader(reader_.body(), reader_.size()), now_us, uncertainty_us);
      send();  // so that the answer is on its way before the next frame is looked at
  }
}

void Link::handle(Reader in, uint32_t now_us, uint16_t uncertainty_us) {
  switch (static_cast<Code>(in.u8())) {
    case Code::kHello:
      return handle_hello(in);
    case Code::kHeartbeat:
      return handle_heartbeat(in, now_us, uncertainty_us);
    case Code::kQuery:
      return handle_query(in);
    case Code::kCommand:
      return handle_command(in);
    case Code::kStop:
      return handle_stop(in);
    default:
      count(kBadFrames);
  }
}

void Link::handle_hello(Reader& in) {
  const uint8_t wire = in.u8();
  const uint32_t offered = in.u32();
  if (!in.ok() || offered == 0) return count(kBadFrames);
  // Two at once get one answer, with what was before the first: that a reset was, must not be lost.
  if (!hello_owed_ || hello_unasked_) boot_id_before_ = boot_id_;
  hello_owed_ = true;
  hello_unasked_ = false;
  if (wire == kWireVersion && offered != boot_id_) new_boot(offered);
}

void Link::new_boot(uint32_t boot_id) {
  // Another gateway's boot ends as a reset would end it; the first one after a reset finds all this done.
  if (boot_id_ != 0) {
    pins.make_all_safe();
    pins.begin();
    if (declared() != 0) declared()->make_safe(false);
  }
  boot_id_ = boot_id;
  if (name.boot()) descriptor.measure();
  replies_used_ = 0;
  replies_owed_ = 0;
  query_owed_ = false;
  heartbeat_owed_ = false;
  announced_ = 0;
  events.begin();
  safety.boot();
  sampler.clear();
  if (calls() != 0) calls()->boot();
  if (declared() != 0) declared()->boot(kStartStream + 1);
  if (start_period_ticks_ == 0) return;
  Channels channels;
  for (uint8_t i = 0; i < hal::kAnalogInputs; i++) {
    const uint8_t pin = hal::kFirstAnalogPin + i;
    if (pins.started_as(pin) == Mode::kAnalog) channels.add(pin);
  }
  Sampler::Period period = {start_period_ticks_, 0};
  if (channels.count != 0) sampler.start(kStartStream, 0, period, channels, Format::kU10);
}

void Link::handle_heartbeat(Reader& in, uint32_t now_us, uint16_t uncertainty_us) {
  const uint32_t boot_id = in.u32();
  const uint32_t stamp = in.u32();
  if (!in.ok()) return count(kBadFrames);
  heartbeat_owed_ = true;
  stamp_ = stamp;
  received_us_ = now_us;
  uncertainty_us_ = uncertainty_us;
  if (boot_id_ == 0 || boot_id != boot_id_) return;
  safety.heartbeat();
  sample_next();
}

// One channel with events is sampled afresh with each heartbeat, in turn.
void Link::sample_next() {
  if (announced_ < hal::kPins || events.full()) return;
  for (uint8_t i = 0; i < hal::kPins; i++) {
    if (declared() != 0 && sampled_ + 1 == hal::kPins && declared()->resample()) return;  // between the last and the first
    sampled_ = sampled_ + 1 < hal::kPins ? sampled_ + 1 : 0;
    if (pins.has_events(sampled_)) return pins.sample(sampled_);
  }
}

void Link::handle_query(Reader& in) {
  const uint8_t what = in.u8();
  const uint16_t arg = in.u16();
  if (!in.ok()) return count(kBadFrames);
  query_owed_ = true;
  query_what_ = what;
  query_arg_ = arg;
}

void Link::handle_stop(Reader& in) {
  const uint16_t id = in.u16();
  if (!in.ok()) return count(kBadFrames);
  const Recall recalled = recall(id);
  if (recalled == kKnown) return;
  safety.stop();  // always obeyed, even when it comes late
  Reply* reply = recalled == kLate ? once(id) : remember(id);
  reply->status_size = 4;  // `ok`
  Writer(reply->data).u32(hal::now_us());
}

void Link::handle_command(Reader& in) {
  const uint32_t boot_id = in.u32();
  const uint16_t id = in.u16();
  const uint8_t op = in.u8();
  if (!in.ok()) return count(kBadFrames);
  if (boot_id_ == 0 || boot_id != boot_id_) return refuse(id, Status::kWrongBoot);
  switch (recall(id)) {
    case kKnown:
      return;
    case kLate:
      return refuse(id, Status::kStale);
    case kNew:
      break;
  }
  if (static_cast<Op>(op) == Op::kName && name.busy()) return;  // as if it had not come: it will be repeated
  Reply* reply = remember(id);
  Writer data(reply->data);
  const bool call = calls() != 0 && static_cast<Op>(op) == Op::kCall;
  const uint8_t status = static_cast<uint8_t>(call ? calls()->begin(id, in, data) : run(static_cast<Op>(op), in, data));
  reply->status_size = status << 4 | static_cast<uint8_t>(data.at() - reply->data);
}

Link::Recall Link::recall(uint16_t id) {
  if (calls() != 0 && calls()->recall(id)) return kKnown;
  const uint8_t slot = id % kReplySlots;
  if (!(replies_used_ & mask_of(slot))) return kNew;
  if (replies_[slot].id == id) {
    replies_owed_ |= mask_of(slot);
    return kKnown;
  }
  return static_cast<uint16_t>(id - replies_[slot].id) >= 0x8000 ? kLate : kNew;
}

Reply* Link::remember(uint16_t id) {
  const uint8_t slot = id % kReplySlots;
  replies_used_ |= mask_of(slot);
  replies_owed_ |= mask_of(slot);
  replies_[slot].id = id;
  return &replies_[slot];
}

void Link::refuse(uint16_t id, Status status) {
  once(id)->status_size = static_cast<uint8_t>(status) << 4;
}

// A second one before the first is sent takes its place: the gateway repeats what is not answered.
Reply* Link::once(uint16_t id) {
  refusal_owed_ = true;
  refusal_.id = id;
  return &refusal_;
}

// --- time

void Link::tick(uint16_t ms) {
  if (hal::kMaxBaud != 0) line_tick(ms);
  if (boot_id_ != 0 && announced_ < hal::kPins && events.empty()) {
    // A boot begins with one sample of every channel with events; one at a time, so that edges find room.
    while (announced_ < hal::kPins && !pins.has_events(announced_)) announced_++;
    if (announced_ < hal::kPins) pins.sample(announced_++);
  }
  half_ms_ += ms;
  if (half_ms_ < kHelloMs) return;
  half_ms_ -= kHelloMs;
  if (boot_id_ == 0) {
    hello_owed_ = true;
    hello_unasked_ = true;
    boot_id_before_ = 0;
  }
  second_half_ = !second_half_;
  if (second_half_) return;
  if (!loop_ran_) count(kStarvedLoops);
  loop_ran_ = false;
  if (counters_sum() != counters_sum_) counters_owed_ = true;
}

// Called once a millisecond, in which the last two bytes of a REPLY leave at any rate.
void Link::line_tick(uint16_t ms) {
  if (quiet_ms_ < kAnyRateMs) quiet_ms_ += ms;
  if (line_state_ == kLeaving && replies_owed_ == 0 && given_ == 0 && hal::line_idle()) {
    line_state_ = kLeft;
    return;
  }
  const bool failed = line_state_ == kQuiet && quiet_ms_ >= kNewRateMs;
  if (line_state_ == kLeft || failed) {
    const uint8_t before = rate_;
    rate_ = other_rate_;
    other_rate_ = before;
    line_state_ = failed ? kSettled : kQuiet;
    quiet_ms_ = 0;
  } else if (quiet_ms_ >= kAnyRateMs && rate_ != 0) {
    rate_ = 0;
    line_state_ = kSettled;
  } else {
    return;
  }
  hal::line_rate(rate_);
}

}  // namespace ardugate
