// The small portable interface between the board library and a processor. Everything above it is plain C++ and runs on
// the host with a fake behind it; hal_avr.cpp is the one file that knows registers.
#pragma once

#include <stdint.h>

#if defined(ARDUINO)
#include <Arduino.h>
#endif

// The registers that hal_avr*.cpp knows; other AVRs have others, and all that is no AVR needs none.
#if defined(__AVR__) && !defined(__AVR_ATmega328P__) && !defined(__AVR_ATmega2560__) && !defined(__AVR_ATmega32U4__)
#error "ardugate: of the AVRs it knows the ATmega328P (Uno), the ATmega2560 (Mega) and the ATmega32U4 (Leonardo, Micro)"
#endif

namespace ardugate {
namespace hal {

#if defined(ARDUINO) && !defined(__AVR__)
const uint8_t kFirstAnalogPin = A0;
#if defined(ARDUINO_ARCH_ESP32)
// Its analog pins have gaps: those that follow A0 in one row.
const uint8_t kPins = NUM_DIGITAL_PINS;
const uint8_t kAnalogInputs = NUM_ANALOG_INPUTS < kPins - A0 ? NUM_ANALOG_INPUTS : kPins - A0;
#else
// Some cores count the analog pins among the digital ones, some do not.
const uint8_t kAnalogInputs = NUM_ANALOG_INPUTS;
const uint8_t kPins = NUM_DIGITAL_PINS > A0 + NUM_ANALOG_INPUTS ? NUM_DIGITAL_PINS : A0 + NUM_ANALOG_INPUTS;
#endif
const uint8_t kPorts = (kPins + 7) / 8;  // groups of eight pins, by number
#elif defined(ARDUINO)
const uint8_t kPins = NUM_DIGITAL_PINS;
const uint8_t kAnalogInputs = NUM_ANALOG_INPUTS;
const uint8_t kFirstAnalogPin = PIN_A0;
#if defined(__AVR_ATmega2560__) || defined(__AVR_ATmega1280__)
const uint8_t kPorts = 12;  // PORTA to PORTL in the core's numbering
#elif defined(__AVR_ATmega32U4__)
const uint8_t kPorts = 5;  // PORTB to PORTF
#else
const uint8_t kPorts = 3;  // PORTB to PORTD
#endif
#else
// The host's fake is an Uno.
const uint8_t kPins = 20;
const uint8_t kAnalogInputs = 6;
const uint8_t kFirstAnalogPin = 14;
const uint8_t kPorts = 3;
#endif

const uint32_t kTickHz = 16000000;      // of the sampler's time base
const uint8_t kTicksPerUs = 16;         // the same as a divisor
const uint16_t kConversionTicks = 1792;  // one ADC conversion after another: 14 ADC clocks of 128 ticks
const uint16_t kScanStepUs = kConversionTicks / kTicksPerUs;

// A processor with one UART, which is the host's alone: its interrupts are this library's, and so is the core's Serial.
#if defined(__AVR__) && !defined(USBCON) && !defined(UBRR1H)
#define ARDUGATE_UART
#endif

// Rates of the line, wire.md 3.8. The first is the one after a reset.
#if defined(ARDUGATE_UART)
const uint8_t kLineRates = 5;
const uint32_t kMaxBaud = 2000000;
#else
const uint8_t kLineRates = 4;
#if defined(USBCON) || (defined(ARDUINO) && !defined(__AVR__))
const uint32_t kMaxBaud = 0;  // no line, no rate
#else
// At 2 Mbaud the core's receive interrupt takes as long as a byte, so that no two bytes may follow each other.
const uint32_t kMaxBaud = 1000000;
#endif
#endif

const uint8_t kAdcBits = 10;
const uint16_t kVrefMv = 5000;
const uint16_t kPwmMax = 255;

// --- identification
const char* mcu_name();    // in flash
const char* board_name();  // in RAM: the name of a board that was given none
uint8_t reset_cause();     // section 2 of wire.md

// --- time
uint32_t now_us();
uint16_t now_ms();  // wraps; only differences count

// Runs with interrupts off; restores them as they were.
class Atomic {
 public:
#if defined(__AVR__)
  __attribute__((always_inline)) Atomic() : status_(SREG) { cli(); }
  __attribute__((always_inline)) ~Atomic() { SREG = status_; }

 private:
  uint8_t status_;
#else
  Atomic() {}
  ~Atomic() {}
#endif
};

// True where waiting for an interrupt makes sense: not inside one.
bool may_wait();
// In the body of each loop that waits for an interrupt.
void wait();

// Where there is no interrupt of ours: does what has come due, the tick included. From the sketch's context, as often as
// it comes by.
#if defined(ARDUINO) && !defined(__AVR__)
const bool kPolled = true;
void poll();
uint16_t bases_late();     // how often the sampler's on_base() will be called at once after this time
uint32_t base_began_us();  // when this one was due
#else
const bool kPolled = false;
inline void poll() {}
inline uint16_t bases_late() { return 0; }
inline uint32_t base_began_us() { return now_us(); }
#endif

// --- the line to the host
#if defined(ARDUINO) && !defined(__AVR__)
void use_line(Stream& stream);  // before line_begin(): this one in place of Serial
#endif
void line_begin();
bool line_read(uint8_t* byte);
bool line_overrun();  // bytes were lost since the last call
// Frames leave from where they stand, one after the other. Each must stay until line_unsent() says that it has gone.
bool line_free();  // line_send() may be called
void line_send(const uint8_t* frame, uint8_t size);
uint8_t line_unsent();     // frames that were given and have not gone, two at most
uint16_t line_delay_us();  // until a frame that is given now begins on the wire
#if !defined(ARDUGATE_UART)
// Where feed.cpp does that, byte by byte.
uint8_t line_room();            // bytes that can be written now without waiting
void line_write(uint8_t byte);  // only when there is room
#endif
uint16_t line_byte_ticks(uint8_t rate);  // what a byte takes at one of the rates
// Where kMaxBaud is 0 these are not called.
#if defined(USBCON) || (defined(ARDUINO) && !defined(__AVR__))
inline bool line_idle() { return true; }
inline void line_rate(uint8_t) {}
#else
bool line_idle();              // all that was sent has left but for the last two bytes
void line_rate(uint8_t rate);  // goes to another one at once
#endif

// --- pins. Ports are groups of eight pins that are read at once.
uint16_t pin_abilities(uint8_t pin);
uint8_t pin_port(uint8_t pin);  // index below kPorts
uint8_t pin_mask(uint8_t pin);  // one bit
uint8_t port_read(uint8_t port);
void pin_input(uint8_t pin, bool pullup);
void pin_output(uint8_t pin, bool level);      // the level is there before the driver is
void pin_pwm(uint8_t pin, uint8_t duty);       // 0 to kPwmMax

#if defined(__AVR__)
const uint8_t kLedPin = LED_BUILTIN;
// How a pin is driven, for later.
uint8_t pin_state(uint8_t pin);
void pin_restore(uint8_t pin, uint8_t state);
#else
#if defined(LED_BUILTIN)
const uint8_t kLedPin = LED_BUILTIN;
#else
const uint8_t kLedPin = 13;
#endif
inline uint8_t pin_state(uint8_t) { return 0; }
inline void pin_restore(uint8_t pin, uint8_t) { pin_input(pin, false); }
#endif

// --- the timer that servo pulses, tones and some pins' PWM share (timers.h), where there is one
const uint8_t kNoPin = 255;
const uint8_t kPulses = 8;          // that fit into 20 ms
const uint16_t kNoPulse = 0xFFFF;   // none yet
const uint16_t kToneMinHz = 31;
const uint16_t kToneMaxHz = 20000;  // on a pin that an interrupt toggles: more would leave too little for all else
#if defined(TCCR2A)
const bool kHasSharedTimer = true;
bool pwm_is_shared(uint8_t pin);  // whether its PWM comes from that timer
bool shared_timer_taken();        // by something that is not this library's
// A servo's pulses: a pin and tenths of a degree for each place below kPulses. The first one that is set begins, the last
// one that is set to kNoPin ends.
void pulse_set(uint8_t place, uint8_t pin, uint16_t tenths);
uint8_t pulse_pin(uint8_t place);
uint16_t pulse_tenths(uint8_t place);
// A square wave of at least kToneMinHz on an output. Returns the frequency that it has, or 0 for one that this pin cannot.
uint16_t tone_begin(uint8_t pin, uint16_t hz);
void tone_end(uint8_t pin);
#else
const bool kHasSharedTimer = false;
inline bool pwm_is_shared(uint8_t) { return false; }
inline bool shared_timer_taken() { return false; }
inline void pulse_set(uint8_t, uint8_t, uint16_t) {}
inline uint8_t pulse_pin(uint8_t) { return kNoPin; }
inline uint16_t pulse_tenths(uint8_t) { return kNoPulse; }
inline uint16_t tone_begin(uint8_t, uint16_t) { return 0; }
inline void tone_end(uint8_t) {}
#endif

// --- pins whose edges an interrupt counts, by a number below kEdgeInputs
enum EdgeKind : uint8_t { kRisingEdges, kFallingEdges, kBothEdges, kSteps };
#if defined(__AVR__)
const uint8_t kEdgeInputs = 2;
uint8_t edge_input(uint8_t pin);  // kEdgeInputs: it has no such interrupt
// kSteps: an encoder on both, `input` being its first pin; all changes of both are counted, with their direction.
void edges_begin(uint8_t input, EdgeKind kind);
void edges_end(uint8_t input);
// With interrupts off. How many there were since they were taken; the time of the last, in 4 us, of which 24 bits count.
uint8_t edges_waiting(uint8_t input);
uint8_t edges_take(uint8_t input, uint32_t& at);
int16_t steps_waiting();
int16_t steps_take();
// Whether edges came too fast to be counted, since the last call; they are again from now on.
bool edges_resume(uint8_t input);
#else
const uint8_t kEdgeInputs = 1;  // of which there is none; C++ has no empty arrays
inline uint8_t edge_input(uint8_t) { return kEdgeInputs; }
inline void edges_begin(uint8_t, EdgeKind) {}
inline void edges_end(uint8_t) {}
inline uint8_t edges_waiting(uint8_t) { return 0; }
inline uint8_t edges_take(uint8_t, uint32_t& at) { return at = 0; }
inline int16_t steps_waiting() { return 0; }
inline int16_t steps_take() { return 0; }
inline bool edges_resume(uint8_t) { return false; }
#endif

// --- I2C and SPI, from the sketch's own context. Each step ends within 3 ms, whatever the bus does.
enum I2cAnswer : uint8_t { kI2cYes, kI2cNo, kI2cStuck };
#if defined(__AVR__)
const bool kHasBuses = true;
const uint8_t kSdaPin = SDA;
const uint8_t kSclPin = SCL;
const uint8_t kMosiPin = MOSI;
const uint8_t kMisoPin = MISO;
const uint8_t kSckPin = SCK;
const uint8_t kSsPin = SS;
// Between begin() and end() the bus is ours; what the sketch had set up is put back.
void i2c_begin();
void i2c_end();
I2cAnswer i2c_start(uint8_t address_and_way);  // the address × 2, and 1 to read
I2cAnswer i2c_write(uint8_t byte);
I2cAnswer i2c_read(uint8_t* byte, bool last);
void i2c_stop();
void spi_begin();
void spi_end();
bool spi_exchange(uint8_t* byte);  // false: something else wants to be the master
#else
const bool kHasBuses = false;
const uint8_t kSdaPin = 0;
const uint8_t kSclPin = 0;
const uint8_t kMosiPin = 0;
const uint8_t kMisoPin = 0;
const uint8_t kSckPin = 0;
inline void i2c_begin() {}
inline void i2c_end() {}
inline I2cAnswer i2c_start(uint8_t) { return kI2cStuck; }
inline I2cAnswer i2c_write(uint8_t) { return kI2cStuck; }
inline I2cAnswer i2c_read(uint8_t*, bool) { return kI2cStuck; }
inline void i2c_stop() {}
inline void spi_begin() {}
inline void spi_end() {}
inline bool spi_exchange(uint8_t*) { return false; }
#endif

// --- the sampler's time base and converter
void sampler_begin();  // before any pin_pwm(), which may use the same timer
void sampler_start(uint16_t last_tick);  // the sampler's on_base() each last_tick + 1 ticks
void sampler_stop();
void sampler_base(uint16_t last_tick);  // the same time base without calls
uint16_t sampler_last_tick();
void adc_start(uint8_t input);  // 0 to kAnalogInputs - 1; the sampler's on_conversion() follows

// --- memory that outlives a reset
uint8_t memory_read(uint8_t at);  // waits for a write that runs
bool memory_busy();
void memory_write(uint8_t at, uint8_t value);  // only when not busy; runs on by itself (3.4 ms on an AVR)
// In the middle of a sketch that may be using the same memory: waits for what runs, writes, waits, and leaves all as it was
// (7 ms on an AVR at most).
void memory_write_between(uint8_t at, uint8_t value);

// --- the watch over the sketch: ardugate::sketch_hangs() is called from an interrupt, in the middle of anything, when
// sketch_alive() was not for kHangMs. Where the bootloader is known to bear it, the processor is reset after as long again,
// unless watch_again() was called. A portable sketch_hangs() may also come from a timer, or never.
const uint16_t kHangMs = 2000;
void watch_begin();
void sketch_alive();
void watch_again();

// --- the tick of about 1 kHz that calls ardugate::tick(). Held for less than a millisecond, it comes late, not never.
void tick_begin();
void tick_hold();
void tick_release();

}  // namespace hal
}  // namespace ardugate
