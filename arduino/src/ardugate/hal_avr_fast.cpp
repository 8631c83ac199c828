// The registers of the converter at its own speed (fast.h). Times are in cycles of 62.5 ns; section numbers are those of the
// ATmega328P's datasheet.
#include "fast.h"

#if defined(ARDUGATE_UART)

#include "hal_avr_uart.h"
#include "wire.h"

extern "C" uint8_t analog_reference;                  // as analogReference() sets it
extern volatile unsigned long timer0_overflow_count;  // the core's, which counts micros()

namespace ardugate {

namespace {

// What the interrupts work with, beside the UART's.
struct Fast {
  uint8_t* fill;        // where the next value goes
  uint8_t groups;       // that a half holds
  uint8_t drops;        // frames given up since it was last asked for; bit 7: one of them while another waited to be seen
  uint8_t hears;        // UCSR0B as it should be
  uint8_t next_mux[8];  // after that of this input
  uint16_t step_ticks;
  uint16_t latency_ticks;  // from a trigger to the end of its conversion
  uint32_t last;           // when the last conversion was complete that is accounted for
} fast;
uint8_t second_half[kHalfBytes];

// With steps as short as that there is little time for a receive interrupt.
const uint16_t kPolledTicks = 320;
// The flag of timer 1's overflow has to be cleared between one trigger and the next. With steps up to this the converter's own
// interrupt, which follows 219 ticks after a trigger, always comes after the next one; with longer ones it may come before or
// after, so an interrupt at the trigger does it.
const uint16_t kOwnClearTicks = 240;

// About the moment at which a conversion is complete, timer and flag may not agree.
const uint8_t kUnsureTicks = 16;
// Times are compared by so many of their low bits: what two timers make of it.
const uint32_t kTimeMask = (1UL << 30) - 1;

// GPIOR1: the high bits of the values since the last whole group, from the top, and a 1 below them that falls out with the
// fourth. GPIOR2: groups that the half still has room for.

}  // namespace

#include "hal_avr_fast_vectors.h"

namespace hal {

// The slowest ADC clock, as a power of two of ticks, with which a triggered conversion is over before the next one: 13.5 of
// its cycles and 3 ticks, and 5 to spare.
static uint8_t prescaler(uint16_t step_ticks) {
  uint8_t power = 4;
  while (power < 7 && (27U << power) + 8 <= step_ticks) power++;
  return power;
}

// Errors at 1 MHz of ADC clock are more than twice those at 125 kHz (29.4, table 29-16).
uint8_t fast_bits(uint16_t step_ticks) {
  const uint8_t power = prescaler(step_ticks);
  return power == 7 ? 10 : power == 4 ? 8 : 9;
}

uint8_t* fast_half(uint8_t half) { return half != 0 ? second_half : sampler.frames[0]; }

// Whether the line has still to do with a half: with what it sends, or what it will send next.
static bool sends(uint8_t half) {
  const uint16_t sent = reinterpret_cast<uintptr_t>(uart.out) - reinterpret_cast<uintptr_t>(fast_half(half));
  return (GPIOR0 & _BV(kFeed)) && sent < kHalfBytes;
}
static bool sends_next(uint8_t half) { return uart.next == fast_half(half); }

static uint8_t busy_bit(uint8_t half) { return half != 0 ? _BV(kBusy1) : _BV(kBusy0); }

void fast_gives(uint8_t half) { uart.clears = busy_bit(half); }

uint32_t fast_start(uint8_t inputs, uint16_t step_ticks, uint8_t groups, uint8_t half, bool other_waits) {
  fast_vectors();
  const uint8_t reference = analog_reference << 6;
  const bool free_run = step_ticks == kFreeRunTicks;

  uint8_t first = 0;
  while (!(inputs & mask_of(first))) first++;
  uint8_t last = first;
  for (uint8_t i = first + 1; i < 8; i++) {
    if (!(inputs & mask_of(i))) continue;
    fast.next_mux[last] = reference | i;
    last = i;
  }
  fast.next_mux[last] = reference | first;

  const uint8_t power = prescaler(step_ticks);
  fast.step_ticks = step_ticks;
  fast.latency_ticks = (27U << (power - 1)) + 3;
  fast.groups = groups;
  fast.drops = 0;
  fast.fill = fast_half(half) + kHalfPackedAt;
  GPIOR1 = 0x80;
  GPIOR2 = groups;
  uint8_t flags = 0;
  if (last != first) flags |= _BV(kMany);
  const bool triggers = last != first || step_ticks > kOwnClearTicks;  // each calls an interrupt
  if (half != 0) flags |= _BV(kHalf);

  // The first conversion after the converter was switched on takes longer: it is made here, and thrown away.
  const uint8_t control = _BV(ADEN) | power;
  ADMUX = reference | first;
  ADCSRA = control | _BV(ADSC);
  while (ADCSRA & _BV(ADSC)) {
  }
  sampler_base(step_ticks - 1);
  ADCSRB = _BV(ADTS2) | _BV(ADTS1);  // timer 1's overflow

  uint16_t count1;
  uint32_t units;  // of 4 us
  uint8_t count0;
  uint8_t flags0;
  for (;;) {
    {
      const Atomic atomic;
      count1 = TCNT1;
      if (count1 > step_ticks - 100) continue;  // the next trigger would come while this is being done
      TIFR1 = _BV(TOV1);
      ADCSRA = control | _BV(ADIF);
      ADCSRA = control | _BV(ADATE);
      count0 = TCNT0;
      flags0 = TIFR0;
      units = timer0_overflow_count;
    }
    if (triggers) break;
    while (!(TIFR1 & _BV(TOV1))) {
    }
    const Atomic atomic;
    TIFR1 = _BV(TOV1);
    if (free_run) ADCSRB = 0;  // from now on each conversion starts the next
    if (ADCSRA & _BV(ADSC)) break;  // that came in time: the first one is still running
    ADCSRB = _BV(ADTS2) | _BV(ADTS1);
  }
  {
    const Atomic atomic;
    const uint8_t other = 1 - half;
    if (other_waits || sends(other) || sends_next(other)) flags |= busy_bit(other);
    uart.keep[0] = sends(other) ? ~busy_bit(other) : 0xFF;
    uart.keep[1] = sends_next(other) ? ~busy_bit(other) : 0xFF;
    GPIOR0 = flags | _BV(kRun) | (GPIOR0 & _BV(kFeed));
    // The converter's interrupt looks at the line from now on, and often enough at what is received where a byte takes longer
    // than it may be late.
    const bool polls = step_ticks < kPolledTicks && UBRR0L != 0;
    UCSR0B = fast.hears = _BV(RXEN0) | _BV(TXEN0) | (polls ? 0 : _BV(RXCIE0));
    ADCSRA = control | _BV(ADATE) | _BV(ADIE);
    TIMSK1 = (TIMSK1 & _BV(ICIE1)) | (triggers ? _BV(TOIE1) : 0);
  }
  if ((flags0 & _BV(TOV0)) && count0 < 128) units++;
  units = units << 8 | count0;
  fast.last = (units << 6) - count1 + fast.latency_ticks;
  return units * 4 + (step_ticks - count1) / kTicksPerUs;
}

void fast_stop() {
  {
    const Atomic atomic;
    ADCSRA = _BV(ADEN) | (ADCSRA & 7);
    TIMSK1 &= ~_BV(TOIE1);
    GPIOR0 &= ~_BV(kRun);
    // The line is its own interrupts' again.
    UCSR0B |= _BV(RXCIE0);
    if (GPIOR0 & _BV(kGone)) {
      GPIOR0 &= ~_BV(kGone);
      uart.sent = uart.sent + 1;
      if (reinterpret_cast<uintptr_t>(uart.next) >= 0x100) {  // the interrupts set the high byte of none to 0
        uart.out = uart.next;
        uart.next = 0;
        GPIOR0 |= _BV(kFeed);
      }
    }
    if (GPIOR0 & _BV(kFeed)) UCSR0B |= _BV(UDRIE0);
  }
  while (ADCSRA & _BV(ADSC)) {
  }
  ADCSRB = 0;
  ADCSRA = _BV(ADEN) | _BV(ADIE) | _BV(ADIF) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
}

bool fast_runs() { return GPIOR0 & _BV(kRun); }
bool fast_full() { return GPIOR0 & _BV(kFull); }
uint8_t fast_filling() { return GPIOR0 & _BV(kHalf) ? 1 : 0; }
uint8_t fast_groups_left() { return GPIOR2; }

void fast_taken() {
  const Atomic atomic;
  GPIOR0 &= ~_BV(kFull);
}

void fast_free(uint8_t half) {
  const Atomic atomic;
  GPIOR0 &= ~busy_bit(half);
}

// What has been converted by now. The timers say when the last conversion was complete, the flag says whether its value has
// been stored.
FastCount fast_count() {
  FastCount now;
  for (;;) {
    uint16_t count1;
    uint16_t overflows0;
    uint8_t count0;
    uint8_t flags0;
    uint8_t control;
    uint8_t high;
    {
      const Atomic atomic;
      count1 = TCNT1;
      control = ADCSRA;
      count0 = TCNT0;
      flags0 = TIFR0;
      overflows0 = timer0_overflow_count;
      now.values = fast.groups - GPIOR2;
      high = GPIOR1;
      now.drops = fast.drops;
      fast.drops = 0;
    }
    uint16_t late = count1 + 2 * fast.step_ticks - fast.latency_ticks;
    while (late >= fast.step_ticks) late -= fast.step_ticks;
    if (late < kUnsureTicks || late > fast.step_ticks - kUnsureTicks) {
      const Atomic atomic;
      fast.drops += now.drops;
      continue;
    }
    if ((flags0 & _BV(TOV0)) && count0 < 128) overflows0++;
    const uint32_t at = ((static_cast<uint32_t>(overflows0) << 8 | count0) << 6) - late;
    now.passed = (at - fast.last) & kTimeMask;
    now.values *= 4;
    if (control & _BV(ADIF)) now.values++;
    for (now.values += 3; !(high & 2); high >>= 2) now.values--;
    return now;
  }
}

void fast_passed(uint32_t ticks) { fast.last += ticks; }

}  // namespace hal
}  // namespace ardugate

#endif
