#include "name.h"

#include "hal.h"

namespace ardugate {

Name name;

namespace {

// The mark after this one.
uint8_t after(uint8_t mark) { return mark >= 3 ? 1 : mark + 1; }

}  // namespace

uint8_t Name::mark_of(uint8_t slot) {
  const uint8_t mark = hal::memory_read(place(slot));
  return mark <= 3 ? mark : 0;
}

void Name::begin() {
  step_ = kDone;
  const uint8_t first = mark_of(0);
  const uint8_t second = mark_of(1);
  shown_ = first == 0 && second == 0 ? kNoSlot : second == 0 || (first != 0 && first == after(second)) ? 0 : 1;
}

bool Name::boot() {
  if (!given_) return false;
  given_ = false;
  shown_ = slot_;
  return true;
}

ARDUGATE_SMALL uint8_t Name::byte(uint8_t index) const {
  return busy() ? text_[index] : hal::memory_read(place(shown_) + 1 + index);
}

uint8_t Name::size() const {
  const uint8_t size = shown_ == kNoSlot ? 0 : byte(0);
  return size <= kMaxName ? size : 0;
}

Status Name::set(Reader& in) {
  if (in.left() > kMaxName) return Status::kOutOfRange;
  text_[0] = in.left();
  for (uint8_t i = 1; in.left() != 0; i++) text_[i] = in.u8();
  slot_ = shown_ == 0 ? 1 : 0;
  mark_ = after(mark_of(1 - slot_));
  step_ = 0;
  given_ = true;
  return Status::kOk;
}

bool Name::next_write(uint8_t* at, uint8_t* value) {
  if (step_ == kDone) return false;
  // The mark goes first and comes back last, so that it only ever stands beside a whole name.
  const uint8_t last = text_[0] + 2;
  *at = place(slot_) + (step_ < last ? step_ : 0);
  *value = step_ == 0 ? kErased : step_ < last ? text_[step_ - 1] : mark_;
  step_ = step_ < last ? step_ + 1 : kDone;
  return true;
}

}  // namespace ardugate
