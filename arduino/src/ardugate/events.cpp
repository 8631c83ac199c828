#include "events.h"

namespace ardugate {

Events events;

void Events::begin() {
  count_ = 0;
  open_ = true;
  for (uint8_t i = 0; i < hal::kPins; i++) next_seq_[i] = 0;
}

void Events::push(uint8_t channel, Mode mode, uint8_t value, uint32_t t_us) {
  if (!open_) return;
  const uint32_t seq = next_seq_[channel]++;
  if (full()) {
    lost_++;
    return;
  }
  Event& event = events_[count_++];
  event.channel = channel;
  event.mode = static_cast<uint8_t>(mode);
  event.value = value;
  event.seq = seq;
  event.t_us = t_us;
}

uint8_t Events::take(uint8_t* body, uint8_t room) {
  const uint8_t channel = events_[0].channel;
  const uint8_t mode = events_[0].mode;
  const uint32_t next = next_seq_[channel];
  const uint32_t first = next - static_cast<uint16_t>(static_cast<uint16_t>(next) - events_[0].seq);
  // PWM is a float channel whose raw values are i32; all other modes with events are bool.
  const bool wide = mode == static_cast<uint8_t>(Mode::kPwm);
  const uint8_t record_size = wide ? 8 : 5;

  Writer out(body);
  out.u8(static_cast<uint8_t>(Code::kIrregular));
  out.u8(channel);
  out.u8(mode);
  out.u32(first);
  uint8_t left = room - 7;
  uint16_t expected = events_[0].seq;
  bool open = true;
  uint8_t kept = 0;
  for (uint8_t i = 0; i < count_; i++) {
    const Event& event = events_[i];
    // A record must follow the one before it in number and mode; the first that does not ends the frame.
    if (open && event.channel == channel) {
      open = event.mode == mode && event.seq == expected && left >= record_size;
      if (open) {
        out.u32(event.t_us);
        if (wide) {
          out.u32(event.value);
        } else {
          out.u8(event.value);
        }
        left -= record_size;
        expected++;
        continue;
      }
    }
    events_[kept++] = event;
  }
  count_ = kept;
  return out.at() - body;
}

}  // namespace ardugate
