// The registers: ATmega328P (Uno), ATmega2560 (Mega) and ATmega32U4 (Leonardo, Micro), at 16 MHz. Section numbers are
// those of the ATmega328P's datasheet.
#include "hal.h"

#if defined(__AVR__)

#include "board.h"
#include "flash.h"
#include "pins.h"
#include "sampler.h"
#include "wire.h"

#if F_CPU != 16000000L
#error "ardugate: the sampler's times are written for a processor clock of 16 MHz"
#endif

extern "C" uint8_t analog_reference;  // as analogReference() sets it

namespace ardugate {

namespace {

// Why the chip was reset, kept where the C start-up does not clear it.
uint8_t reset_flags __attribute__((section(".noinit")));

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
ISR(TIMER0_COMPA_vect) {
  TIMSK0 &= ~_BV(OCIE0A);
  sei();
  tick();
  cli();
  TIMSK0 |= _BV(OCIE0A);
}

// The sampler's time base. It lets the converter's and the UART's interrupts in, but neither itself nor the tick, which
// would find a scan half taken.
ISR(TIMER1_OVF_vect) {
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
ISR(ADC_vect) {
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

// --- the line

void line_begin() { Serial.begin(115200); }

bool line_read(uint8_t* byte) {
  const int value = Serial.read();
  if (value < 0) return false;
  *byte = value;
  return true;
}

#if defined(USBCON)

bool line_overrun() { return false; }
uint8_t line_room() { return Serial.availableForWrite(); }
void line_write(uint8_t byte) { Serial.write(byte); }
uint16_t line_delay_us() { return 0; }
// Full-speed bulk transfers, of which a board is not the only user: 60,000 bytes a second.
uint16_t line_byte_ticks(uint8_t) { return kTickHz / 60000; }

#else

// Bytes in the core's transmit ring at once: two and a half ticks' worth at 115,200 baud, so that the line never waits
// for the tick, and few enough that a reply is on the line within 3 ms.
// A faster line takes more in a tick.
const uint8_t kQueuedBytes = 32;
const uint8_t kQueuedFast = SERIAL_TX_BUFFER_SIZE - 1;

// UBRR with U2X: 115,200 (really 117,647; 20.11, table 20-6), 250,000, 500,000 and 1,000,000 baud.
const uint8_t kDividers[kLineRates] PROGMEM = {16, 7, 3, 1};

static uint16_t byte_ticks(uint8_t divider) { return (divider + 1) * 80; }

uint16_t line_byte_ticks(uint8_t rate) { return byte_ticks(pgm_read_byte(kDividers + rate)); }

void line_rate(uint8_t rate) { UBRR0L = pgm_read_byte(kDividers + rate); }

bool line_idle() { return Serial.availableForWrite() == SERIAL_TX_BUFFER_SIZE - 1 && (UCSR0A & _BV(UDRE0)); }

static uint8_t queued() { return SERIAL_TX_BUFFER_SIZE - 1 - Serial.availableForWrite(); }

// The core drops bytes without a word when its ring is full, so a full ring counts as one.
bool line_overrun() { return Serial.available() >= SERIAL_RX_BUFFER_SIZE - 1; }

uint8_t line_room() {
  const uint8_t waiting = queued();
  const uint8_t most = UBRR0L > 3 ? kQueuedBytes : kQueuedFast;
  return waiting < most ? most - waiting : 0;
}

void line_write(uint8_t byte) { Serial.write(byte); }

uint16_t line_delay_us() {
  const uint8_t waiting = queued();
  if (waiting == 0 && (UCSR0A & _BV(UDRE0))) return 0;
  // The data register holds one more byte, and half of another is in the shift register on average.
  return (2 * waiting + 3) * static_cast<uint32_t>(byte_ticks(UBRR0L)) / (2 * kTicksPerUs);
}

#endif

// --- pins

uint16_t pin_abilities(uint8_t pin) {
#if !defined(USBCON)
  if (pin < 2) return kCanInput | kLocked;  // D0 and D1 are the UART that talks to the host
#endif
  const bool analog = pin >= kFirstAnalogPin && pin < kFirstAnalogPin + kAnalogInputs;
#if defined(__AVR_ATmega32U4__)
  if (pin >= kFirstAnalogPin + 6 && analog) return kCanAnalog;  // A6 to A11 are D4 to D12 by another name
#endif
  uint16_t abilities = kCanInput | kCanPullup | kCanOutput | kCanEdges;
  if (analog) abilities |= kCanAnalog;
  if (digitalPinHasPWM(pin)) abilities |= kCanPwm;
  return abilities;
}

// The first port that the core's tables know.
#if defined(__AVR_ATmega2560__) || defined(__AVR_ATmega1280__)
const uint8_t kFirstPort = 1;  // PORTA
#else
const uint8_t kFirstPort = 2;  // PORTB
#endif

uint8_t pin_port(uint8_t pin) { return digitalPinToPort(pin) - kFirstPort; }

uint8_t pin_mask(uint8_t pin) { return digitalPinToBitMask(pin); }

uint8_t port_read(uint8_t port) { return *portInputRegister(port + kFirstPort); }

void pin_input(uint8_t pin, bool pullup) {
  digitalWrite(pin, LOW);  // takes the pin's timer off it
  pinMode(pin, pullup ? INPUT_PULLUP : INPUT);
}

void pin_output(uint8_t pin, bool level) {
  digitalWrite(pin, level);
  pinMode(pin, OUTPUT);
}

uint8_t pin_state(uint8_t pin) {
  const uint8_t port = digitalPinToPort(pin);
  const uint8_t mask = digitalPinToBitMask(pin);
  return (*portModeRegister(port) & mask ? 2 : 0) | (*portOutputRegister(port) & mask ? 1 : 0);
}

void pin_restore(uint8_t pin, uint8_t state) {
  pinMode(pin, state & 2 ? OUTPUT : state & 1 ? INPUT_PULLUP : INPUT);
  digitalWrite(pin, state & 1);
}

// Timer 1 counts to ICR1 and not to 255: the same duty of a longer period. OCR1x is double-buffered in this mode (16.9.3),
// so a change makes no glitch.
static uint16_t sampler_match(uint8_t duty) { return duty * (static_cast<uint32_t>(ICR1) + 1) / kPwmMax - 1; }

void pin_pwm(uint8_t pin, uint8_t duty) {
  if (duty == 0 || duty == kPwmMax) {
    digitalWrite(pin, duty);  // a timer would still make a spike of one count
    return;
  }
  // From the tick alone: these are read, changed and written back.
  switch (digitalPinToTimer(pin)) {
    case TIMER1A:
      OCR1A = sampler_match(duty);
      TCCR1A |= _BV(COM1A1);
      break;
    case TIMER1B:
      OCR1B = sampler_match(duty);
      TCCR1A |= _BV(COM1B1);
      break;
#if defined(COM1C1)
    case TIMER1C:
      OCR1C = sampler_match(duty);
      TCCR1A |= _BV(COM1C1);
      break;
#endif
#if defined(__AVR_ATmega328P__)
    case TIMER0A:
      OCR0A = duty;
      TCCR0A |= _BV(COM0A1);
      break;
    case TIMER0B:
      OCR0B = duty;
      TCCR0A |= _BV(COM0B1);
      break;
    case TIMER2A:
      OCR2A = duty;
      TCCR2A |= _BV(COM2A1);
      break;
    case TIMER2B:
      OCR2B = duty;
      TCCR2A |= _BV(COM2B1);
      break;
#else
    default:
      analogWrite(pin, duty);
#endif
  }
}

// --- the sampler's time base and converter

// Fast PWM with ICR1 as top (mode 14, table 16-4), no prescaler: the overflow comes exactly each ICR1 + 1 cycles, and
// the timer's pins keep their PWM, at that frequency.
static void base_begin(uint16_t last_tick) {
  const Atomic atomic;
  TCCR1B = 0;
  TCCR1A = (TCCR1A & (_BV(COM1A1) | _BV(COM1B1)
#if defined(COM1C1)
                      | _BV(COM1C1)
#endif
                          )) |
           _BV(WGM11);
  ICR1 = last_tick;
  TCNT1 = 0;
  TIFR1 = _BV(TOV1);
  TCCR1B = _BV(WGM13) | _BV(WGM12) | _BV(CS10);
}

void sampler_begin() { base_begin(Sampler::kUsualBase - 1); }

void sampler_start(uint16_t last_tick) {
  base_begin(last_tick);
  pins.refresh_pwm();
  TIMSK1 |= _BV(TOIE1);
}

void sampler_stop() {
  TIMSK1 &= ~_BV(TOIE1);
}

uint16_t sampler_last_tick() { return ICR1; }

void adc_start(uint8_t input) {
#if defined(__AVR_ATmega32U4__)
  const uint8_t mux = analogPinToChannel(input);
#else
  const uint8_t mux = input;
#endif
#if defined(MUX5)
  ADCSRB = (ADCSRB & ~_BV(MUX5)) | (((mux >> 3) & 1) << MUX5);
#endif
  ADMUX = (analog_reference << 6) | (mux & 7);
  ADCSRA |= _BV(ADSC);
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
