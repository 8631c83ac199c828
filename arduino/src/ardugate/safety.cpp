#include "safety.h"

#include "pins.h"
#include "sampler.h"

namespace ardugate {

Safety safety;

uint8_t Safety::mark() const {
  // Differs from an erased 0xFF for every identity that is not all ones, and changes with each byte.
  uint8_t sum = 0xA5;
  for (uint8_t i = 0; i < kIdentityBytes; i++) sum = static_cast<uint8_t>(sum * 31) ^ identity_[i];
  return sum;
}

void Safety::begin() {
  stopped_ = latched_ = hal::memory_read(kLatch) == kStoppedByte;
  writing_ = kNothingToWrite;
  watchdog_ = false;
  bool blank = true;
  for (uint8_t i = 0; i < kIdentityBytes; i++) {
    identity_[i] = hal::memory_read(kIdentity + i);
    if (identity_[i] != 0xFF) blank = false;
  }
  // An identity that lost power while it was written is none.
  if (blank || hal::memory_read(kMark) != mark()) {
    for (uint8_t i = 0; i < kIdentityBytes; i++) identity_[i] = 0;
  }
}

void Safety::boot() {
  watchdog_ = false;
  silent_ms_ = 0;
}

void Safety::stop(uint32_t now_us) {
  stopped_ = true;
  pins.make_all_safe(now_us);
}

void Safety::heartbeat() {
  silent_ms_ = 0;
  if (!watchdog_) return;
  watchdog_ = false;
  sampler.pause(false);
}

void Safety::tick(uint16_t ms, bool boot, uint32_t now_us) {
  pins.age(ms, now_us);
  if (!boot || watchdog_) return;
  silent_ms_ += ms;
  if (silent_ms_ < kWatchdogMs) return;
  watchdog_ = true;
  sampler.pause(true);
  pins.make_all_safe(now_us);  // a plain pin's hold is `client` or `link`
}

void Safety::set_identity(const uint8_t* identity) {
  for (uint8_t i = 0; i < kIdentityBytes; i++) identity_[i] = identity[i];
  writing_ = kIdentity;
}

void Safety::remember() {
  const hal::Atomic atomic;
  if (hal::memory_busy()) return;
  if (latched_ != stopped_) {
    latched_ = stopped_;
    hal::memory_write(kLatch, latched_ ? kStoppedByte : kRunningByte);
  } else if (writing_ <= kMark) {
    // The mark goes last, so that it only fits a whole identity.
    hal::memory_write(writing_, writing_ == kMark ? mark() : identity_[writing_ - kIdentity]);
    writing_++;
  }
}

}  // namespace ardugate
