#include "safety.h"

#include "declared.h"
#include "name.h"
#include "pins.h"
#include "sampler.h"

namespace ardugate {

Safety safety;

void Safety::begin() {
  stopped_ = latched_ = hal::memory_read(kLatch) == kStoppedByte;
  writing_ = kNothingToWrite;
  name.begin();
  watchdog_ = false;
  // An identity that lost power while it was written is none.
  if (hal::memory_read(kMark) != kWritten) return;
  for (uint8_t i = 0; i < kIdentityBytes; i++) identity_[i] = hal::memory_read(kIdentity + i);
}

ARDUGATE_SMALL uint8_t Safety::flags() const {
  return (stopped_ ? kFlagStopped : 0) | (watchdog_ ? kFlagWatchdog : 0) | (hung_ ? kFlagHung : 0);
}

void Safety::boot() {
  silent_ = false;
  watchdog_ = false;
  silent_ms_ = 0;
}

void Safety::make_all_safe() {
  pins.make_all_safe();
  if (declared() != 0) declared()->make_safe(true);
}

void Safety::stop() {
  stopped_ = true;
  make_all_safe();
}

void Safety::sketch_hangs() {
  hung_ = true;
  hung_now_ = true;
  pins.force_safe();
  if (declared() != 0) declared()->make_safe(true);
}

void Safety::sketch_alive() {
  hal::sketch_alive();
  hung_ = false;
}

void Safety::heartbeat() {
  silent_ms_ = 0;
  if (!silent_) return;
  silent_ = false;
  sampler.pause(false);
}

void Safety::tick(uint16_t ms, bool boot) {
  pins.age(ms);
  if (hung_now_) {
    hung_now_ = false;
    make_all_safe();
    hal::watch_again();  // the board is well, only the sketch is not
  }
  if (!boot || silent_) return;
  silent_ms_ += ms;
  if (silent_ms_ < kWatchdogMs) return;
  silent_ = true;
  watchdog_ = true;
  sampler.pause(true);
  pins.make_all_safe();  // a plain pin's hold is `client` or `link`
  if (declared() != 0) declared()->make_safe(false);
}

void Safety::set_identity(const uint8_t* identity) {
  for (uint8_t i = 0; i < kIdentityBytes; i++) identity_[i] = identity[i];
  writing_ = 0;
}

bool Safety::next_write(uint8_t* at, uint8_t* value) {
  if (latched_ != stopped_) {
    latched_ = stopped_;
    *at = kLatch;
    *value = latched_ ? kStoppedByte : kErased;
    return true;
  }
  if (writing_ > kIdentityBytes + 1) return name.next_write(at, value);
  // The mark goes first and comes back last, so that it only ever stands beside a whole identity.
  const bool marks = writing_ == 0 || writing_ > kIdentityBytes;
  *at = marks ? kMark : kIdentity + writing_ - 1;
  *value = writing_ == 0 ? kErased : marks ? kWritten : identity_[writing_ - 1];
  writing_++;
  return true;
}

void Safety::remember() {
  const hal::Atomic atomic;
  uint8_t at;
  uint8_t value;
  if (!hal::memory_busy() && next_write(&at, &value)) hal::memory_write(at, value);
}

void Safety::remember_between() {
  uint8_t at;
  uint8_t value;
  if (next_write(&at, &value)) hal::memory_write_between(at, value);
}

}  // namespace ardugate
