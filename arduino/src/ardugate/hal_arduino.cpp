// Any processor that is no AVR, over the Arduino API alone: ESP32, RP2040, SAMD, Renesas and what comes. There is no
// interrupt of ours here: poll() does what the tick and the sampler's interrupts do, whenever run(), yield() or a wait
// comes by. So deadlines, the link and the sampler's scans are as punctual as the sketch lets them be; a scan that came
// due and was not taken is counted as one.
#include "hal.h"

#if defined(ARDUINO) && !defined(__AVR__)

#include "board.h"
#include "sampler.h"
#include "wire.h"

// What a sketch for another board may say better than these; each is weak.
//
// Memory that outlives a reset, `at` below 84. Without it the latched stop, the identity and the name end with a reset.
__attribute__((weak)) uint8_t ardugate_memory_read(uint8_t) { return 0xFF; }
__attribute__((weak)) void ardugate_memory_write(uint8_t, uint8_t) {}
// Whether a pin is wired to something on the board itself and never ours: flash memory, a radio.
__attribute__((weak)) bool ardugate_pin_is_taken(uint8_t pin) {
#if defined(CONFIG_IDF_TARGET_ESP32)
  return pin == 1 || pin == 3 || (pin >= 6 && pin <= 11);  // the UART of the USB bridge; the flash memory
#else
  (void)pin;
  return false;
#endif
}

namespace ardugate {
namespace hal {

namespace {

const uint8_t kNone = 0xFF;

Stream* line;  // 0: the core's Serial, which line_begin() begins
bool line_counts;  // it has said once how much room it has

bool begun;
bool held;
bool polling;
uint16_t ticked_ms;

// The sampler's time base: the next period begins at base_us and base_ticks / 16 µs.
bool base_runs;
uint16_t base_last_tick;
uint32_t base_us;
uint8_t base_ticks;
uint32_t began_us;  // the period that on_base() is called for
int32_t late_us;    // from there to now; negative: the base has caught up

uint8_t asked = kNone;  // the input that the sampler wants converted

// Older cores give 10 bits whatever they could; newer ones are asked for them, if they know how.
template <typename Bits>
auto ten_bits(Bits bits, int) -> decltype(analogReadResolution(bits), void()) {
  analogReadResolution(bits);
}
template <typename Bits>
void ten_bits(Bits, long) {}

void run_converter() {
  while (asked != kNone) {
    const uint8_t input = asked;
    asked = kNone;
    sampler.on_conversion(analogRead(kFirstAnalogPin + input));
  }
}

bool base_is_due(uint32_t now) { return base_runs && static_cast<int32_t>(now - base_us) >= 0; }

void next_base() {
  const uint32_t ticks = static_cast<uint32_t>(base_last_tick) + 1 + base_ticks;
  base_us += ticks / kTicksPerUs;
  base_ticks = ticks % kTicksPerUs;
}

// Each period that has begun, in turn; the sampler takes of each stream the newest scan that is due.
void run_base() {
  const uint32_t now = micros();
  while (base_is_due(now)) {
    began_us = base_us;
    next_base();
    late_us = now - base_us;
    sampler.on_base();
    run_converter();
  }
}

}  // namespace

void use_line(Stream& stream) { line = &stream; }

void poll() {
  if (polling || held || !begun) return;
  polling = true;
  run_base();
  const uint16_t now_ms = millis();
  if (now_ms != ticked_ms) {
    ticked_ms = now_ms;
    tick();
  }
  polling = false;
}

uint16_t bases_late() {
  if (late_us < 0) return 0;
  const uint32_t bases = static_cast<uint32_t>(late_us) * kTicksPerUs / (static_cast<uint32_t>(base_last_tick) + 1) + 1;
  return bases < 0xFFFF ? bases : 0xFFFF;
}

uint32_t base_began_us() { return began_us; }

// --- identification

#if defined(ARDUINO_ARCH_ESP32)
#define ARDUGATE_KIND "ESP32", "esp32"
#elif defined(ARDUINO_ARCH_RP2040) || defined(ARDUINO_ARCH_MBED_RP2040)
#define ARDUGATE_KIND "RP2040", "rp2040"
#elif defined(ARDUINO_ARCH_SAMD)
#define ARDUGATE_KIND "SAMD", "samd"
#elif defined(ARDUINO_ARCH_RENESAS) || defined(ARDUINO_ARCH_RENESAS_UNO)
#define ARDUGATE_KIND "Renesas", "renesas"
#else
#define ARDUGATE_KIND "Arduino", "arduino"
#endif
static const char* const kKind[] = {ARDUGATE_KIND};

const char* mcu_name() { return kKind[0]; }
const char* board_name() { return kKind[1]; }
uint8_t reset_cause() { return 0; }

// --- time

uint32_t now_us() { return micros(); }
uint16_t now_ms() { return millis(); }

bool may_wait() { return !polling; }

void wait() {
  run_converter();
  poll();
}

// --- the line

void line_begin() {
  if (line != 0) return;  // the sketch has begun its own
  Serial.begin(115200);
  line = &Serial;
}

bool line_read(uint8_t* byte) {
  if (line->available() <= 0) return false;
  *byte = line->read();
  return true;
}

bool line_overrun() { return false; }  // nobody says

// What full-speed USB takes: 60,000 bytes a second.
uint16_t line_byte_ticks(uint8_t) { return kTickHz / 60000; }

uint8_t line_room() {
  const int room = line->availableForWrite();
  if (room > 0) line_counts = true;
  // Print's own answer is 0, which means that it does not know: then a few bytes are written, and may have to wait.
  if (!line_counts) return 8;
  return room < 255 ? room : 255;
}

void line_write(uint8_t byte) { line->write(byte); }

uint16_t line_delay_us() { return 0; }

// --- pins

uint16_t pin_abilities(uint8_t pin) {
  if (ardugate_pin_is_taken(pin)) return kCanInput | kLocked;
  uint16_t abilities = kCanInput | kCanPullup | kCanOutput | kCanEdges;
  if (pin >= kFirstAnalogPin && pin < kFirstAnalogPin + kAnalogInputs) abilities |= kCanAnalog;
#if defined(digitalPinHasPWM)
  if (digitalPinHasPWM(pin)) abilities |= kCanPwm;
#endif
  return abilities;
}

uint8_t pin_port(uint8_t pin) { return pin / 8; }

uint8_t pin_mask(uint8_t pin) { return 1 << (pin % 8); }

uint8_t port_read(uint8_t port) {
  uint8_t levels = 0;
  for (uint8_t bit = 0; bit < 8; bit++) {
    const uint8_t pin = port * 8 + bit;
    if (pin < kPins && !ardugate_pin_is_taken(pin) && digitalRead(pin) == HIGH) levels |= 1 << bit;
  }
  return levels;
}

void pin_input(uint8_t pin, bool pullup) { pinMode(pin, pullup ? INPUT_PULLUP : INPUT); }

void pin_output(uint8_t pin, bool level) {
  digitalWrite(pin, level ? HIGH : LOW);  // where it is kept until the driver comes
  pinMode(pin, OUTPUT);
  digitalWrite(pin, level ? HIGH : LOW);  // where it is not
}

void pin_pwm(uint8_t pin, uint8_t duty) { analogWrite(pin, duty); }

// --- the sampler's time base and converter

void sampler_begin() { base_last_tick = Sampler::kUsualBase - 1; }

void sampler_start(uint16_t last_tick) {
  base_last_tick = last_tick;
  base_us = micros();
  base_ticks = 0;
  next_base();
  base_runs = true;
}

void sampler_stop() { base_runs = false; }

uint16_t sampler_last_tick() { return base_last_tick; }

void adc_start(uint8_t input) { asked = input; }

// --- memory

bool memory_busy() { return false; }
uint8_t memory_read(uint8_t at) { return ardugate_memory_read(at); }
void memory_write(uint8_t at, uint8_t value) { ardugate_memory_write(at, value); }
void memory_write_between(uint8_t at, uint8_t value) { memory_write(at, value); }

// --- the watch over the sketch. Nothing of ours runs while a sketch hangs. One that has a timer to spare may call
// ardugate::sketch_hangs() from it.

void watch_begin() {}
void sketch_alive() {}
void watch_again() {}

// --- the tick

void tick_begin() {
  ten_bits(kAdcBits, 0);
  ticked_ms = now_ms();
  begun = true;
}

void tick_hold() { held = true; }

void tick_release() { held = false; }

}  // namespace hal
}  // namespace ardugate

#endif
