// The operations of COMMAND (wire.md 3.4). Each reads all its arguments before it does anything.
#include "declared.h"
#include "flash.h"
#include "identify.h"
#include "link.h"
#include "modes.h"
#include "name.h"
#include "pins.h"
#include "safety.h"
#include "sampler.h"
#include "timers.h"
#include "words.h"

namespace ardugate {

namespace {

const char kHostsPin[] PROGMEM = "host's pin";
const char kCannot[] PROGMEM = "cannot do";
const char kAllTaken[] PROGMEM = "all taken";
const char kLedUsed[] PROGMEM = "LED's pin";
const char kPartner[] PROGMEM = "partner";

const uint32_t kBauds[] PROGMEM = {115200, 250000, 500000, 1000000, 2000000};  // the first hal::kLineRates of them

Status refused(Writer& data, const char* why) {
  put_reason(data, why);
  return Status::kRefused;
}

// What is wrong with naming this channel at all.
__attribute__((noinline)) Status look_up(uint8_t channel, Writer& data) {
  if (declared() != 0 && declared()->find(channel) != 0) return Status::kWrongMode;
  if (channel >= hal::kPins) return Status::kUnknownChannel;
  if (declared() != 0 && declared()->on_pin(channel) != 0) return Status::kWrongMode;
  return hal::pin_abilities(channel) & kLocked ? refused(data, kHostsPin) : Status::kOk;
}

}  // namespace

Status Link::run(Op op, Reader& in, Writer& data) {
  switch (op) {
    case Op::kSet:
      return run_set(in, data);
    case Op::kMode:
      return run_mode(in, data);
    case Op::kStream:
      return run_stream(in, data);
    case Op::kRenew:
      return run_renew(in, data);
    case Op::kClearStop:
      safety.clear_stop();
      data.u32(hal::now_us());
      return Status::kOk;
    case Op::kIdentity:
      return run_identity(in, data);
    case Op::kRead:
      return run_read(in, data);
    case Op::kLine:
      return run_line(in, data);
    case Op::kIdentify:
      return run_identify(in, data);
    case Op::kName: {
      const Status status = name.set(in);
      if (status == Status::kOk) data.u32(hal::now_us());
      return status;
    }
    case Op::kCall:
      break;  // of a sketch that has no commands
  }
  return Status::kUnknownCommand;
}

Status Link::run_set(Reader& in, Writer& data) {
  const uint8_t channel = in.u8();
  const uint16_t ttl_ms = in.u16();
  uint32_t raw = in.u32();
  if (!in.ok()) return Status::kBadRequest;
  if (declared() != 0 && channel >= hal::kPins) return declared()->set(channel, raw, ttl_ms, data);
  Status status = look_up(channel, data);
  if (status != Status::kOk) return status;
  if (safety.stopped()) return Status::kStopped;
  status = pins.set(channel, raw, ttl_ms);
  if (status != Status::kOk) return status;
  data.u32(raw);
  data.u32(hal::now_us());
  const uint16_t until_ms = pins.remaining_ms(channel);
  data.u8(static_cast<uint8_t>(until_ms != 0 ? Hold::kClient : Hold::kLink));
  data.u16(until_ms);
  return Status::kOk;
}

Status Link::run_mode(Reader& in, Writer& data) {
  const uint8_t channel = in.u8();
  const uint8_t mode = in.u8();
  const uint32_t option = in.u32();
  if (!in.ok() || option > 0xFF) return Status::kBadRequest;
  Status status = look_up(channel, data);
  if (status != Status::kOk) return status;
  if (sampler.holds(channel)) return Status::kWrongMode;  // its stream could not go on
  status = pins.claim(channel, static_cast<Mode>(mode), option);
  if (status == Status::kRefused) return refused(data, kCannot);
  if (modes_named() && status == Status::kTooMany) return refused(data, kAllTaken);
  if (modes_named() && status == Status::kUnknownChannel) return refused(data, kPartner);
  if (modes_named() && status == Status::kTimerInUse) put_timer_holder(data);
  if (status != Status::kOk) return status;
  data.u8(mode);
  data.u32(hal::now_us());
  return Status::kOk;
}

Status Link::run_stream(Reader& in, Writer& data) {
  const uint8_t stream = in.u8();
  const uint8_t replaces = in.u8();
  Sampler::Period period = {in.u32(), 0};
  if (!in.ok()) return Status::kBadRequest;
  Format format = Format::kNone;
  if (in.left() == 0) {
    sampler.end(replaces);
    period.ticks = 0;
  } else {
    if (stream == 0 || period.ticks == 0 || (stream != replaces && sampler.runs(stream))) return Status::kBadRequest;
    Channels channels;
    bool of_declared = false;
    int16_t last = -1;
    while (in.left() != 0) {
      uint8_t channel = in.u8();
      if (channel <= last) return Status::kBadRequest;
      last = channel;
      const Channel* const own = declared() != 0 ? declared()->find(channel) : 0;
      if (own != 0) {
        // A stream is of declared channels or of plain ones: else its order would not be the converter's.
        if (!declared()->analog(*own) || (channels.count != 0 && !of_declared)) return Status::kWrongMode;
        of_declared = true;
        channel = own->pin();
      } else {
        const Status status = look_up(channel, data);
        if (status != Status::kOk) return status;
        if (of_declared) return Status::kWrongMode;
      }
      const bool analog = pins.mode(channel) == Mode::kAnalog;
      const bool number = pins.has_number(channel);
      if (!analog && !number && !pins.is_digital(channel)) return Status::kWrongMode;
      const Format needed = analog ? Format::kU10 : number ? pins.number_format(channel) : Format::kBits;
      if (channels.count != 0 && needed != format) return Status::kWrongMode;
      format = needed;
      channels.add(channel);
    }
    const Status status = sampler.start(stream, replaces, period, channels, format);
    if (status == Status::kRateTooHigh) {
      data.u32(period.ticks);
      data.u32(period.offered_ticks);
    }
    if (status != Status::kOk) return status;
  }
  data.u8(static_cast<uint8_t>(format));
  data.u32(period.ticks);
  data.u32(hal::now_us());
  if (period.ticks != 0) {
    const Sampler::Stream& started = *sampler.running(stream);
    data.u16(sampler.step_ticks(started));
    data.u8(sampler.effective_bits(started));
  }
  return Status::kOk;
}

Status Link::run_line(Reader& in, Writer& data) {
  const uint32_t baud = in.u32();
  if (!in.ok()) return Status::kBadRequest;
  uint8_t rate = 0;
  while (rate < hal::kLineRates && pgm_read_dword(&kBauds[rate]) != baud) rate++;
  if (rate == hal::kLineRates || hal::kMaxBaud == 0) return Status::kOutOfRange;
  other_rate_ = rate;
  line_state_ = kLeaving;
  data.u32(baud);
  data.u32(hal::now_us());
  return Status::kOk;
}

Status Link::run_renew(Reader& in, Writer& data) {
  const uint16_t ttl_ms = in.u16();
  if (!in.ok()) return Status::kBadRequest;
  while (in.left() != 0) {
    const uint8_t channel = in.u8();
    const bool own = declared() != 0 && channel >= hal::kPins;
    if (channel >= hal::kPins && !own) return Status::kUnknownChannel;
    const Status status = own ? declared()->renew(channel, ttl_ms) : pins.renew(channel, ttl_ms);
    if (status != Status::kOk) return status;
  }
  data.u32(hal::now_us());
  return Status::kOk;
}

Status Link::run_identity(Reader& in, Writer& data) {
  uint8_t identity[8];
  for (uint8_t i = 0; i < sizeof(identity); i++) identity[i] = in.u8();
  if (!in.ok()) return Status::kBadRequest;
  safety.set_identity(identity);
  data.u32(hal::now_us());
  return Status::kOk;
}

Status Link::run_identify(Reader& in, Writer& data) {
  const uint16_t ms = in.u16();
  if (!in.ok()) return Status::kBadRequest;
  const uint8_t pin = hal::kLedPin;
  const bool free = pin < hal::kPins && (hal::pin_abilities(pin) & (kCanOutput | kLocked)) == kCanOutput &&
                    !pins.claimed(pin) && (declared() == 0 || declared()->on_pin(pin) == 0);
  if (!free && ms != 0) return refused(data, kLedUsed);
  if (free) identify(ms);
  data.u32(hal::now_us());
  return Status::kOk;
}

Status Link::run_read(Reader& in, Writer& data) {
  const uint8_t channel = in.u8();
  if (!in.ok()) return Status::kBadRequest;
  if (declared() != 0 && channel >= hal::kPins) return declared()->read(channel, data);
  const Status status = look_up(channel, data);
  if (status != Status::kOk) return status;
  if (pins.mode(channel) == Mode::kAnalog) {
    data.u32(sampler.convert(channel - hal::kFirstAnalogPin));
    data.u32(hal::now_us());
    return Status::kOk;
  }
  const bool number = pins.has_number(channel);
  if (!number && !pins.has_events(channel)) return Status::kWrongMode;
  data.u32(number ? pins.number(channel) : pins.value(channel));
  data.u32(hal::now_us());
  return Status::kOk;
}

}  // namespace ardugate
