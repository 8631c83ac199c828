#include "sampler.h"

#include "counters.h"
#include "fast.h"
#include "flash.h"
#include "link.h"
#include "modes.h"
#include "pins.h"

namespace ardugate {

Sampler sampler;
#if defined(ARDUGATE_UART)
const FastEngine* fast_engine = 0;
#endif

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
    bool on_line = false;  // half a frame there would be a damaged one
    for (uint8_t k = 0; k < handed_; k++) on_line = on_line || ready_[k] == i;
    if (!on_line) sizes_[i] = 0;
  }
  ready_count_ = handed_;
#if defined(ARDUGATE_UART)
  if (fast_engine != 0) in_flash(fast_engine->clear)();
#endif
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

uint32_t Sampler::best_period(uint8_t except, Format format, uint8_t channels, uint8_t rate, bool alone) const {
#if defined(ARDUGATE_UART)
  if (alone) {
    const uint16_t step = in_flash(fast_engine->step)(channels, rate);
    if (step <= kSlowestStep) return static_cast<uint32_t>(step) * channels;
  }
#else
  (void)alone;
#endif
  return shortest_period(except, format, channels, rate);
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

  bool alone = false;  // and such that the converter's own speed is for it
#if defined(ARDUGATE_UART)
  if (others && fast_) return Status::kTooMany;
  alone = fast_engine != 0 && !others && format == Format::kU10;
#endif
  const uint32_t shortest = best_period(replaced, format, channels.count, link.line_rate(), alone);
  if (period.ticks < shortest) {
    period.ticks = shortest;
    period.offered_ticks =
        hal::kMaxBaud != 0 ? best_period(replaced, format, channels.count, hal::kLineRates - 1, alone) : shortest;
    return Status::kRateTooHigh;
  }
  // About a minute: `every` has 16 bits.
  if (period.ticks > static_cast<uint32_t>(kUsualBase) * 65000) return Status::kOutOfRange;

  // The first stream gets its period to the tick or nearly; the others, whose base runs already, the next multiple.
  uint16_t base = waiting_base_ != 0 ? waiting_base_ : hal::sampler_last_tick() + 1;
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
  stream.period_ticks = every * static_cast<uint32_t>(base);
  stream.scans_max = scans_in_frame(format, channels.count);
  stream.seq = 0;
  stream.t_ticks = 0;
  stream.frame = kNone;
  stream.gap = false;
#if defined(ARDUGATE_UART)
  if (alone && period.ticks <= static_cast<uint32_t>(kSlowestStep) * channels.count) {
    fast_ = true;
    stream.every = in_flash(fast_engine->start)(stream, period.ticks / channels.count);
    stream.period_ticks = period.ticks = static_cast<uint32_t>(stream.every) * channels.count;
    stream.id = id;
    return Status::kOk;
  }
#endif
  period.ticks = stream.period_ticks;
  {
    const hal::Atomic atomic;
    stream.id = id;
  }
  if (!others) {
    waiting_base_ = base;
    begin_base();
  }
  return Status::kOk;
}

// The frames' memory may be what the fast stream before still sends from.
void Sampler::begin_base() {
  if (waiting_base_ == 0) return;
#if defined(ARDUGATE_UART)
  if (fast_engine != 0 && in_flash(fast_engine->waiting)() != 0) return;
#endif
  hal::sampler_start(waiting_base_ - 1);
  waiting_base_ = 0;
}

void Sampler::end(uint8_t id) {
  const uint8_t index = find(id);
  if (index == kNone) return;
  Stream& stream = streams_[index];
#if defined(ARDUGATE_UART)
  if (fast_) {
    in_flash(fast_engine->stop)();
    ended_ = in_flash(fast_engine->waiting)();
    fast_ = false;
    stream.id = 0;
    return;
  }
#endif
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
  waiting_base_ = 0;
}

const Sampler::Stream* Sampler::running(uint8_t stream) const {
  const uint8_t index = find(stream);
  return index == kNone ? 0 : &streams_[index];
}

uint16_t Sampler::step_ticks(const Stream& stream) const {
#if defined(ARDUGATE_UART)
  if (fast_) return stream.every;
#endif
  return stream.inputs != 0 ? hal::kConversionTicks : 0;
}

uint8_t Sampler::effective_bits(const Stream& stream) const {
#if defined(ARDUGATE_UART)
  if (fast_) return in_flash(fast_engine->bits)(stream.every);
#endif
  return stream.inputs != 0 ? hal::kAdcBits : stream.packing == Format::kBits;
}

bool Sampler::urgent() const {
#if defined(ARDUGATE_UART)
  return fast_ && in_flash(fast_engine->waiting)() != 0;
#else
  return false;
#endif
}

void Sampler::keep_up() {
#if defined(ARDUGATE_UART)
  if (fast_ && hal::fast_full()) in_flash(fast_engine->collect)();
#endif
}

void Sampler::go_ahead() {
#if defined(ARDUGATE_UART)
  if (fast_) in_flash(fast_engine->ahead)();
#endif
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

ARDUGATE_SMALL void Sampler::write_header(const Stream& stream, uint8_t* frame) {
  Writer out(frame + 1);
  out.u8(static_cast<uint8_t>(Code::kSamples));
  out.u8(stream.id);
  out.u32(stream.seq);
  out.u32(stream.t_us);
}

ARDUGATE_SMALL void Sampler::advance(Stream& stream, uint32_t scans) {
  stream.seq += scans;
  const uint32_t step = stream.period_ticks * scans + stream.t_ticks;
  stream.t_us += step / hal::kTicksPerUs;
  stream.t_ticks = step % hal::kTicksPerUs;
}

bool Sampler::open(Stream& stream) {
  const uint8_t frame = free_frame();  // on_base() alone takes one, and is not interrupted by who gives one back
  if (frame == kNone) return false;
  sizes_[frame] = kFilling;
  write_header(stream, frames[frame]);
  stream.frame = frame;
  stream.at = kPackedAt;
  stream.high = 0;
  stream.phase = 0;
  stream.scans = 0;
  stream.opened_ms = hal::now_ms();
  return true;
}

void Sampler::close(Stream& stream) {
  if (stream.phase != 0) frames[stream.frame][stream.at++] = stream.high;
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

}  // namespace ardugate
