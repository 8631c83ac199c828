#include "sampler.h"

namespace ardugate {

Sampler sampler;

namespace {

const uint8_t kFrameCost = Sampler::kPackedAt + 5;  // bytes of a frame that are no samples
const uint8_t kFlushesPerS = 1000 / kFlushMs;
// The converter's share that streams may fill; the rest is for reads on their own and for late interrupts.
const uint32_t kConversionsPerS = hal::kTickHz / 100 * 95 / hal::kConversionTicks;

}  // namespace

void Sampler::clear() {
  hal::sampler_stop();
  const hal::Atomic atomic;
  for (uint8_t i = 0; i < kMaxStreams; i++) streams_[i].id = 0;
  for (uint8_t i = 0; i < kFrames; i++) {
    if (!sending_ || ready_[0] != i) sizes_[i] = 0;  // half a frame on the line would be a damaged one
  }
  ready_count_ = sending_ ? 1 : 0;
  due_ = 0;
  single_ = kNone;
  // A conversion that runs delivers its result to nobody; 0 is the state after a reset, when none does.
  active_ = (started_ && active_ != kNone) ? kDiscard : kNone;
  started_ = true;
  paused_ = false;
}

uint8_t Sampler::find(uint8_t stream) const {
  if (stream != 0) {
    for (uint8_t i = 0; i < kMaxStreams; i++) {
      if (streams_[i].id == stream) return i;
    }
  }
  return kNone;
}

uint8_t Sampler::packed_size(Format format, uint8_t channels, uint8_t scans) {
  if (format == Format::kBits) return (channels + 7) / 8 * scans;
  const uint16_t values = static_cast<uint16_t>(channels) * scans;
  const uint8_t rest = values % 4;
  return values / 4 * 5 + (rest != 0 ? rest + 1 : 0);
}

uint8_t Sampler::scans_in_frame(Format format, uint8_t channels) {
  uint8_t scans = 1;
  while (packed_size(format, channels, scans + 1) <= kPackedBytes) scans++;
  return scans;
}

uint32_t Sampler::period(const Stream& stream) {
  return stream.every * (static_cast<uint32_t>(hal::sampler_last_tick()) + 1);
}

uint32_t Sampler::line_load(const Stream& stream, uint32_t period_ticks) {
  const uint32_t rate = hal::kTickHz / period_ticks + 1;
  uint32_t frames = rate / stream.scans_max + 1;
  if (frames < kFlushesPerS) frames = rate < kFlushesPerS ? rate : kFlushesPerS;
  return rate * packed_size(stream.format, stream.count, stream.scans_max) / stream.scans_max + frames * kFrameCost;
}

uint32_t Sampler::shortest_period(uint8_t except, Format format, uint8_t channels) const {
  uint32_t conversions = kConversionsPerS;
  uint32_t line = hal::kLineBytesPerS;
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    const Stream& stream = streams_[i];
    if (stream.id == 0 || i == except) continue;
    const uint32_t ticks = period(stream);
    const uint32_t load = line_load(stream, ticks);
    line = line > load ? line - load : 0;
    if (stream.format == Format::kU10) {
      const uint32_t taken = hal::kTickHz * stream.count / ticks + 1;
      conversions = conversions > taken ? conversions - taken : 0;
    }
  }
  const uint8_t scans = scans_in_frame(format, channels);
  const uint8_t packed = packed_size(format, channels, scans);
  // Frames go when they are full, or kFlushesPerS times a second; the dearer of both counts.
  const uint16_t flushes = kFlushesPerS * kFrameCost;
  uint32_t rate = line * scans / (packed + kFrameCost);
  const uint32_t flushed = line > flushes ? (line - flushes) * scans / packed : 0;
  if (flushed < rate) rate = flushed;
  if (format == Format::kU10 && conversions / channels < rate) rate = conversions / channels;
  if (rate == 0) rate = 1;
  const uint32_t ticks = (hal::kTickHz + rate - 1) / rate;
  return ticks > kShortestBase ? ticks : kShortestBase;
}

uint16_t Sampler::divider_for(uint32_t period_ticks) {
  const uint32_t every = (period_ticks + kUsualBase / 2) / kUsualBase;
  return every != 0 ? every : 1;
}

Status Sampler::start(uint8_t id, uint8_t replaces, uint32_t* period_ticks, const uint8_t* channels, uint8_t count,
                      Format* format) {
  const uint8_t replaced = find(replaces);
  uint8_t place = replaced;
  bool others = false;
  uint8_t others_channels = 0;
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    if (streams_[i].id == 0) {
      if (place == kNone) place = i;
    } else if (i != replaced) {
      others = true;
      others_channels += streams_[i].count;
    }
  }
  if (place == kNone || count + others_channels > kMaxChannels) return Status::kTooMany;

  const uint32_t shortest = shortest_period(replaced, *format, count);
  if (*period_ticks < shortest) {
    *period_ticks = shortest;
    return Status::kRateTooHigh;
  }
  // 65,535 periods of the base: about a minute.
  if (*period_ticks > static_cast<uint32_t>(kUsualBase) * 65000) return Status::kOutOfRange;

  uint16_t every = 1;
  uint32_t base = static_cast<uint32_t>(hal::sampler_last_tick()) + 1;
  uint8_t split = 1;
  if (!others) {
    every = divider_for(*period_ticks);
    base = (*period_ticks + every / 2) / every;
  } else {
    // The streams that run keep their periods to the tick, so the base may only be split into equal parts. The split
    // that comes nearest to the wish is taken; the first of equals, since each period costs an interrupt.
    uint32_t best_error = 0xFFFFFFFF;
    for (uint8_t parts = 1; parts <= 8; parts++) {
      const uint32_t part = base / parts;
      if (part * parts != base || part < kShortestBase) continue;
      uint32_t times = (*period_ticks + part / 2) / part;
      if (times * part < shortest) times++;
      const uint32_t kept = times * part;
      const uint32_t error = kept > *period_ticks ? kept - *period_ticks : *period_ticks - kept;
      if (times > 0xFFFF || error >= best_error) continue;
      best_error = error;
      split = parts;
      every = times;
    }
    for (uint8_t i = 0; i < kMaxStreams; i++) {
      if (streams_[i].id != 0 && i != replaced && streams_[i].every > 0xFFFF / split) return Status::kRateTooHigh;
    }
    base /= split;
  }

  if (replaced != kNone) end(replaces);
  Stream& stream = streams_[place];
  stream.format = *format;
  stream.count = count;
  for (uint8_t i = 0; i < kMaskBytes; i++) stream.mask[i] = 0;
  for (uint8_t i = 0; i < count; i++) stream.mask[channels[i] / 8] |= 1 << (channels[i] % 8);
  stream.inputs = inputs_of(stream);
  stream.every = every;
  stream.countdown = 1;
  *period_ticks = every * base;
  stream.step_us = *period_ticks / hal::kTicksPerUs;
  stream.step_ticks = *period_ticks % hal::kTicksPerUs;
  stream.scans_max = scans_in_frame(*format, count);
  stream.seq = 0;
  stream.t_ticks = 0;
  stream.frame = kNone;
  stream.gap = false;
  stream.flush = false;
  if (!others) {
    stream.id = id;
    hal::sampler_start(base - 1);
  } else if (split == 1) {
    const hal::Atomic atomic;
    stream.id = id;
  } else {
    hal::sampler_rebase(base - 1);
    for (uint8_t i = 0; i < kMaxStreams; i++) {
      if (streams_[i].id == 0) continue;
      streams_[i].every *= split;
      streams_[i].countdown *= split;
    }
    stream.id = id;
    hal::sampler_rebased();
  }
  return Status::kOk;
}

void Sampler::end(uint8_t id) {
  const uint8_t index = find(id);
  if (index == kNone) return;
  bool last = true;
  {
    const hal::Atomic atomic;
    Stream& stream = streams_[index];
    stream.id = 0;
    if (active_ == index) active_ = kDiscard;
    if (stream.frame != kNone) {
      if (due_ & (1 << index)) {
        sizes_[stream.frame] = 0;  // with half a scan in it
      } else {
        close(stream);
      }
    }
    due_ &= ~(1 << index);
    for (uint8_t i = 0; i < kMaxStreams; i++) {
      if (streams_[i].id != 0) last = false;
    }
  }
  if (last) hal::sampler_stop();
}

bool Sampler::open(Stream& stream) {
  uint8_t frame = kNone;
  {
    const hal::Atomic atomic;
    for (uint8_t i = 0; i < kFrames; i++) {
      if (sizes_[i] == 0) {
        sizes_[i] = kFilling;
        frame = i;
        break;
      }
    }
  }
  if (frame == kNone) return false;
  Writer out(frames_[frame] + 1);
  out.u8(static_cast<uint8_t>(Code::kSamples));
  out.u8(stream.id);
  out.u32(stream.seq);
  out.u32(stream.t_us);
  stream.frame = frame;
  stream.at = kPackedAt;
  stream.high = 0;
  stream.phase = 0;
  stream.scans = 0;
  stream.opened_ms = hal::now_ms();
  return true;
}

void Sampler::close(Stream& stream) {
  if (stream.phase != 0) frames_[stream.frame][stream.at++] = stream.high;
  sizes_[stream.frame] = stream.at - 1;
  ready_[ready_count_] = stream.frame;
  ready_count_ = ready_count_ + 1;
  stream.frame = kNone;
  stream.flush = false;
}

Sampler::InputMask Sampler::inputs_of(const Stream& stream) {
  InputMask mask = 0;
  for (uint8_t i = 0; i < hal::kAnalogInputs; i++) {
    const uint8_t pin = hal::kFirstAnalogPin + i;
    if (stream.mask[pin / 8] & (1 << (pin % 8))) mask |= static_cast<InputMask>(1) << i;
  }
  return mask;
}

void Sampler::next_conversion() {
  uint8_t input = 0;
  for (InputMask mask = remaining_; !(mask & 1); mask >>= 1) input++;
  remaining_ &= remaining_ - 1;
  hal::adc_start(input);
}

void Sampler::next_work() {
  if (due_ != 0) {
    uint8_t index = 0;
    while (!(due_ & (1 << index))) index++;
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

  uint8_t* frame = frames_[stream.frame];
  frame[stream.at++] = value;
  stream.high |= static_cast<uint8_t>(value >> 8) << (2 * stream.phase);
  if (++stream.phase == 4) {
    frame[stream.at++] = stream.high;
    stream.high = 0;
    stream.phase = 0;
  }
  if (!last) return;
  if (++stream.scans == stream.scans_max || stream.flush) close(stream);
  due_ &= ~(1 << active_);
  next_work();
}

void Sampler::scan_bits(Stream& stream) {
  uint8_t* frame = frames_[stream.frame];
  uint8_t byte = 0;
  uint8_t bit = 1;
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (!(stream.mask[pin / 8] & (1 << (pin % 8)))) continue;
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
    if (stream.seq == 0) stream.t_us = hal::now_us();
    bool taken = false;
    if (due_ & (1 << i)) {
      overruns_++;  // the converter has not come to the end of the scan before
    } else if (!paused_) {
      if (stream.gap && stream.frame != kNone) {
        const hal::Atomic atomic;
        close(stream);
      }
      taken = stream.frame != kNone || open(stream);
      if (!taken) overruns_++;
    }
    stream.gap = !taken;
    stream.seq++;
    stream.t_us += stream.step_us;
    stream.t_ticks += stream.step_ticks;
    if (stream.t_ticks >= hal::kTicksPerUs) {
      stream.t_ticks -= hal::kTicksPerUs;
      stream.t_us++;
    }
    if (!taken) continue;
    if (stream.format == Format::kBits) {
      scan_bits(stream);
      const hal::Atomic atomic;
      if (stream.scans == stream.scans_max) close(stream);
    } else {
      const hal::Atomic atomic;
      due_ |= 1 << i;
      if (active_ == kNone) next_work();
    }
  }
}

void Sampler::flush(uint16_t now_ms) {
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    const hal::Atomic atomic;
    Stream& stream = streams_[i];
    if (stream.id == 0 || stream.frame == kNone) continue;
    if (static_cast<uint8_t>(static_cast<uint8_t>(now_ms) - stream.opened_ms) < kFlushMs) continue;
    if (due_ & (1 << i)) {
      stream.flush = true;
    } else {
      close(stream);
    }
  }
}

const uint8_t* Sampler::next_frame(uint8_t* size) {
  if (ready_count_ == 0) return 0;
  const uint8_t index = ready_[0];
  *size = seal(frames_[index], sizes_[index]);
  sending_ = true;
  return frames_[index];
}

void Sampler::release() {
  const hal::Atomic atomic;
  sending_ = false;
  sizes_[ready_[0]] = 0;
  ready_count_ = ready_count_ - 1;
  for (uint8_t i = 0; i < ready_count_; i++) ready_[i] = ready_[i + 1];
}

bool Sampler::describe(uint8_t index, uint8_t* stream, Format* format, uint32_t* period_ticks) const {
  if (streams_[index].id == 0) return false;
  *stream = streams_[index].id;
  *format = streams_[index].format;
  *period_ticks = period(streams_[index]);
  return true;
}

bool Sampler::holds(uint8_t index, uint8_t channel) const {
  return streams_[index].mask[channel / 8] & (1 << (channel % 8));
}

uint32_t Sampler::overruns() const {
  const hal::Atomic atomic;
  return overruns_;
}

uint16_t Sampler::convert(uint8_t input) {
  {
    const hal::Atomic atomic;
    single_ = input;
    if (active_ == kNone) next_work();
  }
  while (single_ != kNone) hal::wait();
  return single_value_;
}

}  // namespace ardugate
