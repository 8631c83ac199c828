#include "timers.h"

#include "flash.h"
#include "hal.h"
#include "words.h"

namespace ardugate {

namespace {

// An explicit 0, without which the compiler does not see it in all places.
const TimerHolder* all = 0;

TimerUse holder;
uint8_t users;
uint8_t user;  // the pin that claimed it last

// What of the timer is used by others than this library is only seen from outside.
TimerUse holder_now() { return users == 0 && hal::shared_timer_taken() ? TimerUse::kSketch : holder; }

bool concerns(TimerUse use, uint8_t pin) { return use != TimerUse::kPwm || hal::pwm_is_shared(pin); }

bool is_free(TimerUse use, bool mine) {
  const TimerUse now = holder_now();
  if (now == TimerUse::kNone) return true;
  if (now == TimerUse::kSketch) return false;
  return (now == use && use != TimerUse::kTone) || (mine && users == 1);
}

Status claim(TimerUse use, uint8_t pin) {
  if (!concerns(use, pin)) return Status::kOk;
  if (!is_free(use, false)) return Status::kTimerInUse;
  holder = use;
  user = pin;
  users++;
  return Status::kOk;
}

void release(TimerUse use, uint8_t pin) {
  if (!concerns(use, pin) || holder != use || users == 0) return;
  if (--users == 0) {
    holder = TimerUse::kNone;
    return;
  }
  if (use != TimerUse::kPwm || user != pin) return;
  // The other pin of the timer holds it now.
  uint8_t other = 0;
  while (other == pin || !hal::pwm_is_shared(other)) other++;
  user = other;
}

const TimerHolder kAll PROGMEM = {is_free, claim, release};

}  // namespace

const TimerHolder* timer_holder() { return all; }

void use_shared_timer() { all = &kAll; }

void put_timer_holder(Writer& data) {
  static const char kNames[] PROGMEM = "\0pwm\0servo\0tone\0sketch";
  const TimerUse now = holder_now();
  const char* name = kNames;
  for (uint8_t left = static_cast<uint8_t>(now); left != 0; name++) {
    if (pgm_read_byte(name) == 0) left--;
  }
  while (const char letter = pgm_read_byte(name++)) data.u8(letter);
  if (now != TimerUse::kPwm && now != TimerUse::kTone) return;
  data.u8(' ');
  char pin[4];
  const uint8_t size = pin_name(user, pin);
  for (uint8_t i = 0; i < size; i++) data.u8(pin[i]);
}

}  // namespace ardugate
