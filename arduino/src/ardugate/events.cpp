#include "events.h"

#include "counters.h"
#include "pins.h"

namespace ardugate {

Events events;

void Events::begin() {
  size_ = 0;
  open_ = true;
  for (uint8_t i = 0; i < hal::kPins; i++) next_seq_[i] = 0;
}

ARDUGATE_SMALL bool Events::concerns(uint8_t where, uint8_t changed, uint8_t pin) {
  if (where & kNumber) return where == (kNumber | pin);
  return where == hal::pin_port(pin) && (changed & hal::pin_mask(pin));
}

ARDUGATE_SMALL void Events::lose(uint8_t pin) {
  next_seq_[pin]++;
  count(kEdgesLost);
}

void Events::append(uint8_t where, uint8_t changed, uint8_t levels) {
  if (!open_) return;
  if (full()) {
    // What does not fit uses up its numbers at once, so its gap shows before the few that wait.
    for (uint8_t pin = 0; pin < hal::kPins; pin++) {
      if (concerns(where, changed, pin)) lose(pin);
    }
    return;
  }
  Event& event = events_[size_++];
  event.where = where;
  event.changed = changed;
  event.levels = levels;
  event.t_us = hal::now_us();
}

void Events::push_port(uint8_t port, uint8_t changed, uint8_t levels) { append(port, changed, levels); }

void Events::push(uint8_t pin, uint16_t value) {
  if (pins.is_digital(pin)) {
    append(hal::pin_port(pin), hal::pin_mask(pin), value != 0 ? 0xFF : 0);
  } else {
    append(kNumber | pin, value >> 8, value & 0xFF);
  }
}

uint8_t Events::pin_of(const Event& event) const {
  uint8_t pin = 0;
  while (!concerns(event.where, event.changed, pin)) pin++;
  return pin;
}

void Events::drop(uint8_t index) {
  size_--;
  for (Event* event = &events_[index]; event != &events_[size_]; event++) *event = event[1];
}

void Events::forget(uint8_t pin) {
  for (uint8_t i = 0; i < size_;) {
    if (events_[i].where != (kNumber | pin)) {
      i++;
      continue;
    }
    lose(pin);
    drop(i);
  }
}

uint8_t Events::take(uint8_t* body, uint8_t room) {
  const uint8_t pin = pin_of(events_[0]);
  const bool number = events_[0].where & kNumber;
  if (number == pins.is_digital(pin)) {
    // Of a mode that the pin had: it would be taken for a value of the present one.
    lose(pin);
    drop(0);
    return 0;
  }
  const uint8_t* end = body + room - (number ? 8 : 5);
  Writer out(body);
  out.u8(static_cast<uint8_t>(Code::kIrregular));
  out.u8(pin);
  out.u8(static_cast<uint8_t>(pins.mode(pin)));
  out.u32(next_seq_[pin]);
  for (uint8_t i = 0; i < size_ && out.at() <= end;) {
    Event& event = events_[i];
    if (!concerns(event.where, event.changed, pin)) {
      i++;
      continue;
    }
    next_seq_[pin]++;
    out.u32(event.t_us);
    if (number) {
      out.u16(event.levels | static_cast<uint16_t>(event.changed) << 8);
      out.u16(0);
    } else {
      const uint8_t mask = hal::pin_mask(pin);
      out.u8((event.levels & mask) != 0);
      event.changed &= ~mask;
    }
    if (number || event.changed == 0) {
      drop(i);
    } else {
      i++;
    }
  }
  return out.at() - body;
}

}  // namespace ardugate
