// The stream that the converter takes at its own speed (fast.h): which frames it fills, their numbers and times.
#include "fast.h"

#if defined(ARDUGATE_UART)

#include "counters.h"
#include "fast_seal.h"
#include "flash.h"
#include "link.h"

namespace ardugate {

namespace {

const uint8_t kGroupsMax = (kHalfBytes - kHalfPackedAt - 5) / 5;

// What a value takes of the line at each of its rates, in ticks: 1.36 bytes (frames of 156 to 164 values), of what is left when
// one byte in fifty, and 1,000 a second at least, are kept for heartbeats, replies and edges. At 1 Mbaud, where the converter's
// interrupt looks at the line twice in 225 ticks, such a stream takes 96 % of it.
const uint16_t kLineTicks[hal::kLineRates] PROGMEM = {2039, 1100, 480, 225, 112};

// Bytes that are made ready in one go: half a millisecond at full speed.
const uint8_t kAheadBytes = 64;

enum State : uint8_t { kOff, kWaits, kRuns };
State state;
bool fresh;  // it has not begun yet
uint8_t groups;
uint8_t scans;    // of a whole half
Sampler::Stream* stream;

// Halves that are full, oldest first, of which the link has `handed`.
uint8_t ready[2];
uint8_t ready_count;
uint8_t handed;
uint8_t size;  // of a body

// Of the half that fills: what of its frame is made.
uint8_t sealed;  // bytes of the body
Sealing sealing;

bool is_ready(uint8_t half) { return (ready_count != 0 && ready[0] == half) || (ready_count == 2 && ready[1] == half); }

// The half that fills: what can be said before it is full.
void open(uint8_t half) {
  sampler.write_header(*stream, hal::fast_half(half));
  sealed = 0;
  seal_begin(sealing, hal::fast_half(half));
}

// Lets the times of so many scans pass.
void pass(uint16_t scans) { sampler.advance(*stream, scans); }

void seal_up_to(uint8_t* frame, uint8_t there) {
  seal_on(sealing, frame + 1 + sealed, there - sealed);
  sealed = there;
}

// Begins, or goes on after an interruption, as soon as a half is free.
void tick() {
  if (state != kWaits) return;
  if (fresh ? ready_count != 0 || sampler.frames_wait() : ready_count == 2) return;
  const uint8_t half = is_ready(0) ? 1 : 0;
  const uint32_t begins_us =
      hal::fast_start(stream->inputs, stream->every, groups, half, ready_count != handed);
  if (fresh) {
    size = kHalfPackedAt - 1 + groups * 5;
  } else {
    const uint32_t passed = (begins_us - stream->t_us) * hal::kTicksPerUs;
    const uint32_t scans = (passed + stream->period_ticks / 2) / stream->period_ticks;
    count(kSampleOverruns, scans);
    stream->seq += scans;
  }
  stream->t_us = begins_us;
  stream->t_ticks = 0;
  fresh = false;
  state = kRuns;
  open(half);
}

// A half is full.
void collect() {
  const uint8_t half = 1 - hal::fast_filling();
  const uint32_t frame_ticks = scans * stream->period_ticks;
  const hal::FastCount now = hal::fast_count();
  const uint32_t expected = frame_ticks * (now.drops + 1) + now.values * static_cast<uint32_t>(stream->every);
  if (now.drops >= 0x80 || static_cast<uint32_t>(now.passed + stream->every / 2 - expected) >= stream->every) {
    // The time is not that of what was stored: an interrupt came too late for a value. Nobody knows for which, and those after
    // it have the wrong places: all of them are lost.
    hal::fast_stop();
    state = kWaits;
    return tick();
  }
  const uint16_t dropped = now.drops * static_cast<uint16_t>(scans);
  bool good = true;
  if (dropped != 0) {
    // What was made ready of it may be of the values that were given up.
    good = sealed == 0;
    pass(dropped);
    count(kSampleOverruns, good ? dropped : dropped + scans);
    if (good) open(half);
  }
  hal::fast_passed(frame_ticks * (now.drops + 1));
  if (sampler.paused() || !good) {
    hal::fast_free(half);
  } else {
    uint8_t* const frame = hal::fast_half(half);
    if (sealed != size) seal_up_to(frame, size);
    seal_end(sealing, frame + 1 + size);
    ready[ready_count++] = half;
  }
  pass(scans);
  open(1 - half);
  hal::fast_taken();
}

uint16_t step(uint8_t channels, uint8_t rate) {
  const uint16_t line = pgm_read_word(kLineTicks + rate);
  uint16_t converter = channels > 1 ? hal::kManyTicks : hal::kTriggeredTicks;
  if (channels == 1 && line <= hal::kFreeRunTicks) converter = hal::kFreeRunTicks;
  return line > converter ? line : converter;
}

uint16_t start(Sampler::Stream& which, uint16_t step_ticks) {
  if (step_ticks < hal::kTriggeredTicks && step_ticks != hal::kFreeRunTicks) step_ticks = hal::kTriggeredTicks;
  stream = &which;
  // Whole scans, and whole groups of four values.
  scans = kGroupsMax * 4 / which.count;
  while (scans * which.count % 4 != 0) scans--;
  groups = scans * which.count / 4;
  fresh = true;
  state = kWaits;
  return step_ticks;
}

// What is not in a full half by now is lost.
void halt(State then) {
  if (state == kRuns) {
    link.take_back();
    if (hal::fast_full()) collect();
    hal::fast_stop();
  }
  state = then;
}

void stop() { halt(kOff); }

// The newest whole value of an input that the stream has: at most a scan and a group old.
bool read(uint8_t input, uint16_t* value) {
  const uint8_t inputs = stream->inputs;
  if (!(inputs & mask_of(input))) return false;
  uint8_t place = 0;  // among the stream's inputs
  for (uint8_t i = 0; i < input; i++) {
    if (inputs & mask_of(i)) place++;
  }
  for (;;) {
    uint8_t half;
    uint8_t left;
    {
      const hal::Atomic atomic;
      half = hal::fast_filling();
      left = hal::fast_groups_left();
    }
    const uint8_t values = (groups - left) * 4;
    if (values <= place) {
      if (!hal::may_wait()) return false;
      hal::wait();
      continue;
    }
    const uint8_t newest = values - 1 - static_cast<uint8_t>(values - 1 - place) % stream->count;
    const uint8_t* const group = hal::fast_half(half) + kHalfPackedAt + newest / 4 * 5;
    *value = group[newest % 4] | static_cast<uint16_t>(group[4] >> (2 * (newest % 4)) & 3) << 8;
    return true;
  }
}

// Another input's conversion needs a pause of the stream, which is a gap.
uint16_t convert(uint8_t input) {
  uint16_t value;
  if (state == kRuns) {
    if (read(input, &value)) return value;
    halt(kWaits);
  }
  value = sampler.convert_one(input);
  tick();
  return value;
}

void ahead() {
  if (state != kRuns || hal::fast_full()) return;
  const uint8_t half = hal::fast_filling();
  const uint8_t done = groups - hal::fast_groups_left();
  if (hal::fast_full()) return;  // just now: the other half fills
  uint8_t there = kHalfPackedAt - 1 + done * 5;
  if (there < sealed) return;  // what was made is of values that were given up
  // Not all at once, if it is much: the line has to be looked at.
  if (there - sealed > kAheadBytes) there = sealed + kAheadBytes;
  if (there != sealed) seal_up_to(hal::fast_half(half), there);
}

const uint8_t* next_frame(uint8_t* line_size) {
  if (handed == ready_count) return 0;
  *line_size = size + kFrameOverhead;
  const uint8_t half = ready[handed++];
  hal::fast_gives(half);
  return hal::fast_half(half);
}

bool release() {
  if (handed == 0) return false;
  handed--;
  ready_count--;
  ready[0] = ready[1];
  return true;
}

void clear() { ready_count = handed; }

uint8_t waiting() { return ready_count; }

const FastEngine kEngine PROGMEM = {step,       start,   stop,  tick,  collect, ahead, convert, hal::fast_bits, next_frame, release, clear, waiting};

}  // namespace

void use_fast() {
  fast_engine = &kEngine;
  crc32_quick = quick_crc32;
}

}  // namespace ardugate

#endif
