// Servos: a pulse of 544 to 2,400 us each 20 ms, for 0 to 180 degrees, on any output pins, eight at most.
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

const uint16_t kServoTop = 1800;  // tenths of a degree

// Takes the pin, which is an output at LOW, and the shared timer. No pulse before the first servo_write(). kTimerInUse,
// or kTooMany when there are eight.
Status servo_attach(uint8_t pin);

// `tenths` of a degree, up to kServoTop. From the next pulse on. Does nothing for a pin that is not attached.
void servo_write(uint8_t pin, uint16_t tenths);

// Ends its pulses, the one that is out too: the pin is LOW.
void servo_detach(uint8_t pin);

}  // namespace ardugate
