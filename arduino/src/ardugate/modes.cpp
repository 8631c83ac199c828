#include "modes.h"

namespace ardugate {

namespace {

// An explicit value, without which the compiler does not see in all places that nobody sets another.
bool named = false;

}  // namespace

bool modes_named() { return named; }

void use_modes() { named = true; }

ARDUGATE_SMALL const OwnMode* own_mode(Mode mode) {
  if (mode < Mode::kServo) return 0;
  if (mode == Mode::kServo) return servo_mode();
  return mode == Mode::kTone ? tone_mode() : counting_modes();
}

}  // namespace ardugate
