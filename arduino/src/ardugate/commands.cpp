// The operations of COMMAND (wire.md 3.4). Each reads all its arguments before it does anything.
#include "flash.h"
#include "link.h"
#include "pins.h"
#include "safety.h"
#include "sampler.h"

namespace ardugate {

namespace {

const char kHostsPin[] PROGMEM = "host's pin";

bool is_locked(uint8_t pin) { return hal::pin_abilities(pin) & kLocked; }

Status refused(Writer& data, const char* why) {
  for (uint8_t i = 0; i < kMaxReplyData && pgm_read_byte(why + i) != 0; i++) data.u8(pgm_read_byte(why + i));
  return Status::kRefused;
}

}  // namespace

Status Link::run(Op op, Reader& in, Writer& data, uint32_t now_us) {
  switch (op) {
    case Op::kSet:
      return run_set(in, data, now_us);
    case Op::kMode:
      return run_mode(in, data, now_us);
    case Op::kStream:
      return run_stream(in, data, now_us);
    case Op::kRenew:
      return run_renew(in, data, now_us);
    case Op::kClearStop:
      safety.clear_stop();
      data.u32(now_us);
      return Status::kOk;
    case Op::kIdentity:
      return run_identity(in, data, now_us);
    case Op::kRead:
      return run_read(in, data, now_us);
  }
  return Status::kUnknownCommand;
}

Status Link::run_set(Reader& in, Writer& data, uint32_t now_us) {
  const uint8_t channel = in.u8();
  const uint16_t ttl_ms = in.u16();
  const uint32_t raw = in.u32();
  if (!in.ok()) return Status::kBadRequest;
  if (channel >= hal::kPins) return Status::kUnknownChannel;
  if (is_locked(channel)) return refused(data, kHostsPin);
  if (safety.stopped()) return Status::kStopped;
  Hold hold;
  uint16_t until_ms;
  const Status status = pins.set(channel, raw, ttl_ms, now_us, &hold, &until_ms);
  if (status != Status::kOk) return status;
  data.u32(raw);
  data.u32(now_us);
  data.u8(static_cast<uint8_t>(hold));
  data.u16(until_ms);
  return Status::kOk;
}

Status Link::run_mode(Reader& in, Writer& data, uint32_t now_us) {
  const uint8_t channel = in.u8();
  const uint8_t mode = in.u8();
  const uint32_t option = in.u32();
  if (!in.ok() || option != 0) return Status::kBadRequest;
  if (channel >= hal::kPins) return Status::kUnknownChannel;
  const char* why;
  const Status status = pins.claim(channel, static_cast<Mode>(mode), now_us, &why);
  if (status != Status::kOk) return refused(data, why);
  data.u8(mode);
  data.u32(now_us);
  return Status::kOk;
}

Status Link::run_stream(Reader& in, Writer& data, uint32_t now_us) {
  const uint8_t stream = in.u8();
  const uint8_t replaces = in.u8();
  uint32_t period_ticks = in.u32();
  if (!in.ok()) return Status::kBadRequest;
  Format format = Format::kNone;
  if (in.left() == 0) {
    sampler.end(replaces);
    period_ticks = 0;
  } else {
    if (stream == 0 || period_ticks == 0 || (stream != replaces && sampler.runs(stream))) return Status::kBadRequest;
    uint8_t channels[kMaxLineToBoard];
    uint8_t count = 0;
    while (in.left() != 0) {
      const uint8_t channel = in.u8();
      if (count != 0 && channel <= channels[count - 1]) return Status::kBadRequest;
      if (channel >= hal::kPins) return Status::kUnknownChannel;
      if (is_locked(channel)) return refused(data, kHostsPin);
      const bool analog = pins.mode(channel) == Mode::kAnalog;
      if (!analog && !pins.is_digital(channel)) return Status::kWrongMode;
      const Format needed = analog ? Format::kU10 : Format::kBits;
      if (count != 0 && needed != format) return Status::kWrongMode;
      format = needed;
      channels[count++] = channel;
    }
    const Status status = sampler.start(stream, replaces, &period_ticks, channels, count, &format);
    if (status == Status::kRateTooHigh) data.u32(period_ticks);
    if (status != Status::kOk) return status;
  }
  data.u8(static_cast<uint8_t>(format));
  data.u32(period_ticks);
  data.u32(now_us);
  return Status::kOk;
}

Status Link::run_renew(Reader& in, Writer& data, uint32_t now_us) {
  const uint16_t ttl_ms = in.u16();
  if (!in.ok()) return Status::kBadRequest;
  // All of them or none: looked at first, done after.
  Reader again = in;
  while (in.left() != 0) {
    const uint8_t channel = in.u8();
    if (channel >= hal::kPins) return Status::kUnknownChannel;
    const Status status = pins.may_renew(channel, ttl_ms);
    if (status != Status::kOk) return status;
  }
  while (again.left() != 0) pins.renew(again.u8(), ttl_ms);
  data.u32(now_us);
  return Status::kOk;
}

Status Link::run_identity(Reader& in, Writer& data, uint32_t now_us) {
  uint8_t identity[8];
  for (uint8_t i = 0; i < sizeof(identity); i++) identity[i] = in.u8();
  if (!in.ok()) return Status::kBadRequest;
  safety.set_identity(identity);
  data.u32(now_us);
  return Status::kOk;
}

Status Link::run_read(Reader& in, Writer& data, uint32_t now_us) {
  const uint8_t channel = in.u8();
  if (!in.ok()) return Status::kBadRequest;
  if (channel >= hal::kPins) return Status::kUnknownChannel;
  if (is_locked(channel)) return refused(data, kHostsPin);
  if (pins.mode(channel) == Mode::kAnalog) {
    data.u32(sampler.convert(channel - hal::kFirstAnalogPin));
    data.u32(hal::now_us());
    return Status::kOk;
  }
  if (!pins.has_events(channel)) return Status::kWrongMode;
  data.u32(pins.value(channel));
  data.u32(now_us);
  return Status::kOk;
}

}  // namespace ardugate
