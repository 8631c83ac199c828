// The registers of pins, of PWM, and of the sampler's time base and converter, which share timer 1. Section numbers are
// those of the ATmega328P's datasheet.
#include "hal.h"

#if defined(__AVR__)

#include "pins.h"
#include "sampler.h"

extern "C" uint8_t analog_reference;  // as analogReference() sets it

namespace ardugate {
namespace hal {

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

#if defined(__AVR_ATmega328P__)
// The registers of a pin's timer. The same bits in all of them connect it (tables 14-2, 15-1, 17-2), and the core gives
// their A an odd number.
static volatile uint8_t* control_of(uint8_t timer) {
  return timer < TIMER1A ? &TCCR0A : timer < TIMER2 ? &TCCR1A : &TCCR2A;
}

static uint8_t connects(uint8_t timer) { return timer & 1 ? _BV(COM0A1) : _BV(COM0B1); }
#endif

// Takes the pin's timer off it, sets its level (of an input: its pull-up), and then what it is. The core's own functions
// take twice as much flash and time.
static ARDUGATE_SMALL void drive(uint8_t pin, bool output, bool level) {
#if defined(__AVR_ATmega328P__)
  const uint8_t timer = digitalPinToTimer(pin);
  volatile uint8_t* const level_register = portOutputRegister(digitalPinToPort(pin));
  volatile uint8_t* const direction_register = level_register - 1;  // 13.4
  const uint8_t mask = digitalPinToBitMask(pin);
  const Atomic atomic;
  if (timer != NOT_ON_TIMER) *control_of(timer) &= ~connects(timer);
  *level_register = level ? *level_register | mask : *level_register & ~mask;
  *direction_register = output ? *direction_register | mask : *direction_register & ~mask;
#else
  digitalWrite(pin, level);
  pinMode(pin, output ? OUTPUT : level ? INPUT_PULLUP : INPUT);
#endif
}

void pin_input(uint8_t pin, bool pullup) { drive(pin, false, pullup); }

void pin_output(uint8_t pin, bool level) { drive(pin, true, level); }

uint8_t pin_state(uint8_t pin) {
  const uint8_t port = digitalPinToPort(pin);
  const uint8_t mask = digitalPinToBitMask(pin);
  return (*portModeRegister(port) & mask ? 2 : 0) | (*portOutputRegister(port) & mask ? 1 : 0);
}

void pin_restore(uint8_t pin, uint8_t state) { drive(pin, state & 2, state & 1); }

// Timer 1 counts to ICR1 and not to 255: the same duty of a longer period. OCR1x is double-buffered in this mode (16.9.3),
// so a change makes no glitch.
static uint16_t sampler_match(uint8_t duty) { return duty * (static_cast<uint32_t>(ICR1) + 1) / kPwmMax - 1; }

void pin_pwm(uint8_t pin, uint8_t duty) {
  if (duty == 0 || duty == kPwmMax) {
    drive(pin, true, duty);  // a timer would still make a spike of one count
    return;
  }
  // From the tick alone: these are read, changed and written back.
  const uint8_t timer = digitalPinToTimer(pin);
#if defined(__AVR_ATmega328P__)
  if (timer == NOT_ON_TIMER) return;
  volatile uint8_t* const control = control_of(timer);
  if (control == &TCCR1A) {
    volatile uint16_t* const wide = &OCR1A;
    wide[timer & 1 ? 0 : 1] = sampler_match(duty);
  } else {
    volatile uint8_t* const match = control + (&OCR0A - &TCCR0A);  // timer 2 has its as far away
    match[timer & 1 ? 0 : 1] = duty;
  }
  *control |= connects(timer);
#else
  switch (timer) {
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
    default:
      analogWrite(pin, duty);
  }
#endif
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

void sampler_base(uint16_t last_tick) {
  base_begin(last_tick);
  pins.refresh_pwm();
}

void sampler_start(uint16_t last_tick) {
  sampler_base(last_tick);
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

}  // namespace hal
}  // namespace ardugate

#endif
