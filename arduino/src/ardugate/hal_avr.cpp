// The registers: ATmega328P (Uno), ATmega2560 (Mega) and ATmega32U4 (Leonardo, Micro), at 16 MHz. Section numbers are
// those of the ATmega328P's datasheet.
#include "hal.h"

#if defined(__AVR__)

#include "board.h"
#include "flash.h"
#include "hal_avr_uart.h"
#include "pins.h"
#include "sampler.h"
#include "wire.h"

#if F_CPU != 16000000L
#error "ardugate: the sampler's times are written for a processor clock of 16 MHz"
#endif

namespace ardugate {

namespace {

// Why the chip was reset, kept where the C start-up does not clear it.
uint8_t reset_flags __attribute__((section(".noinit")));

#if defined(ARDUGATE_UART)
volatile bool called;  // for attend(), while that was not possible
#endif

}  // namespace

// Before main() and before the variables get their values: fills the memory above them with 0xC5, so that a test on a
// simulated chip (or a debugger) can count what the stack never touched, from the symbol `_end` upwards.
extern "C" void ardugate_paint_stack() __attribute__((naked, used, externally_visible, section(".init3")));
extern "C" void ardugate_paint_stack() {
  __asm__ __volatile__(
      "ldi r30, lo8(_end)\n\t"
      "ldi r31, hi8(_end)\n\t"
      "ldi r24, 0xC5\n\t"
      "ldi r25, hi8(__stack)\n\t"
      "rjmp 2f\n"
      "1:\tst Z+, r24\n"
      "2:\tcpi r30, lo8(__stack)\n\t"
      "cpc r31, r25\n\t"
      "brlo 1b\n\t"
      "breq 1b\n\t" ::
          : "r24", "r25", "r30", "r31", "memory");
}

extern "C" void ardugate_keep_reset_flags() __attribute__((naked, used, externally_visible, section(".init3")));
extern "C" void ardugate_keep_reset_flags() {
  reset_flags = MCUSR;
  // After a watchdog reset WDRF keeps the watchdog running (11.9.1), at its shortest time: off before main() is reached.
  MCUSR = 0;
  WDTCSR = _BV(WDCE) | _BV(WDE);
  WDTCSR = 0;
}

// About 1 kHz (976.56 Hz). Timer 0 counts millis() and makes PWM on two pins; a second interrupt on its compare A,
// whatever value that has, disturbs neither. It may take longer than its own period, when a command is run or a frame
// is checked: so it lets all other interrupts in, but never itself.
//
// By hand, because there is little time with interrupts off beside the converter at its own speed: all that has to be saved
// is, and is given back, with interrupts on.
extern "C" void ardugate_work(uint8_t between) __attribute__((used, externally_visible));
extern "C" void ardugate_work(uint8_t between) {
#if defined(ARDUGATE_UART)
  if (between != 0) return attend();
#else
  (void)between;
#endif
  tick();
}

ISR(TIMER0_COMPA_vect, ISR_NAKED) {
  __asm__ __volatile__(
      "push r24\n\t"
      "in r24, __SREG__\n\t"
      "push r24\n\t"
      "lds r24, %[mask]\n\t"
      "andi r24, %[without]\n\t"
      "sts %[mask], r24\n\t"
      "sei\n\t"
      "ldi r24, 0\n"
      ".global ardugate_work_saved\n"
      "ardugate_work_saved:\n\t"
      "push r0\n\t"
      "push r1\n\t"
      "clr r1\n\t"
      "push r18\n\t"
      "push r19\n\t"
      "push r20\n\t"
      "push r21\n\t"
      "push r22\n\t"
      "push r23\n\t"
      "push r25\n\t"
      "push r26\n\t"
      "push r27\n\t"
      "push r30\n\t"
      "push r31\n\t"
      "call ardugate_work\n\t"
      "pop r31\n\t"
      "pop r30\n\t"
      "pop r27\n\t"
      "pop r26\n\t"
      "pop r25\n\t"
      "pop r23\n\t"
      "pop r22\n\t"
      "pop r21\n\t"
      "pop r20\n\t"
      "pop r19\n\t"
      "pop r18\n\t"
      "pop r1\n\t"
      "pop r0\n\t"
      "cli\n\t"
      "lds r24, %[mask]\n\t"
      "ori r24, %[with]\n\t"
      "sts %[mask], r24\n\t"
#if defined(ARDUGATE_UART)
      "lds r24, %[called]\n\t"
      "tst r24\n\t"
      "breq 1f\n\t"
      "ldi r24, 0\n\t"
      "sts %[called], r24\n\t"
      "lds r24, %[mask1]\n\t"
      "ori r24, %[with1]\n\t"
      "sts %[mask1], r24\n"
#endif
      "1:\tpop r24\n\t"
      "out __SREG__, r24\n\t"
      "pop r24\n\t"
      "reti\n"
      :
      : [mask] "n"(_SFR_MEM_ADDR(TIMSK0)), [with] "M"(_BV(OCIE0A)), [without] "M"(0xFF & ~_BV(OCIE0A))
#if defined(ARDUGATE_UART)
            ,
        [mask1] "n"(_SFR_MEM_ADDR(TIMSK1)), [with1] "M"(_BV(ICIE1)), [called] "i"(&called)
#endif
  );
}

#if defined(ARDUGATE_UART)
// Asked for by who finds work for the line: timer 1 sets this interrupt's flag in each of its periods, so that switching it
// on calls it soon. Never inside the tick, or where that is held off: then the next one's end calls it again.
ISR(TIMER1_CAPT_vect, ISR_NAKED) {
  __asm__ __volatile__(
      "push r24\n\t"
      "in r24, __SREG__\n\t"
      "push r24\n\t"
      "lds r24, %[mask1]\n\t"
      "andi r24, %[without1]\n\t"
      "sts %[mask1], r24\n\t"
      "lds r24, %[mask]\n\t"
      "sbrs r24, %[bit]\n\t"
      "rjmp 1f\n\t"
      "andi r24, %[without]\n\t"
      "sts %[mask], r24\n\t"
      "sei\n\t"
      "ldi r24, 1\n\t"
      "jmp ardugate_work_saved\n"
      "1:\tldi r24, 1\n\t"
      "sts %[called], r24\n\t"
      "pop r24\n\t"
      "out __SREG__, r24\n\t"
      "pop r24\n\t"
      "reti"
      :
      : [mask] "n"(_SFR_MEM_ADDR(TIMSK0)), [bit] "I"(OCIE0A), [without] "M"(0xFF & ~_BV(OCIE0A)),
        [mask1] "n"(_SFR_MEM_ADDR(TIMSK1)), [without1] "M"(0xFF & ~_BV(ICIE1)), [called] "i"(&called));
}
#endif

#if defined(ARDUGATE_UART)
// While the converter runs at its own speed, its interrupts are hal_avr_fast.cpp's, if that is linked at all.
#define ARDUGATE_PARTED(vector, fast, usual)                                                    \
  extern "C" void usual() __attribute__((signal, used, externally_visible));                    \
  ISR(vector, ISR_NAKED) {                                                                      \
    __asm__ __volatile__(".weak " #fast "\n\tsbic %[gpior0], %[run]\n\tjmp " #fast "\n\tjmp " #usual \
                         ::[gpior0] "I"(_SFR_IO_ADDR(GPIOR0)), [run] "I"(kRun));                \
  }                                                                                             \
  void usual()
#else
#define ARDUGATE_PARTED(vector, fast, usual) ISR(vector)
#endif

// The sampler's time base. It lets the converter's and the UART's interrupts in, but neither itself nor the tick, which
// would find a scan half taken.
ARDUGATE_PARTED(TIMER1_OVF_vect, ardugate_fast_triggered, __vector_ardugate_base) {
  const uint8_t tick_mask = TIMSK0 & _BV(OCIE0A);
  TIMSK0 &= ~_BV(OCIE0A);
  TIMSK1 &= ~_BV(TOIE1);
  sei();
  sampler.on_base();
  cli();
  TIMSK1 |= _BV(TOIE1);
  TIMSK0 |= tick_mask;
}

// It lets all in but itself, the time base and the tick. ADIF is cleared by writing a 1, and ADSC starts a conversion: so
// both are written as 0.
ARDUGATE_PARTED(ADC_vect, ardugate_fast_converted, __vector_ardugate_converted) {
  const uint8_t tick_mask = TIMSK0 & _BV(OCIE0A);
  const uint8_t base_mask = TIMSK1 & _BV(TOIE1);
  TIMSK0 &= ~_BV(OCIE0A);
  TIMSK1 &= ~_BV(TOIE1);
  ADCSRA &= ~(_BV(ADIE) | _BV(ADIF) | _BV(ADSC));
  const uint16_t value = ADC;
  sei();
  sampler.on_conversion(value);
  cli();
  ADCSRA = (ADCSRA & ~(_BV(ADIF) | _BV(ADSC))) | _BV(ADIE);
  TIMSK1 |= base_mask;
  TIMSK0 |= tick_mask;
}

// The watchdog's interrupt. Like the sampler's it lets others in, but not the tick, which writes the same pins.
ISR(WDT_vect) {
  const uint8_t tick_mask = TIMSK0 & _BV(OCIE0A);
  TIMSK0 &= ~_BV(OCIE0A);
  sei();
  sketch_hangs();
  cli();
  TIMSK0 |= tick_mask;
}

namespace hal {

const char* mcu_name() {
#if defined(__AVR_ATmega2560__)
  return PSTR("ATmega2560");
#elif defined(__AVR_ATmega32U4__)
  return PSTR("ATmega32U4");
#else
  return PSTR("ATmega328P");
#endif
}

const char* board_name() {
#if defined(ARDUINO_AVR_MEGA2560)
  return "mega";
#elif defined(ARDUINO_AVR_LEONARDO)
  return "leonardo";
#elif defined(ARDUINO_AVR_MICRO)
  return "micro";
#else
  return "uno";
#endif
}

uint8_t reset_cause() {
  if (reset_flags & _BV(PORF)) return 1;
  if (reset_flags & _BV(EXTRF)) return 2;
  if (reset_flags & _BV(BORF)) return 3;
  if (reset_flags & _BV(WDRF)) return 4;
  return 0;  // the bootloader took the flags
}

uint32_t now_us() { return micros(); }

uint16_t now_ms() { return millis(); }

bool may_wait() { return SREG & _BV(SREG_I); }

// A sketch that reads with interrupts off, as the core's analogRead() may be used, takes the converter's by hand.
void wait() {
  if (may_wait() || !(ADCSRA & _BV(ADIF))) return;
  ADCSRA |= _BV(ADIF);
  sampler.on_conversion(ADC);
}

// --- memory

// The last 16 bytes, and what is above 15 goes down from there: sketches begin with the first.
static uint16_t memory_at(uint8_t at) { return at < 16 ? E2END + 1 - 16 + at : E2END - at; }

bool memory_busy() { return EECR & _BV(EEPE); }

uint8_t memory_read(uint8_t at) {
  while (memory_busy()) {
  }
  // The tick reads, too, in the middle of a sketch that may be about to use the same registers.
  const Atomic atomic;
  const uint16_t address = EEAR;
  const uint8_t data = EEDR;
  EEAR = memory_at(at);
  EECR |= _BV(EERE);
  const uint8_t value = EEDR;
  EEAR = address;
  EEDR = data;
  return value;
}

void memory_write(uint8_t at, uint8_t value) {
  const Atomic atomic;
  EEAR = memory_at(at);
  EEDR = value;
  // EEPE has to follow EEMPE within four cycles (8.6.3).
  EECR |= _BV(EEMPE);
  EECR |= _BV(EEPE);
}

void memory_write_between(uint8_t at, uint8_t value) {
  while (memory_busy()) {
  }
  const uint16_t address = EEAR;
  const uint8_t data = EEDR;
  memory_write(at, value);
  while (memory_busy()) {
  }
  EEAR = address;
  EEDR = data;
}

// --- the watch over the sketch

// Bootloaders that switch the watchdog off at once after a reset by it: optiboot and caterina. Old ones of the Mega and
// the Nano loop for ever there, so their boards only have the interrupt.
#if defined(ARDUINO_AVR_UNO) || defined(ARDUINO_AVR_LEONARDO) || defined(ARDUINO_AVR_MICRO)
const uint8_t kThenReset = _BV(WDE);
#else
const uint8_t kThenReset = 0;
#endif
static_assert(kHangMs == 2000, "the watchdog's time: WDP2 to WDP0, table 11-2");

void watch_begin() {
  const Atomic atomic;
  __asm__ __volatile__("wdr");
  WDTCSR = _BV(WDCE) | _BV(WDE);
  WDTCSR = _BV(WDIE) | kThenReset | _BV(WDP2) | _BV(WDP1) | _BV(WDP0);
}

void sketch_alive() { __asm__ __volatile__("wdr"); }

// The interrupt has switched itself off, if a reset is to follow (11.9.2).
void watch_again() { WDTCSR |= _BV(WDIE); }

void tick_begin() {
  TIFR0 = _BV(OCF0A);
  TIMSK0 |= _BV(OCIE0A);
}

void tick_hold() { TIMSK0 &= ~_BV(OCIE0A); }

void tick_release() { TIMSK0 |= _BV(OCIE0A); }

}  // namespace hal
}  // namespace ardugate

#endif
