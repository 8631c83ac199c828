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

void count(Counter counter) {
  const hal::Atomic atomic;
  counters[counter]++;
}

namespace {

// Outside the object, where the compiler sees that nobody sets it and leaves LOG out of a sketch that never prints.
Link::TakeText take_text;

const uint8_t kBodyBytes = kMaxControlLine - kFrameOverhead;

// Section 3.8 of wire.md.
const uint16_t kNewRateMs = 300;
const uint16_t kAnyRateMs = 3000;

}  // namespace

void Link::set_text(TakeText source) {
  const hal::Atomic atomic;
  take_text = source;
}

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
  if (line_state_ == kLeaving && replies_owed_ == 0 && line_ == 0 && hal::line_idle()) {
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

// --- what goes out

void Link::send() {
  for (;;) {
    if (line_ == 0 && !next_frame()) return;
    while (line_at_ < line_size_) {
      if (hal::line_room() == 0) return;
      hal::line_write(line_[line_at_++]);
    }
    if (line_ != frame_) sampler.release();
    line_ = 0;
  }
}

bool Link::next_frame() {
  if (line_state_ >= kLeft || (line_state_ == kLeaving && replies_owed_ == 0)) return false;
  line_at_ = 0;
  // Answers first, but for the last samples of a stream that an answer says has ended. Then samples and the rest in turn, so that a flood of edges or text costs no samples, and
  // a line that is full of samples no edges.
  if (boot_id_ != 0 && (sampler.ending() || (samples_next_ && !answer_owed()))) {
    line_ = sampler.next_frame(&line_size_);
    samples_next_ = line_ == 0;
    if (line_ != 0) return true;
  }
  body_size_ = 0;
  write_body();
  if (body_size_ != 0) {
    line_size_ = seal(frame_, body_size_);
    line_ = frame_;
    samples_next_ = true;
    return true;
  }
  if (boot_id_ != 0) line_ = sampler.next_frame(&line_size_);
  return line_ != 0;
}

ARDUGATE_SMALL void Link::put(uint8_t value) { frame_[++body_size_] = value; }

ARDUGATE_SMALL void Link::put16(uint16_t value) {
  put(value & 0xFF);
  put(value >> 8);
}

ARDUGATE_SMALL void Link::put32(uint32_t value) {
  put16(value & 0xFFFF);
  put16(value >> 16);
}

void Link::write_body() {
  if (heartbeat_owed_) {
    heartbeat_owed_ = false;
    put(Code::kBoardHeartbeat);
    put32(boot_id_);
    put32(stamp_);
    put32(received_us_);
    put32(hal::now_us() + hal::line_delay_us());
    put16(uncertainty_us_);
    put(safety.flags());
  } else if (replies_owed_ != 0) {
    uint8_t slot = 0;
    while (!(replies_owed_ & mask_of(slot))) slot++;
    replies_owed_ &= ~mask_of(slot);
    write_reply(replies_[slot]);
  } else if (refusal_owed_) {
    refusal_owed_ = false;
    write_reply(refusal_);
  } else if (const uint8_t size = calls() != 0 ? calls()->take(frame_ + 1 + 5) : 0) {
    put(Code::kReply);
    put32(boot_id_);
    body_size_ += size;
  } else if (hello_owed_) {
    hello_owed_ = false;
    write_hello();
  } else if (query_owed_) {
    query_owed_ = false;
    write_answer();
  } else if (boot_id_ != 0 && !events.empty()) {
    body_size_ = events.take(frame_ + 1, kBodyBytes);
  } else if (declared() != 0 && boot_id_ != 0 && (body_size_ = declared()->take(frame_ + 1)) != 0) {
    return;
  } else if (boot_id_ != 0 && counters_owed_) {
    counters_owed_ = false;
    counters_sum_ = counters_sum();
    put(Code::kCounters);
    write_counters();
  } else if (take_text != 0) {
    const uint8_t size = take_text(frame_ + 2, kBodyBytes - 1);
    if (size == 0) return;
    put(Code::kLog);
    body_size_ += size;
  }
}

void Link::write_reply(const Reply& reply) {
  put(Code::kReply);
  put32(boot_id_);
  put16(reply.id);
  put(reply.status_size >> 4);
  for (uint8_t i = 0; i < (reply.status_size & 0x0F); i++) put(reply.data[i]);
}

void Link::write_hello() {
  put(Code::kBoardHello);
  put(kWireVersion);
  put32(boot_id_before_);
  put(FirmwareVersion::kMajor);
  put(FirmwareVersion::kMinor);
  put(FirmwareVersion::kPatch);
  put(hal::reset_cause());
  put(safety.flags() | (hello_unasked_ ? kFlagUnasked : 0));
  for (uint8_t i = 0; i < 8; i++) put(safety.identity()[i]);
  put16(descriptor.size());
  put32(descriptor.crc());
}

void Link::write_answer() {
  put(Code::kAnswer);
  put(query_what_);
  put16(query_arg_);
  switch (static_cast<Query>(query_what_)) {
    case Query::kDescriptor:
      body_size_ += descriptor.read(query_arg_, frame_ + 1 + body_size_, kBodyBytes - body_size_);
      break;
    case Query::kModes:
      for (uint16_t pin = query_arg_; pin < hal::kPins && body_size_ <= kBodyBytes - 3; pin++) {
        if (declared() != 0 && declared()->on_pin(pin) != 0) continue;
        put(pin);
        put(static_cast<uint8_t>(pins.mode(pin)));
        put((pins.claimed(pin) ? 1 : 0) | (pins.has_events(pin) ? 2 : 0));
      }
      if (declared() != 0) {
        uint8_t id = query_arg_ < hal::kPins ? hal::kPins : query_arg_;
        for (const Channel* channel = declared()->find(id); channel != 0 && body_size_ <= kBodyBytes - 3; id++) {
          put(id);
          put(kModeDeclared);
          put(channel->changing() ? 3 : 1);
          channel = channel->next();
        }
      }
      break;
    case Query::kStreams:
      for (uint8_t i = 0; i < kMaxStreams; i++) write_stream(sampler.stream(i));
      break;
    case Query::kCounters:
      write_counters();
      break;
    case Query::kStream:
      if (const Sampler::Stream* stream = sampler.running(query_arg_)) {
        put(static_cast<uint8_t>(stream->format()));
        put32(stream->period_ticks);
        put16(stream->step_ticks());
        put(stream->effective_bits());
      }
  }
}

void Link::write_stream(const Sampler::Stream& stream) {
  if (stream.id == 0) return;
  put(stream.id);
  put(static_cast<uint8_t>(stream.format()));
  put32(stream.period_ticks);
  put(stream.count);
  for (uint8_t channel = 0; channel < hal::kPins; channel++) {
    if (stream.has(channel)) put(declared() != 0 ? declared()->id_of_pin(channel) : channel);
  }
}

// Of their low bytes, each of which is read at once.
uint8_t Link::counters_sum() const {
  uint8_t sum = 0;
  for (uint8_t i = 0; i < kCounters; i++) sum += counters[i];
  return sum;
}

void Link::write_counters() {
  for (uint8_t i = 0; i < kCounters; i++) {
    uint32_t value;
    {
      const hal::Atomic atomic;
      value = counters[i];
    }
    put32(value);
  }
}

}  // namespace ardugate
