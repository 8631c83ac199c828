// What went wrong since the reset (COUNTERS, wire.md 3.7), in the wire's order.
#pragma once

#include <stdint.h>

#include "hal.h"

namespace ardugate {

enum Counter : uint8_t {
  kBadFrames,
  kRxOverruns,
  kTxDropped,
  kSampleOverruns,
  kEdgesLost,
  kStarvedLoops,
  kCounters,
};

extern uint32_t counters[kCounters];

// From any context.
void count(Counter counter, uint32_t number = 1);

}  // namespace ardugate
