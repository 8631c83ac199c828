#include "link.h"

#include "descriptor.h"
#include "events.h"
#include "log.h"
#include "pins.h"
#include "safety.h"

namespace ardugate {

Link link;
Log log_text;

namespace {

const uint8_t kBodyBytes = Sampler::kFrameBytes - kFrameOverhead;
const uint8_t kAnswerBytes = kBodyBytes - 4;
const uint16_t kSecondMs = 1000;

}  // namespace

void Link::begin() {
  hello_owed_ = true;
  hello_unasked_ = true;
  hello_ms_ = 0;
}

// --- what comes in

void Link::receive(uint8_t byte, uint32_t now_us, uint16_t uncertainty_us) {
  switch (reader_.receive(byte)) {
    case FrameReader<kMaxLineToBoard>::kNothing:
      return;
    case FrameReader<kMaxLineToBoard>::kBad:
      count_fault();
      return;
    case FrameReader<kMaxLineToBoard>::kFrame:
      handle(Reader(reader_.body(), reader_.size()), now_us, uncertainty_us);
      send();  // so that the answer is on its way before the next frame is looked at
  }
}

void Link::handle(Reader in, uint32_t now_us, uint16_t uncertainty_us) {
  switch (static_cast<Code>(in.u8())) {
    case Code::kHello:
      return handle_hello(in, now_us);
    case Code::kHeartbeat:
      return handle_heartbeat(in, now_us, uncertainty_us);
    case Code::kQuery:
      return handle_query(in);
    case Code::kCommand:
      return handle_command(in, now_us);
    case Code::kStop:
      return handle_stop(in, now_us);
    default:
      count_fault();
  }
}

void Link::handle_hello(Reader& in, uint32_t now_us) {
  const uint8_t wire = in.u8();
  const uint32_t offered = in.u32();
  if (!in.ok() || offered == 0) return count_fault();
  hello_owed_ = true;
  hello_unasked_ = false;
  boot_id_before_ = boot_id_;
  if (wire == kWireVersion && offered != boot_id_) new_boot(offered, now_us);
}

void Link::new_boot(uint32_t boot_id, uint32_t now_us) {
  // Another gateway's boot ends as a reset would end it; the first one after a reset finds all this done.
  if (boot_id_ != 0) {
    pins.make_all_safe(now_us);
    pins.begin();
  }
  boot_id_ = boot_id;
  replies_used_ = 0;
  replies_owed_ = 0;
  query_owed_ = false;
  heartbeat_owed_ = false;
  announced_ = 0;
  events.begin();
  safety.boot();
  sampler.clear();
  if (start_period_ticks_ == 0) return;
  uint8_t channels[hal::kAnalogInputs];
  uint8_t count = 0;
  for (uint8_t i = 0; i < hal::kAnalogInputs; i++) {
    const uint8_t pin = hal::kFirstAnalogPin + i;
    if (pins.started_as(pin) == Mode::kAnalog) channels[count++] = pin;
  }
  Format format = Format::kU10;
  uint32_t period_ticks = start_period_ticks_;
  if (count != 0) sampler.start(kStartStream, 0, &period_ticks, channels, count, &format);
}

void Link::handle_heartbeat(Reader& in, uint32_t now_us, uint16_t uncertainty_us) {
  const uint32_t boot_id = in.u32();
  const uint32_t stamp = in.u32();
  if (!in.ok()) return count_fault();
  heartbeat_owed_ = true;
  stamp_ = stamp;
  received_us_ = now_us;
  uncertainty_us_ = uncertainty_us;
  if (boot_id_ == 0 || boot_id != boot_id_) return;
  safety.heartbeat();
  sample_next(now_us);
}

// One channel with events is sampled afresh with each heartbeat, in turn.
void Link::sample_next(uint32_t now_us) {
  if (announced_ < hal::kPins || events.full()) return;
  for (uint8_t i = 0; i < hal::kPins; i++) {
    sampled_ = sampled_ + 1 < hal::kPins ? sampled_ + 1 : 0;
    if (pins.has_events(sampled_)) return pins.sample(sampled_, now_us);
  }
}

void Link::handle_query(Reader& in) {
  const uint8_t what = in.u8();
  const uint16_t arg = in.u16();
  if (!in.ok()) return count_fault();
  query_owed_ = true;
  query_what_ = what;
  query_arg_ = arg;
}

void Link::handle_stop(Reader& in, uint32_t now_us) {
  const uint16_t id = in.u16();
  if (!in.ok()) return count_fault();
  Reply* reply = 0;
  switch (recall(id)) {
    case kKnown:
      return;
    case kLate:
      safety.stop(now_us);  // always obeyed
      return refuse(id, Status::kStale);
    case kNew:
      safety.stop(now_us);
      reply = remember(id);
      reply->status = static_cast<uint8_t>(Status::kOk);
      reply->size = 4;
      Writer(reply->data).u32(now_us);
  }
}

void Link::handle_command(Reader& in, uint32_t now_us) {
  const uint32_t boot_id = in.u32();
  const uint16_t id = in.u16();
  const uint8_t op = in.u8();
  if (!in.ok()) return count_fault();
  if (boot_id_ == 0 || boot_id != boot_id_) return refuse(id, Status::kWrongBoot);
  switch (recall(id)) {
    case kKnown:
      return;
    case kLate:
      return refuse(id, Status::kStale);
    case kNew:
      break;
  }
  Reply* reply = remember(id);
  Writer data(reply->data);
  reply->status = static_cast<uint8_t>(run(static_cast<Op>(op), in, data, now_us));
  reply->size = data.at() - reply->data;
}

Link::Recall Link::recall(uint16_t id) {
  const uint8_t slot = id % kReplySlots;
  if (!(replies_used_ & (1 << slot))) return kNew;
  if (replies_[slot].id == id) {
    replies_owed_ |= 1 << slot;
    return kKnown;
  }
  return static_cast<uint16_t>(id - replies_[slot].id) >= 0x8000 ? kLate : kNew;
}

Link::Reply* Link::remember(uint16_t id) {
  const uint8_t slot = id % kReplySlots;
  replies_used_ |= 1 << slot;
  replies_owed_ |= 1 << slot;
  replies_[slot].id = id;
  return &replies_[slot];
}

void Link::refuse(uint16_t id, Status status) {
  if (refusals_owed_ == kRefusals) return count_dropped();  // the gateway repeats what is not answered
  refusals_[refusals_owed_].id = id;
  refusals_[refusals_owed_].status = static_cast<uint8_t>(status);
  refusals_owed_++;
}

// --- time

void Link::tick(uint16_t ms, uint32_t now_us) {
  if (boot_id_ == 0) {
    hello_ms_ += ms;
    if (hello_ms_ >= kHelloMs) {
      hello_ms_ -= kHelloMs;
      hello_owed_ = true;
      hello_unasked_ = true;
      boot_id_before_ = 0;
    }
  } else if (announced_ < hal::kPins && events.empty()) {
    // A boot begins with one sample of every channel with events; one at a time, so that edges find room.
    while (announced_ < hal::kPins && !pins.has_events(announced_)) announced_++;
    if (announced_ < hal::kPins) pins.sample(announced_++, now_us);
  }
  log_text.tick(ms);
  second_ms_ += ms;
  if (second_ms_ < kSecondMs) return;
  second_ms_ -= kSecondMs;
  if (!loop_ran_) starved_loops_++;
  loop_ran_ = false;
  if (counters_sum() != counters_sum_) counters_owed_ = true;
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
  line_at_ = 0;
  // Answers first, always. Then samples and the rest in turn, so that a flood of edges or text costs no samples, and
  // a line that is full of samples no edges.
  if (!answer_owed() && boot_id_ != 0 && samples_next_) {
    line_ = sampler.next_frame(&line_size_);
    samples_next_ = line_ == 0;
    if (line_ != 0) return true;
  }
  const uint8_t size = next_body(frame_ + 1);
  if (size != 0) {
    line_size_ = seal(frame_, size);
    line_ = frame_;
    samples_next_ = true;
    return true;
  }
  if (boot_id_ != 0) line_ = sampler.next_frame(&line_size_);
  return line_ != 0;
}

uint8_t Link::next_body(uint8_t* body) {
  Writer out(body);
  if (heartbeat_owed_) {
    heartbeat_owed_ = false;
    out.u8(static_cast<uint8_t>(Code::kBoardHeartbeat));
    out.u32(boot_id_);
    out.u32(stamp_);
    out.u32(received_us_);
    out.u32(hal::now_us() + hal::line_delay_us());
    out.u16(uncertainty_us_);
    out.u8(safety.flags());
  } else if (replies_owed_ != 0) {
    uint8_t slot = 0;
    while (!(replies_owed_ & (1 << slot))) slot++;
    replies_owed_ &= ~(1 << slot);
    const Reply& reply = replies_[slot];
    out.u8(static_cast<uint8_t>(Code::kReply));
    out.u32(boot_id_);
    out.u16(reply.id);
    out.u8(reply.status);
    out.bytes(reply.data, reply.size);
  } else if (refusals_owed_ != 0) {
    refusals_owed_--;
    out.u8(static_cast<uint8_t>(Code::kReply));
    out.u32(boot_id_);
    out.u16(refusals_[refusals_owed_].id);
    out.u8(refusals_[refusals_owed_].status);
  } else if (hello_owed_) {
    hello_owed_ = false;
    write_hello(out);
  } else if (query_owed_) {
    query_owed_ = false;
    write_answer(out);
  } else if (boot_id_ != 0 && !events.empty()) {
    return events.take(body, kBodyBytes);
  } else if (boot_id_ != 0 && counters_owed_) {
    counters_owed_ = false;
    counters_sum_ = counters_sum();
    out.u8(static_cast<uint8_t>(Code::kCounters));
    write_counters(out);
  } else if (log_text.due()) {
    out.u8(static_cast<uint8_t>(Code::kLog));
    return 1 + log_text.take(body + 1, kBodyBytes - 1);
  }
  return out.at() - body;
}

void Link::write_hello(Writer& out) {
  out.u8(static_cast<uint8_t>(Code::kBoardHello));
  out.u8(kWireVersion);
  out.u32(boot_id_before_);
  out.u8(FirmwareVersion::kMajor);
  out.u8(FirmwareVersion::kMinor);
  out.u8(FirmwareVersion::kPatch);
  out.u8(hal::reset_cause());
  out.u8(safety.flags() | (hello_unasked_ ? kFlagUnasked : 0));
  out.bytes(safety.identity(), 8);
  out.u16(descriptor.size());
  out.u32(descriptor.crc());
}

void Link::write_answer(Writer& out) {
  out.u8(static_cast<uint8_t>(Code::kAnswer));
  out.u8(query_what_);
  out.u16(query_arg_);
  switch (static_cast<Query>(query_what_)) {
    case Query::kDescriptor:
      out.skip(descriptor.read(query_arg_, out.at(), kAnswerBytes));
      break;
    case Query::kModes: {
      uint8_t room = kAnswerBytes / 3;
      for (uint16_t pin = query_arg_; pin < hal::kPins && room != 0; pin++, room--) {
        out.u8(pin);
        out.u8(static_cast<uint8_t>(pins.mode(pin)));
        out.u8((pins.claimed(pin) ? 1 : 0) | (pins.has_events(pin) ? 2 : 0));
      }
      break;
    }
    case Query::kStreams:
      for (uint8_t i = 0; i < kMaxStreams; i++) write_stream(out, i);
      break;
    case Query::kCounters:
      write_counters(out);
      break;
  }
}

void Link::write_stream(Writer& out, uint8_t index) {
  uint8_t stream;
  Format format;
  uint32_t period_ticks;
  if (!sampler.describe(index, &stream, &format, &period_ticks)) return;
  out.u8(stream);
  out.u8(static_cast<uint8_t>(format));
  out.u32(period_ticks);
  uint8_t* count = out.at();
  out.u8(0);
  for (uint8_t channel = 0; channel < hal::kPins; channel++) {
    if (!sampler.holds(index, channel)) continue;
    out.u8(channel);
    ++*count;
  }
}

uint32_t Link::counters_sum() const {
  return bad_frames_ + rx_overruns_ + tx_dropped_ + sampler.overruns() + events.lost() + starved_loops_;
}

void Link::write_counters(Writer& out) const {
  out.u32(bad_frames_);
  out.u32(rx_overruns_);
  out.u32(tx_dropped_);
  out.u32(sampler.overruns());
  out.u32(events.lost());
  out.u32(starved_loops_);
}

}  // namespace ardugate
