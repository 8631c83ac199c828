// Modes count, frequency and quadrature (wire.md 4.2) on pins whose edges an interrupt counts.
#include "counters.h"
#include "declared.h"
#include "hal.h"
#include "modes.h"
#include "pins.h"

namespace ardugate {

namespace {

const OwnMode* named = 0;

// A frequency is the mean over the edges of a tenth of a second, or over one period where that is longer. Ticks of the
// edges' times are 4 us.
const uint32_t kWindow = 25000;
const uint32_t kTicksPerS = 250000;
const uint16_t kSilentTicks = 2500;       // of the board, 1.024 ms each: without an edge for so long it is 0
const uint32_t kNoValue = 0x7FC00000;     // the bits of a NaN
const uint32_t kTimes = 0xFFFFFF;         // edges' times have 24 bits
const uint16_t kNotBegun = 0xFFFF;

struct Meter {
  Mode mode;       // kOff: it is idle
  uint32_t value;  // counts, or the bits of an f32
  // Of a frequency.
  uint32_t since;   // the time of the edge at which the window began
  uint16_t edges;   // since then; kNotBegun: there was none
  uint16_t silent;  // ticks without an edge
};

Meter meters[hal::kEdgeInputs];

// The bits of the f32 nearest to numerator / denominator, or the one below. Both are above 0 and below 2^31. The library's
// division would take a kilobyte.
uint32_t quotient(uint32_t numerator, uint32_t denominator) {
  uint8_t exponent = 127;
  for (; numerator < denominator; exponent--) numerator <<= 1;
  for (; numerator / 2 >= denominator; exponent++) denominator <<= 1;
  uint32_t mantissa = 0;
  for (uint8_t bit = 0; bit < 24; bit++) {
    mantissa <<= 1;
    if (numerator >= denominator) {
      numerator -= denominator;
      mantissa |= 1;
    }
    numerator <<= 1;
  }
  return static_cast<uint32_t>(exponent) << 23 | (mantissa & 0x7FFFFF);
}

// What a frequency is after `count` more edges, the last of them at `at`.
uint32_t measured(Meter& meter, uint8_t count, uint32_t at) {
  if (count == 0) {
    if (meter.silent < kSilentTicks) meter.silent++;
    if (meter.silent < kSilentTicks) return meter.value;
    meter.edges = kNotBegun;
    return 0;
  }
  meter.silent = 0;
  const uint32_t window = (at - meter.since) & kTimes;
  if (meter.edges == kNotBegun) {
    meter.edges = 0;
  } else {
    meter.edges += count;
    if (window < kWindow) return meter.value;
    const uint32_t found = quotient(meter.edges * kTicksPerS, window);
    meter.edges = 0;
    meter.since = at;
    return found;
  }
  meter.since = at;
  return meter.value;
}

uint16_t abilities(uint8_t pin) {
  return hal::edge_input(pin) < hal::kEdgeInputs ? kCanCount | kCanFrequency | kCanQuadrature : 0;
}

Meter* meter_of(uint8_t pin) { return &meters[hal::edge_input(pin)]; }

// An encoder has both inputs.
bool has_encoder() {
  for (uint8_t i = 0; i < hal::kEdgeInputs; i++) {
    if (meters[i].mode == Mode::kQuadrature) return true;
  }
  return false;
}

Status check(uint8_t pin, Mode mode, uint8_t option) {
  if (has_encoder() && meter_of(pin)->mode != Mode::kQuadrature) return Status::kTooMany;
  if (mode != Mode::kQuadrature) return option <= (mode == Mode::kCount ? 2 : 0) ? Status::kOk : Status::kBadRequest;
  const bool able = option < hal::kPins && option != pin && abilities(option) != 0;
  if (!able || pins.is_output(option) || meter_of(option)->mode != Mode::kOff) return Status::kUnknownChannel;
  return declared() != 0 && declared()->on_pin(option) != 0 ? Status::kUnknownChannel : Status::kOk;
}

void begin(uint8_t pin, Mode mode, uint8_t option) {
  Meter& meter = *meter_of(pin);
  meter.value = 0;
  meter.edges = kNotBegun;
  meter.silent = 0;
  meter.mode = mode;
  static const uint8_t kByOption[] PROGMEM = {hal::kRisingEdges, hal::kFallingEdges, hal::kBothEdges};
  const uint8_t kind = mode == Mode::kQuadrature ? static_cast<uint8_t>(hal::kSteps) : pgm_read_byte(&kByOption[option]);
  hal::edges_begin(hal::edge_input(pin), static_cast<hal::EdgeKind>(kind));
}

void end(uint8_t pin) {
  meter_of(pin)->mode = Mode::kOff;
  hal::edges_end(hal::edge_input(pin));
}

uint32_t value(uint8_t pin) {
  const hal::Atomic atomic;
  const uint8_t input = hal::edge_input(pin);
  const Meter& meter = meters[input];
  if (meter.mode == Mode::kFrequency) return meter.value;
  return meter.value + (meter.mode == Mode::kCount ? hal::edges_waiting(input) : hal::steps_waiting());
}

void tick() {
  const bool encoder = has_encoder();
  for (uint8_t input = 0; input < hal::kEdgeInputs; input++) {
    Meter& meter = meters[input];
    if (meter.mode == Mode::kOff && !encoder) continue;  // an encoder has both
    uint32_t at;
    uint8_t edges;
    bool too_fast;
    {
      const hal::Atomic atomic;
      too_fast = hal::edges_resume(input);
      edges = hal::edges_take(input, at);
      if (meter.mode == Mode::kCount) meter.value += edges;
      if (meter.mode == Mode::kQuadrature) meter.value += hal::steps_take();
    }
    if (too_fast) count(kEdgesLost);
    if (meter.mode != Mode::kFrequency) continue;
    if (too_fast) meter.edges = kNotBegun;
    const uint32_t found = too_fast ? kNoValue : measured(meter, edges, at);
    const hal::Atomic atomic;
    meter.value = found;
  }
}

const OwnMode kCounting PROGMEM = {abilities, check, begin, end, 0, value, tick};

}  // namespace

const OwnMode* counting_modes() { return named; }

void use_counting_modes() {
  named = &kCounting;
  use_modes();
}

}  // namespace ardugate
