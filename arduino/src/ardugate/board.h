// The board as a whole: what happens at each tick, and what the sketch's own context does.
#pragma once

#include <stdint.h>

#include "words.h"

namespace ardugate {

// Configures the outputs first, then all else. `name` must stay where it is.
void begin(Words name);

// About a thousand times a second, from an interrupt that other interrupts may come into.
void tick();

// Between two of them, when a frame has come or has gone: only what the line needs.
void attend();

// From an interrupt, in the middle of anything: the sketch did not come to background() for hal::kHangMs.
void sketch_hangs();

// From the sketch's context: what must not come between two of the sketch's own instructions.
void background();

}  // namespace ardugate
