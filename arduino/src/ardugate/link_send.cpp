// What the board says, and when (wire.md section 3).
#include "link.h"

#include "calls.h"
#include "counters.h"
#include "declared.h"
#include "descriptor.h"
#include "events.h"
#include "pins.h"
#include "safety.h"

namespace ardugate {

namespace {

// Outside the object, where the compiler sees that nobody sets it and leaves LOG out of a sketch that never prints.
Link::TakeText take_text;

const uint8_t kBodyBytes = kMaxControlLine - kFrameOverhead;

}  // namespace

void Link::set_text(TakeText source) {
  const hal::Atomic atomic;
  take_text = source;
}

void Link::take_back() {
  const uint8_t unsent = hal::line_unsent();
  for (; given_ > unsent; given_--) {
    if (first_ != frame_) sampler.release();
    first_ = second_;
  }
}

void Link::send() {
  for (;;) {
    take_back();
    sampler.keep_up();
    if (given_ == 2 || !hal::line_free()) return;
    uint8_t size;
    const uint8_t* const frame = next_frame(&size);
    if (frame == 0) return;
    (given_++ == 0 ? first_ : second_) = frame;
    hal::line_send(frame, size);
  }
}

const uint8_t* Link::next_frame(uint8_t* size) {
  if (line_state_ >= kLeft || (line_state_ == kLeaving && replies_owed_ == 0)) return 0;
  // Answers first, but for the last samples of a stream that an answer says has ended, and those that the converter takes at
  // its own speed, which cannot wait. Then samples and the rest in turn, so that a flood of edges or text costs no samples,
  // and a line that is full of samples no edges.
  const bool writing = given_ != 0 && first_ == frame_;
  const bool samples = boot_id_ != 0;
  if (samples && (writing || sampler.ending() || sampler.urgent() || (samples_next_ && !answer_owed()))) {
    if (const uint8_t* const frame = sampler.next_frame(size)) {
      samples_next_ = false;
      return frame;
    }
    samples_next_ = true;
  }
  if (writing) return 0;
  body_size_ = 0;
  write_body();
  if (body_size_ != 0) {
    samples_next_ = true;
    *size = seal(frame_, body_size_);
    return frame_;
  }
  return samples ? sampler.next_frame(size) : 0;
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
        put16(sampler.step_ticks(*stream));
        put(sampler.effective_bits(*stream));
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
