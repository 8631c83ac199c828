// The board shows itself: its LED blinks four times a second (wire.md 3.4).
#pragma once

#include <stdint.h>

namespace ardugate {

// For so long; 0 ends it. The LED's pin is nobody's.
void identify(uint16_t ms);
bool identifies();

// Ends it, the pin as it was before.
void identify_end();

// Lets `ms` pass.
void identify_tick(uint16_t ms);

}  // namespace ardugate
