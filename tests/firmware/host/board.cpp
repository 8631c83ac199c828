// The board library on a computer, with a fake Uno behind it whose clock stands still until it is told to go on. Reads
// lines, answers each with one line (test_board_on_host.py):
//
//   start EDGES HZ      the shipped sketch's setup(): inputs with edges (0, 1), analog inputs at a rate (0: none)
//   send HEX            bytes to the board, as fast as the line takes them
//   go MICROSECONDS     lets time pass; answers what the board said, in hexadecimal ("-": nothing)
//   input PIN LEVEL     what is outside drives a pin
//   analog INPUT VALUE  what the converter will find
//   output PIN          "in", "0", "1", or "pwm N"
//   loop 0|1            whether the sketch's loop() comes round
//   memory              the bytes that outlive a reset, in hexadecimal
//   silent_line 0|1     whether the host takes no more bytes
#include "board.h"

#include <deque>
#include <string>

#include "console.h"
#include "hal.h"
#include "link.h"
#include "pins.h"
#include "sampler.h"

namespace {

enum Drive { kIn, kLow, kHigh, kPwm };

struct Fake {
  uint64_t ticks = 0;        // of 16 MHz since the reset
  uint64_t next_tick = 16384;  // the library's tick: 1,024 us
  bool held = false;
  uint64_t next_base = 0;
  uint32_t base = 16000;
  bool base_runs = false;
  uint64_t converted = 0;  // when the running conversion is complete; 0: none runs
  uint8_t input = 0;
  uint16_t analog[ardugate::hal::kAnalogInputs] = {};
  std::deque<uint8_t> to_board;
  uint64_t next_byte = 0;
  std::deque<uint8_t> ring;  // what the UART has received
  std::string said;
  std::deque<uint8_t> sending;
  uint64_t sent = 0;  // when the byte on the line has gone
  bool silent_line = false;
  uint8_t levels[ardugate::hal::kPins] = {};
  Drive drives[ardugate::hal::kPins] = {};
  uint8_t duty[ardugate::hal::kPins] = {};
  uint8_t memory[84];
  uint64_t memory_done = 0;
  bool loop = true;
  bool in_tick = false;
  uint8_t rate = 0;  // of the line; what is said does not change with it
} fake;

const uint32_t kByteTicks = 1360;  // 85 us
const uint32_t kMemoryTicks = 54400;

void run_converter() {
  if (fake.converted == 0 || fake.ticks < fake.converted) return;
  fake.converted = 0;
  ardugate::sampler.on_conversion(fake.analog[fake.input]);
}

void run_base() {
  if (!fake.base_runs || fake.ticks < fake.next_base) return;
  fake.next_base += fake.base;
  ardugate::sampler.on_base();
}

// One microsecond. What the tick waits for goes on while it waits.
void step() {
  fake.ticks += 16;
  if (fake.ticks >= fake.next_byte && !fake.to_board.empty()) {
    if (fake.ring.size() < 63) fake.ring.push_back(fake.to_board.front());
    fake.to_board.pop_front();
    fake.next_byte = fake.ticks + kByteTicks;
  }
  if (!fake.sending.empty() && !fake.silent_line && fake.ticks >= fake.sent) {
    fake.said += hex_of(fake.sending.front());
    fake.sending.pop_front();
    fake.sent = fake.ticks + kByteTicks;
  }
  run_converter();
  run_base();
  if (fake.in_tick || fake.held) return;
  if (fake.loop && fake.ticks % 1600 == 0) {
    ardugate::link.loop_ran();
    ardugate::background();
  }
  if (fake.ticks < fake.next_tick) return;
  fake.next_tick += 16384;
  fake.in_tick = true;
  ardugate::tick();
  fake.in_tick = false;
}

}  // namespace

namespace ardugate {
namespace hal {

const char* mcu_name() { return "host"; }
const char* board_name() { return "uno"; }
uint8_t reset_cause() { return 1; }
uint32_t now_us() { return fake.ticks / 16; }
uint16_t now_ms() { return fake.ticks / 16000; }
bool may_wait() { return !fake.in_tick; }
void wait() { step(); }

void line_begin() {}
bool line_read(uint8_t* byte) {
  if (fake.ring.empty()) return false;
  *byte = fake.ring.front();
  fake.ring.pop_front();
  return true;
}
bool line_overrun() { return fake.ring.size() >= 63; }
uint16_t line_byte_ticks(uint8_t rate) { return rate == 0 ? kByteTicks : kByteTicks * 115200ULL / 1000000; }
bool line_idle() { return fake.sending.empty(); }
void line_rate(uint8_t rate) { fake.rate = rate; }
uint8_t line_room() { return fake.sending.size() < 32 ? 32 - fake.sending.size() : 0; }
void line_write(uint8_t byte) { fake.sending.push_back(byte); }
uint16_t line_delay_us() { return fake.sending.size() * 85; }

uint16_t pin_abilities(uint8_t pin) {
  if (pin < 2) return kCanInput | kLocked;
  uint16_t abilities = kCanInput | kCanPullup | kCanOutput | kCanEdges;
  if (pin >= kFirstAnalogPin) abilities |= kCanAnalog;
  if (pin == 3 || pin == 5 || pin == 6 || (pin >= 9 && pin <= 11)) abilities |= kCanPwm;
  return abilities;
}
uint8_t pin_port(uint8_t pin) { return pin / 8; }
uint8_t pin_mask(uint8_t pin) { return 1 << (pin % 8); }
uint8_t port_read(uint8_t port) {
  uint8_t levels = 0;
  for (uint8_t pin = port * 8; pin < kPins && pin < port * 8 + 8; pin++) {
    const bool high = fake.drives[pin] == kIn ? fake.levels[pin] != 0 : fake.drives[pin] == kHigh;
    if (high) levels |= pin_mask(pin);
  }
  return levels;
}
void pin_input(uint8_t pin, bool) { fake.drives[pin] = kIn; }
void pin_output(uint8_t pin, bool level) { fake.drives[pin] = level ? kHigh : kLow; }
void pin_pwm(uint8_t pin, uint8_t duty) {
  fake.drives[pin] = kPwm;
  fake.duty[pin] = duty;
}

void sampler_start(uint16_t last_tick) {
  fake.base = last_tick + 1U;
  fake.next_base = fake.ticks + fake.base;
  fake.base_runs = true;
}
void sampler_stop() { fake.base_runs = false; }
uint16_t sampler_last_tick() { return fake.base - 1; }
void adc_start(uint8_t input) {
  fake.input = input;
  fake.converted = fake.ticks + kConversionTicks;
}

uint8_t memory_read(uint8_t at) { return fake.memory[at]; }
bool memory_busy() { return fake.ticks < fake.memory_done; }
void memory_write(uint8_t at, uint8_t value) {
  fake.memory[at] = value;
  fake.memory_done = fake.ticks + kMemoryTicks;
}

void sampler_begin() {}

void memory_write_between(uint8_t at, uint8_t value) { memory_write(at, value); }

// Sketches are tested for hanging on the simulated chip, which has a watchdog.
void watch_begin() {}
void sketch_alive() {}
void watch_again() {}

void tick_begin() {}
void tick_hold() { fake.held = true; }
void tick_release() { fake.held = false; }

}  // namespace hal
}  // namespace ardugate

static void start(bool edges, uint32_t hz) {
  using ardugate::Mode;
  for (uint8_t pin = 2; edges && pin < ardugate::hal::kFirstAnalogPin; pin++) {
    ardugate::pins.start_mode(pin, Mode::kInput);
  }
  for (uint8_t pin = ardugate::hal::kFirstAnalogPin; hz != 0 && pin < ardugate::hal::kPins; pin++) {
    ardugate::pins.start_mode(pin, Mode::kAnalog);
  }
  ardugate::link.start_sampling(hz != 0 ? ardugate::hal::kTickHz / hz : 0);
  ardugate::begin("host");
}

static std::string output(uint8_t pin) {
  static const char* const kNames[] = {"in", "0", "1"};
  return fake.drives[pin] == kPwm ? "pwm " + std::to_string(fake.duty[pin]) : kNames[fake.drives[pin]];
}

static std::string memory() {
  std::string hex;
  for (uint8_t byte : fake.memory) hex += hex_of(byte);
  return hex;
}

static std::string go(uint32_t us) {
  while (us-- > 0) step();
  std::string said;
  said.swap(fake.said);
  return said.empty() ? "-" : said;
}

int main() {
  namespace hal = ardugate::hal;
  for (uint8_t& byte : fake.memory) byte = 0xFF;
  serve({
      {"start", does([](std::istream& in) {
         const bool edges = next<int>(in);
         start(edges, next<uint32_t>(in));
       })},
      {"send", does([](std::istream& in) {
         each_byte(next<std::string>(in), [](uint8_t byte) { fake.to_board.push_back(byte); });
       })},
      {"go", [](std::istream& in) { return go(next<uint32_t>(in)); }},
      {"memory", [](std::istream&) { return memory(); }},
      {"output", [](std::istream& in) { return output(below(hal::kPins, in)); }},
      {"input", sets(fake.levels)},
      {"analog", sets(fake.analog)},
      {"loop", does([](std::istream& in) { fake.loop = next<int>(in); })},
      {"silent_line", does([](std::istream& in) { fake.silent_line = next<int>(in); })},
  });
  return 0;
}
