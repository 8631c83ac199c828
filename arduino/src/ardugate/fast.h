// The converter at its own speed: one stream of 10-bit values that runs alone. Conversions are evenly spaced, timer 1 starts
// each (or each starts the next, without a pause); an interrupt of about a hundred cycles packs the value, and takes the
// line's bytes along, so that sending needs no interrupt of its own.
//
// fast.cpp knows frames, numbers and times; hal_avr_fast.cpp has the registers. Where no sketch asks for it
// (Board::fast()), nobody names the table, and all that it names is left out.
#pragma once

#include "hal.h"

#if defined(ARDUGATE_UART)

#include "sampler.h"

namespace ardugate {

struct FastEngine {
  // Of a stream that would run alone: the shortest step from value to value at a rate of the line.
  uint16_t (*step)(uint8_t channels, uint8_t rate);
  // Streams. start() rounds the step; the first trigger comes when the frames of what was before have gone.
  uint16_t (*start)(Sampler::Stream& stream, uint16_t step_ticks);
  void (*stop)();
  void (*tick)();  // begins when that is possible
  void (*collect)();  // while it runs and a half is full
  // With nothing else to do: makes of the next frame what is there of it.
  void (*ahead)();
  uint16_t (*convert)(uint8_t input);
  uint8_t (*bits)(uint16_t step_ticks);
  // Frames, as the sampler's.
  const uint8_t* (*next_frame)(uint8_t* size);
  bool (*release)();  // false: it was not one of these
  void (*clear)();
  uint8_t (*waiting)();  // frames that have not gone
};
extern const FastEngine* fast_engine;  // in flash; 0: there is none
void use_fast();

// Steps of a slower stream: 5,000 values a second are better served the ordinary way.
const uint16_t kSlowestStep = 3200;

// Two of them are filled in turn. The first one lies where the ordinary frames are, which wait so long.
const uint8_t kHalfBytes = 224;
const uint8_t kHalfPackedAt = Sampler::kPackedAt;
static_assert(sizeof(sampler.frames) >= kHalfBytes, "a half fits where the ordinary frames are");

namespace hal {

const uint16_t kFreeRunTicks = 208;    // 13 ADC clocks of 16 ticks: one conversion right after the other
const uint16_t kTriggeredTicks = 224;  // 13.5 of them and 3 ticks of synchronisation, and some to spare
const uint16_t kManyTicks = 320;       // the same when each takes another input, which an interrupt has to choose

uint8_t fast_bits(uint16_t step_ticks);  // how many of a value's bits carry information

uint8_t* fast_half(uint8_t half);

// Fills the halves in turn, from `half` on, with `groups` of four values in five bytes from kHalfPackedAt on. `inputs`: a bit
// for each, taken in ascending order. `other_waits`: the other half has not been given to the line yet. Returns the board time of the first trigger.
uint32_t fast_start(uint8_t inputs, uint16_t step_ticks, uint8_t groups, uint8_t half, bool other_waits);
// After it nothing is written any more.
void fast_stop();
bool fast_runs();

bool fast_full();        // the half that is not being filled is full and waits to be looked at
uint8_t fast_filling();  // the other half
void fast_taken();       // what is full has been seen
void fast_free(uint8_t half);  // it may be filled again; the interrupt does that itself when it has sent one
void fast_gives(uint8_t half); // the frame that line_send() gets next is this one
uint8_t fast_groups_left();    // that the filling half has room for

// What was converted up to one moment.
struct FastCount {
  uint32_t passed;  // ticks since the first trigger's conversion was complete, or what fast_passed() was told; exact to 64
  uint8_t values;   // since the half that fills was begun
  uint8_t drops;    // frames given up since it was last asked for; 0x80 and more: an interrupt came too late for a value
};
FastCount fast_count();
void fast_passed(uint32_t ticks);  // so many have been accounted for

}  // namespace hal
}  // namespace ardugate

#endif
