// The board shows itself: its LED blinks four times a second (wire.md 3.4).
#pragma once

#include "wire.h"

namespace ardugate {

// For so long; 0 ends it. kRefused: there is no LED, or its pin is used.
Status identify(uint16_t ms);

// Ends it, the pin as it was before.
void identify_end();

// Lets `ms` pass.
void identify_tick(uint16_t ms);

}  // namespace ardugate
