// Scans as they are taken, and the frames that they fill, on their way (sampler.h).
#include "counters.h"
#include "fast.h"
#include "flash.h"
#include "modes.h"
#include "pins.h"
#include "sampler.h"

namespace ardugate {

void Sampler::next_conversion() {
  uint8_t input = 0;
  for (InputMask mask = remaining_; !(mask & 1); mask >>= 1) input++;
  remaining_ &= remaining_ - 1;
  hal::adc_start(input);
}

void Sampler::next_work() {
  if (due_ != 0) {
    uint8_t index = 0;
    while (!(due_ & mask_of(index))) index++;
    active_ = index;
    remaining_ = streams_[index].inputs;
    next_conversion();
  } else if (single_ != kNone) {
    active_ = kSingle;
    hal::adc_start(single_);
  } else {
    active_ = kNone;
  }
}

void Sampler::on_conversion(uint16_t value) {
  if (active_ >= kMaxStreams) {
    if (active_ == kNone) return;  // not asked for by the sampler
    if (active_ == kSingle) {
      single_value_ = value;
      single_ = kNone;
    }
    next_work();
    return;
  }
  Stream& stream = streams_[active_];
  const bool last = remaining_ == 0;
  if (!last) next_conversion();  // the converter is what takes long: it works while this value is packed

  uint8_t* frame = frames[stream.frame];
  frame[stream.at++] = value;
  stream.high |= static_cast<uint8_t>(value >> 8) << (2 * stream.phase);
  if (++stream.phase == 4) {
    frame[stream.at++] = stream.high;
    stream.high = 0;
    stream.phase = 0;
  }
  if (!last) return;
  if (++stream.scans == stream.scans_max) close(stream);
  due_ = due_ & ~mask_of(active_);
  next_work();
}

void Sampler::scan_numbers(Stream& stream) {
  Writer out(frames[stream.frame] + stream.at);
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (stream.has(pin)) out.u32(pins.number(pin));
  }
  stream.at += 4 * stream.count;
  stream.scans++;
}

void Sampler::scan_bits(Stream& stream) {
  uint8_t* frame = frames[stream.frame];
  uint8_t byte = 0;
  uint8_t bit = 1;
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (!stream.has(pin)) continue;
    if (hal::port_read(hal::pin_port(pin)) & hal::pin_mask(pin)) byte |= bit;
    bit <<= 1;
    if (bit == 0) {
      frame[stream.at++] = byte;
      byte = 0;
      bit = 1;
    }
  }
  if (bit != 1) frame[stream.at++] = byte;
  stream.scans++;
}

void Sampler::on_base() {
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    Stream& stream = streams_[i];
    if (stream.id == 0 || --stream.countdown != 0) continue;
    stream.countdown = stream.every;
    if (stream.seq == 0) stream.t_us = hal::base_began_us();
    bool taken = false;
    if (due_ & mask_of(i)) {
      count(kSampleOverruns);  // the converter has not come to the end of the scan before
    } else if (hal::kPolled && hal::bases_late() >= stream.every && !paused_) {
      count(kSampleOverruns);  // the next one is due already
    } else if (!paused_) {
      if (stream.gap && stream.frame != kNone) {
        const hal::Atomic atomic;
        close(stream);
      }
      taken = stream.frame != kNone || open(stream);
      if (!taken) count(kSampleOverruns);
    }
    stream.gap = !taken;
    advance(stream, 1);
    if (!taken) continue;
    if (stream.inputs == 0) {
      if (modes_named() && stream.packing != Format::kBits) {
        scan_numbers(stream);
      } else {
        scan_bits(stream);
      }
      const hal::Atomic atomic;
      if (stream.scans == stream.scans_max) close(stream);
    } else {
      const hal::Atomic atomic;
      due_ = due_ | mask_of(i);
      if (active_ == kNone) next_work();
    }
  }
}

void Sampler::flush(uint16_t now_ms) {
#if defined(ARDUGATE_UART)
  if (fast_) return in_flash(fast_engine->tick)();
  begin_base();
#endif
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    const hal::Atomic atomic;
    Stream& stream = streams_[i];
    if (stream.id == 0 || stream.frame == kNone || (due_ & mask_of(i))) continue;
    if (static_cast<uint8_t>(static_cast<uint8_t>(now_ms) - stream.opened_ms) >= kFlushMs && free_frame() != kNone) {
      close(stream);
    }
  }
}

const uint8_t* Sampler::next_frame(uint8_t* size) {
#if defined(ARDUGATE_UART)
  if (fast_engine != 0) {
    if (const uint8_t* const frame = in_flash(fast_engine->next_frame)(size)) return frame;
  }
#endif
  if (ready_count_ == handed_) return 0;
  const uint8_t index = ready_[handed_++];
  *size = seal(frames[index], sizes_[index]);
  return frames[index];
}

void Sampler::release() {
  if (ended_ != 0) ended_--;
#if defined(ARDUGATE_UART)
  if (fast_engine != 0 && in_flash(fast_engine->release)()) return;
#endif
  const hal::Atomic atomic;
  handed_--;
  sizes_[ready_[0]] = 0;
  ready_count_ = ready_count_ - 1;
  for (uint8_t i = 0; i < ready_count_; i++) ready_[i] = ready_[i + 1];
}

uint16_t Sampler::convert(uint8_t input) {
#if defined(ARDUGATE_UART)
  if (fast_) return in_flash(fast_engine->convert)(input);
#endif
  return convert_one(input);
}

uint16_t Sampler::convert_one(uint8_t input) {
  {
    const hal::Atomic atomic;
    single_ = input;
    if (active_ == kNone) next_work();
  }
  while (single_ != kNone) hal::wait();
  return single_value_;
}

}  // namespace ardugate
