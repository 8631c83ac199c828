// The one timer that servo pulses, tones and some pins' PWM share has a holder. What would disturb it is refused.
#pragma once

#include "flash.h"
#include "wire.h"

namespace ardugate {

enum class TimerUse : uint8_t { kNone, kPwm, kServo, kTone, kSketch };

// Through pointers, as all that a sketch may do without.
struct TimerHolder {
  bool (*free)(TimerUse use, bool mine);
  Status (*claim)(TimerUse use, uint8_t pin);
  void (*release)(TimerUse use, uint8_t pin);
};

// 0: nothing of the sketch shares the timer with PWM, so nothing of this is there.
const TimerHolder* timer_holder();
// Before begin(), of whatever is no PWM: from now on there is a holder.
void use_shared_timer();

// Whether `use` may begin. `mine`: one of the present users is who asks, and would give it up. Pins of PWM share the
// timer, and so do servos; a tone does not share it.
inline bool timer_free(TimerUse use, bool mine) {
  return timer_holder() == 0 || in_flash(timer_holder()->free)(use, mine);
}

// Takes the timer, for one pin more. kTimerInUse: nothing was changed. PWM on a pin of another timer takes nothing.
inline Status claim_timer(TimerUse use, uint8_t pin) {
  return timer_holder() == 0 ? Status::kOk : in_flash(timer_holder()->claim)(use, pin);
}

// What was claimed, once.
inline void release_timer(TimerUse use, uint8_t pin) {
  if (timer_holder() != 0) in_flash(timer_holder()->release)(use, pin);
}

// Who holds it, for a reply: "servo", "tone D8", "pwm D3", "sketch".
void put_timer_holder(Writer& data);

}  // namespace ardugate
