#include "board.h"

#include "counters.h"
#include "declared.h"
#include "descriptor.h"
#include "hal.h"
#include "link.h"
#include "pins.h"
#include "safety.h"
#include "sampler.h"

namespace ardugate {

namespace {

// Without a run() or yield() for so long, the tick does their work; then a stop outlives a reset 20 ms later, whatever
// the sketch does.
const uint16_t kPatienceMs = 10;

uint16_t last_ms;
uint32_t line_empty_us;  // when the line was last found without a byte
volatile uint16_t unattended_ms;

// A frame is handled when its delimiter is read, so that is the one byte whose time counts.
void read_line() {
  if (hal::line_overrun()) count(kRxOverruns);
  for (;;) {
    uint32_t now_us = hal::now_us();
    const uint32_t looked_us = now_us;
    bool any = false;
    uint8_t byte;
    while (hal::line_read(&byte)) {
      any = true;
      uint16_t uncertainty_us = 0;
      if (byte == 0) {
        now_us = hal::now_us();
        const uint32_t since_us = now_us - line_empty_us;
        uncertainty_us = since_us < 0xFFFF ? since_us : 0xFFFF;
      }
      link.receive(byte, now_us, uncertainty_us);
    }
    if (!any) {
      line_empty_us = looked_us;
      return;
    }
  }
}

}  // namespace

void begin(Words name) {
  hal::sampler_begin();
  if (declared() != 0) declared()->take_pins();
  pins.begin();
  if (declared() != 0) declared()->begin();
  safety.begin();
  sampler.begin();
  descriptor.begin(name);
  hal::line_begin();
  link.begin();
  last_ms = hal::now_ms();
  line_empty_us = hal::now_us();
  hal::tick_begin();
  hal::watch_begin();
}

void tick() {
  const uint16_t now_ms = hal::now_ms();
  const uint16_t ms = now_ms - last_ms;
  last_ms = now_ms;

#if !defined(ARDUGATE_UART)
  link.send();  // a line that nobody calls attend() for has room by now
#endif
  pins.watch();
  if (declared() != 0) declared()->tick(ms);
  read_line();
  safety.tick(ms, link.has_boot());
  sampler.flush(now_ms);
  link.tick(ms);
  link.send();
  sampler.go_ahead();

  if (unattended_ms < kPatienceMs) {
    unattended_ms = unattended_ms + ms;
  } else {
    safety.remember_between();
  }
}

void attend() {
  link.send();  // a frame of samples waits for nothing: the next one follows it closely
  read_line();  // which sends its answers
  sampler.go_ahead();
}

void sketch_hangs() { safety.sketch_hangs(); }

void background() {
  {
    const hal::Atomic atomic;
    unattended_ms = 0;
  }
  safety.sketch_alive();
  safety.remember();
}

}  // namespace ardugate
