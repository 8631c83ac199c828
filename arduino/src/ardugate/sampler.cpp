#include "sampler.h"

#include "counters.h"
#include "link.h"
#include "modes.h"
#include "pins.h"

namespace ardugate {

Sampler sampler;

// The share of the line that samples may take; the rest is for heartbeats, replies, edges and text.
const uint8_t kLineShare = 80;  // per cent

// From one conversion to the next, with what the interrupts between them take.
const uint16_t kTakeTicks = hal::kConversionTicks + 280;
const uint16_t kScanTicks = 820;  // and each scan besides: with less, two channels lose scans to all else that comes round

// Between two looks at pins, of which each takes a third of that: much more often, nothing else would come round.
const uint16_t kLookTicks = 4000;

Channels::Channels() : count(0) {
  for (uint8_t i = 0; i < sizeof(mask); i++) mask[i] = 0;
}

void Channels::add(uint8_t channel) {
  count++;
  mask[channel / 8] |= mask_of(channel % 8);
}

ARDUGATE_SMALL bool Channels::has(uint8_t channel) const { return mask[channel / 8] & mask_of(channel % 8); }

void Sampler::begin() {
  active_ = kNone;
  single_ = kNone;
}

void Sampler::clear() {
  for (uint8_t i = 0; i < kMaxStreams; i++) end(streams_[i].id);
  const hal::Atomic atomic;
  for (uint8_t i = 0; i < kFrames; i++) {
    if (!sending_ || ready_[0] != i) sizes_[i] = 0;  // half a frame on the line would be a damaged one
  }
  ready_count_ = sending_ ? 1 : 0;
  ended_ = 0;
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
  if (format != Format::kU10) return 4 * channels * scans;
  const uint16_t values = static_cast<uint16_t>(channels) * scans;
  const uint8_t rest = values % 4;
  return values / 4 * 5 + (rest != 0 ? rest + 1 : 0);
}

uint8_t Sampler::scans_in_frame(Format format, uint8_t channels) {
  uint8_t scans = 1;
  while (packed_size(format, channels, scans + 1) <= kPackedBytes) scans++;
  return scans;
}

// What a scan takes, in ticks, of the line or to be taken, whichever is more.
uint32_t Sampler::scan_ticks(Format format, uint8_t channels, uint8_t rate) {
  const uint8_t scans = scans_in_frame(format, channels);
  const uint8_t bytes = packed_size(format, channels, scans) + kPackedAt + 5;
  const uint32_t line = static_cast<uint32_t>(bytes) * hal::line_byte_ticks(rate) / scans * 100 / kLineShare;
  const uint32_t taking =
      format == Format::kU10 ? kScanTicks + kTakeTicks * static_cast<uint32_t>(channels) : kLookTicks;
  return line > taking ? line : taking;
}

uint32_t Sampler::shortest_period(uint8_t except, Format format, uint8_t channels, uint8_t rate) const {
  // Shares in 1/4,096. Each stream that runs already keeps a tenth for itself beside what it takes, because frames of
  // several streams come due at once and there are few of them to wait in.
  const uint16_t whole = 4096;
  uint16_t left = whole;
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    const Stream& stream = streams_[i];
    if (stream.id == 0 || i == except) continue;
    const uint16_t taken = scan_ticks(stream.format(), stream.count, rate) * whole / stream.period_ticks + whole / 10;
    left = left > taken ? left - taken : 1;
  }
  const uint32_t ticks = scan_ticks(format, channels, rate) * whole / left + 1;
  return ticks > kShortestBase ? ticks : kShortestBase;
}

Status Sampler::start(uint8_t id, uint8_t replaces, Period& period, const Channels& channels, Format format) {
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
  if (place == kNone || channels.count + others_channels > kMaxChannels) return Status::kTooMany;

  const uint32_t shortest = shortest_period(replaced, format, channels.count, link.line_rate());
  if (period.ticks < shortest) {
    period.ticks = shortest;
    period.offered_ticks =
        hal::kMaxBaud != 0 ? shortest_period(replaced, format, channels.count, hal::kLineRates - 1) : shortest;
    return Status::kRateTooHigh;
  }
  // About a minute: `every` has 16 bits.
  if (period.ticks > static_cast<uint32_t>(kUsualBase) * 65000) return Status::kOutOfRange;

  // The first stream gets its period to the tick or nearly; the others, whose base runs already, the next multiple.
  uint16_t base = hal::sampler_last_tick() + 1;
  if (!others) base = kUsualBase;
  uint16_t every = (period.ticks + base / 2) / base;
  if (every == 0) every = 1;
  if (!others) base = (period.ticks + every / 2) / every;
  if (every * static_cast<uint32_t>(base) < shortest) {
    if (others) {
      every++;
    } else {
      base++;
    }
  }

  if (replaced != kNone) end(replaces);
  Stream& stream = streams_[place];
  static_cast<Channels&>(stream) = channels;
  stream.packing = format;
  stream.inputs = format == Format::kU10 ? inputs_of(stream) : 0;
  stream.every = every;
  stream.countdown = 1;
  stream.period_ticks = period.ticks = every * static_cast<uint32_t>(base);
  stream.scans_max = scans_in_frame(format, channels.count);
  stream.seq = 0;
  stream.t_ticks = 0;
  stream.frame = kNone;
  stream.gap = false;
  {
    const hal::Atomic atomic;
    stream.id = id;
  }
  if (!others) hal::sampler_start(base - 1);
  return Status::kOk;
}

void Sampler::end(uint8_t id) {
  const uint8_t index = find(id);
  if (index == kNone) return;
  Stream& stream = streams_[index];
  {
    const hal::Atomic atomic;
    stream.countdown = 0;  // no scan is due for the next 65,536 periods
  }
  while (due_ & mask_of(index)) hal::wait();  // the one that is in the converter: a millisecond at most
  const hal::Atomic atomic;
  stream.id = 0;
  if (stream.frame != kNone) close(stream);
  ended_ = ready_count_;
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    if (streams_[i].id != 0) return;
  }
  hal::sampler_stop();
}

const Sampler::Stream* Sampler::running(uint8_t stream) const {
  const uint8_t index = find(stream);
  return index == kNone ? 0 : &streams_[index];
}

bool Sampler::holds(uint8_t channel) const {
  for (uint8_t i = 0; i < kMaxStreams; i++) {
    if (streams_[i].id != 0 && streams_[i].has(channel)) return true;
  }
  return false;
}

uint8_t Sampler::free_frame() const {
  for (uint8_t i = 0; i < kFrames; i++) {
    if (sizes_[i] == 0) return i;
  }
  return kNone;
}

bool Sampler::open(Stream& stream) {
  const uint8_t frame = free_frame();  // on_base() alone takes one, and is not interrupted by who gives one back
  if (frame == kNone) return false;
  sizes_[frame] = kFilling;
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
}

Sampler::InputMask Sampler::inputs_of(const Stream& stream) {
  InputMask mask = 0;
  for (uint8_t i = 0; i < hal::kAnalogInputs; i++) {
    const uint8_t pin = hal::kFirstAnalogPin + i;
    if (stream.has(pin)) mask |= static_cast<InputMask>(1) << i;
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

  uint8_t* frame = frames_[stream.frame];
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
  Writer out(frames_[stream.frame] + stream.at);
  for (uint8_t pin = 0; pin < hal::kPins; pin++) {
    if (stream.has(pin)) out.u32(pins.number(pin));
  }
  stream.at += 4 * stream.count;
  stream.scans++;
}

void Sampler::scan_bits(Stream& stream) {
  uint8_t* frame = frames_[stream.frame];
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
    stream.seq++;
    const uint32_t step = stream.period_ticks + stream.t_ticks;
    stream.t_us += step / hal::kTicksPerUs;
    stream.t_ticks = step % hal::kTicksPerUs;
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
  if (ready_count_ == 0) return 0;
  const uint8_t index = ready_[0];
  *size = seal(frames_[index], sizes_[index]);
  sending_ = true;
  return frames_[index];
}

void Sampler::release() {
  const hal::Atomic atomic;
  sending_ = false;
  if (ended_ != 0) ended_--;
  sizes_[ready_[0]] = 0;
  ready_count_ = ready_count_ - 1;
  for (uint8_t i = 0; i < ready_count_; i++) ready_[i] = ready_[i + 1];
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
