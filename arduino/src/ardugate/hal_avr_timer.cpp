// Timer 2, which servo pulses, tones and two pins' PWM share. Section numbers are those of the ATmega328P's datasheet.
#include "hal.h"

#if defined(TCCR2A)

#include "hal_avr.h"

namespace ardugate {

namespace {

// Servo pulses follow each other, and a pause fills up the 20 ms: the end of one is the beginning of the next. The timer
// runs freely at 2 us. Its interrupt comes kLead before an edge and waits for it with interrupts off, so that others that
// hold it up for less than 95 cycles do not move the edge. Then it prepares the next one with interrupts on, but without
// the tick, which may take longer than a pulse.
const uint8_t kLead = 5;        // ticks; at most 4 of them (128 cycles) are waited
const uint16_t kFrame = 10000;  // ticks; 20 ms
const uint8_t kMargin = 64;     // ticks; no preparation is late by that
const uint16_t kFirst = 500;    // ticks; before the first pulse
const uint16_t kShortest = 544 / 2;
const uint32_t kSpan = (2400UL - 544) / 2;

struct Pulse {
  uint8_t pin_and_one;      // 0: the place is free
  uint16_t tenths_and_one;  // 0: no pulse yet
};

Pulse pulses[hal::kPulses];
uint8_t place;         // what begins at the next edge: a pulse, or kPulses, the pause
uint8_t place_before;  // what ends there
uint16_t length;       // of what begins there
uint16_t spent;        // of the frame, by what came before it

// Shared with the interrupt below. Matches of the compare value that are passed by until the next edge; then, if it is not
// 0, what is added to that value for a last one.
volatile uint8_t hops;
volatile uint8_t rest;
volatile uint8_t* volatile ending_port;
volatile uint8_t ending_keep;  // all bits but the pin's
volatile uint8_t* volatile beginning_port;
volatile uint8_t beginning_mask;
volatile uint8_t tick_mask;  // TIMSK0 as it was

// A tone on a pin that the timer does not drive itself.
volatile uint8_t* tone_inputs;  // a 1 written there toggles the pin (14.2.2)
uint8_t tone_mask;

}  // namespace

// After an edge: interrupts are on, the tick is not.
extern "C" void __vector_ardugate_servo() __attribute__((signal));
extern "C" void __vector_ardugate_servo() {
  // The compare value stays kMargin ahead or more, so it is never missed.
  const uint8_t odd = length;
  if (odd >= kMargin) {
    OCR2B += odd;
    hops = length >> 8;
  } else {
    OCR2B += 128;
    rest = odd + 128;
    hops = (length >> 8) - 1;
  }
  {
    const hal::Atomic atomic;
    ending_port = beginning_port;
    ending_keep = ~beginning_mask;
    place_before = place;
  }
  if (place == hal::kPulses) {
    place = 0;
    spent = 0;
  } else {
    place++;
    spent += length;
  }
  while (place < hal::kPulses && pulses[place].tenths_and_one == 0) place++;
  if (place == hal::kPulses) {
    beginning_mask = 0;
    length = kFrame - spent;
  } else {
    uint32_t tenths = 0;
    {
      const hal::Atomic atomic;  // the pin may be taken away at any time
      const uint8_t pin_and_one = pulses[place].pin_and_one;
      beginning_mask = 0;
      if (pin_and_one != 0) {
        beginning_port = portOutputRegister(digitalPinToPort(pin_and_one - 1));
        beginning_mask = digitalPinToBitMask(pin_and_one - 1);
        tenths = pulses[place].tenths_and_one - 1;
      }
    }
    length = kShortest + static_cast<uint16_t>((tenths * (kSpan * 65536 / 1800) + 0x8000) >> 16);
  }
  const hal::Atomic atomic;
  TIMSK0 |= tick_mask & _BV(OCIE0A);
}

extern "C" void __vector_ardugate_tone() __attribute__((signal));
extern "C" void __vector_ardugate_tone() { *tone_inputs = tone_mask; }

namespace hal {

bool pwm_is_shared(uint8_t pin) {
  const uint8_t timer = digitalPinToTimer(pin);
  return timer == TIMER2A || timer == TIMER2B;
}

bool shared_timer_taken() { return TIMSK2 != 0 || (TCCR2A & (_BV(COM2A1) | _BV(COM2A0) | _BV(COM2B1) | _BV(COM2B0))); }

// As the core sets it up: phase-correct PWM of 490 Hz.
static void give_back() {
  TIMSK2 = 0;
  TCCR2A = _BV(WGM20);
  TCCR2B = _BV(CS22);
}

static __attribute__((noinline, noclone)) void pulses_begin() {
  // By hand: it has to come to the edge with as few instructions as can be.
  __asm__ __volatile__(
      ".pushsection .text.ardugate_servo_edge,\"ax\",@progbits\n\t"
      ".global " ARDUGATE_TEXT(TIMER2_COMPB_vect) "\n" ARDUGATE_TEXT(TIMER2_COMPB_vect) ":\n\t"
      "push r24\n\t"
      "in r24, __SREG__\n\t"
      "push r24\n\t"
      "lds r24, %[hops]\n\t"
      "subi r24, 1\n\t"
      "brcs 1f\n\t"
      "sts %[hops], r24\n\t"
      "rjmp 4f\n"
      "1:\tpush r25\n\t"
      "lds r25, %[compare]\n\t"
      "lds r24, %[rest]\n\t"
      "tst r24\n\t"
      "breq 2f\n\t"
      "add r25, r24\n\t"
      "sts %[compare], r25\n\t"
      "clr r24\n\t"
      "sts %[rest], r24\n\t"
      "pop r25\n"
      "4:\tpop r24\n\t"
      "out __SREG__, r24\n\t"
      "pop r24\n\t"
      "reti\n"
      // The edge.
      "2:\tlds r24, %[enables]\n\t"
      "sts %[tick_mask], r24\n\t"
      "andi r24, %[no_tick]\n\t"
      "sts %[enables], r24\n\t"
      "push r30\n\t"
      "push r31\n\t"
      "lds r30, %[ending]\n\t"
      "lds r31, %[ending]+1\n\t"
      "subi r25, %[minus_lead]\n"
      "3:\tlds r24, %[count]\n\t"
      "sub r24, r25\n\t"
      "brmi 3b\n\t"
      "lds r25, %[keep]\n\t"
      "ld r24, Z\n\t"
      "and r24, r25\n\t"
      "st Z, r24\n\t"
      "lds r30, %[beginning]\n\t"
      "lds r31, %[beginning]+1\n\t"
      "lds r25, %[mask]\n\t"
      "ld r24, Z\n\t"
      "or r24, r25\n\t"
      "st Z, r24\n\t"
      "sei\n\t"
      "pop r31\n\t"
      "pop r30\n\t"
      "pop r25\n\t"
      "pop r24\n\t"
      "ori r24, 0x80\n\t"
      "out __SREG__, r24\n\t"
      "pop r24\n\t"
      "jmp %x[prepare]\n\t"
      ".popsection" ::[hops] "i"(&hops),
      [rest] "i"(&rest), [compare] "i"(&OCR2B), [count] "i"(&TCNT2), [enables] "i"(&TIMSK0),
      [tick_mask] "i"(&tick_mask), [no_tick] "M"(0xFF & ~_BV(OCIE0A)), [minus_lead] "M"(0x100 - kLead),
      [ending] "i"(&ending_port), [keep] "i"(&ending_keep), [beginning] "i"(&beginning_port),
      [mask] "i"(&beginning_mask), [prepare] "i"(__vector_ardugate_servo));
  place = place_before = kPulses;
  beginning_mask = 0;
  ending_keep = 0xFF;
  beginning_port = ending_port = &PORTB;
  length = kFirst;
  hops = rest = 0;
  TCCR2B = 0;
  TCCR2A = 0;
  TCNT2 = 0;
  OCR2B = kMargin;
  TIFR2 = _BV(OCF2B);
  TIMSK2 = _BV(OCIE2B);
  TCCR2B = _BV(CS21) | _BV(CS20);  // a tick is 32 cycles
}

uint8_t pulse_pin(uint8_t at) { return pulses[at].pin_and_one - 1; }

uint16_t pulse_tenths(uint8_t at) { return pulses[at].tenths_and_one - 1; }

void pulse_set(uint8_t at, uint8_t pin, uint16_t tenths) {
  const Atomic atomic;
  if (pin == kNoPin) {
    if (place == at) beginning_mask = 0;
    if (place_before == at) {
      *ending_port &= ending_keep;
      ending_keep = 0xFF;
    }
  }
  pulses[at].pin_and_one = pin + 1;
  pulses[at].tenths_and_one = tenths + 1;
  for (uint8_t i = 0; i < kPulses; i++) {
    if (pulses[i].pin_and_one != 0) {
      if (TIMSK2 == 0) pulses_begin();
      return;
    }
  }
  give_back();
}

static __attribute__((noinline, noclone)) void tone_interrupt(uint8_t pin) {
  ARDUGATE_TAKE_VECTOR(TIMER2_OVF_vect, __vector_ardugate_tone);
  tone_inputs = portInputRegister(digitalPinToPort(pin));
  tone_mask = digitalPinToBitMask(pin);
  TIFR2 = _BV(TOV2);
  TIMSK2 = _BV(TOIE2);
}

uint16_t tone_begin(uint8_t pin, uint16_t hz) {
  static const uint8_t kShifts[] PROGMEM = {0, 3, 5, 6, 7, 8, 10};  // of the prescalers, table 18-9
  const bool driven = digitalPinToTimer(pin) == TIMER2A;
  if (!driven && hz > kToneMaxHz) return 0;
  uint8_t select = 0;
  uint32_t counts;
  uint32_t rate;
  do {
    if (select == sizeof(kShifts)) return 0;
    rate = F_CPU / 2 >> pgm_read_byte(&kShifts[select++]);
    counts = (rate + hz / 2) / hz;
  } while (counts > 256);
  tone_end(pin);
  OCR2A = counts - 1;
  TCNT2 = 0;
  TCCR2A = (driven ? _BV(COM2A0) : 0) | _BV(WGM21) | _BV(WGM20);
  if (!driven) tone_interrupt(pin);
  TCCR2B = _BV(WGM22) | select;  // fast PWM up to OCR2A (mode 7)
  const uint32_t made = (rate + counts / 2) / counts;
  return made <= 0xFFFF ? made : 0xFFFF;
}

void tone_end(uint8_t pin) {
  give_back();
  pin_output(pin, false);
}

}  // namespace hal
}  // namespace ardugate

#endif
