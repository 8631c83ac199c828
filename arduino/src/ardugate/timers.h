// The one timer that servo pulses, tones and some pins' PWM share has a holder. What would disturb it is refused.
#pragma once

#include "wire.h"

namespace ardugate {

enum class TimerUse : uint8_t { kNone, kPwm, kServo, kTone, kSketch };

// Whether `use` may begin. `mine`: one of the present users is who asks, and would give it up. Pins of PWM share the
// timer, and so do servos; a tone does not share it.
bool timer_free(TimerUse use, bool mine);

// Takes the timer, for one pin more. kTimerInUse: nothing was changed. PWM on a pin of another timer takes nothing.
Status claim_timer(TimerUse use, uint8_t pin);
// What was claimed, once.
void release_timer(TimerUse use, uint8_t pin);

// Who holds it, for a reply: "servo", "tone D8", "pwm D3", "sketch".
void timer_holder(Writer& data);

}  // namespace ardugate
