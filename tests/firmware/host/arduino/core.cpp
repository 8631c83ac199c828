// The fake Arduino core, and a sketch on it, whose clock stands still until it is told to go on. It reads the lines of
// ../board.cpp and answers each with one line, but that
//
//   start               runs the sketch's setup()
//   reset               the reset line: all begins anew, but for the memory that outlives it
//   loop_us N           how long once round the sketch's loop() takes beside what it calls
//
// It is linked with any sketch.
//
// Whatever the sketch asks the core for takes a little of the fake time, as it would of the real one: so what polls too
// seldom is late. The sketch has a thread of its own, which stands still wherever it is when its time is up: in a delay(),
// too. Only one of the two threads ever runs.
#include "Arduino.h"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "../console.h"

#undef Serial

void setup();
void loop();

namespace {

const uint32_t kByteUs = 20;      // of the line
const uint32_t kConversionUs = 30;
const uint32_t kWaitUs = 10;      // once round a loop that waits
const size_t kRoom = 64;          // in the line's buffers

struct Fake {
  uint64_t us = 0;
  uint64_t until_us = 0;
  std::deque<uint8_t> arriving, arrived, sending;
  uint64_t next_arrival_us = 0, next_sent_us = 0;
  std::string said;
  bool silent_line = false;
  bool loop = true;
  uint32_t loop_us = 10;
  PinMode modes[NUM_DIGITAL_PINS] = {};
  bool levels[NUM_DIGITAL_PINS] = {};   // from outside
  bool latches[NUM_DIGITAL_PINS] = {};  // what the pin drives as an output
  int duties[NUM_DIGITAL_PINS];         // -1: no PWM
  int analog[NUM_ANALOG_INPUTS] = {};
  int bits = 12;  // until it is told
  uint8_t memory[96];
} fake;

std::mutex turns;
std::condition_variable turned;
bool sketch_has_the_turn = false;

// By who has the turn; returns when it is back.
void give_turn() {
  std::unique_lock<std::mutex> lock(turns);
  const bool mine = sketch_has_the_turn;
  sketch_has_the_turn = !mine;
  turned.notify_all();
  turned.wait(lock, [=] { return sketch_has_the_turn == mine; });
}

void pass(uint64_t us) {
  const uint64_t began_us = fake.us;
  fake.us += us;
  // USB waits for a full buffer; an idle line begins anew.
  if (fake.next_arrival_us < began_us) fake.next_arrival_us = began_us;
  while (!fake.arriving.empty() && fake.arrived.size() < kRoom && fake.us >= fake.next_arrival_us) {
    fake.arrived.push_back(fake.arriving.front());
    fake.arriving.pop_front();
    fake.next_arrival_us += kByteUs;
  }
  if (fake.next_sent_us < began_us) fake.next_sent_us = began_us;
  while (!fake.sending.empty() && !fake.silent_line && fake.us >= fake.next_sent_us) {
    fake.said += hex_of(fake.sending.front());
    fake.sending.pop_front();
    fake.next_sent_us += kByteUs;
  }
  if (fake.us >= fake.until_us) give_turn();
}

void set_memory(const std::string& hex) {
  memset(fake.memory, 0xFF, sizeof(fake.memory));
  uint8_t* at = fake.memory;
  each_byte(hex, [&at](uint8_t byte) { *at++ = byte; });
}

std::string memory() {
  std::string hex;
  for (uint8_t byte : fake.memory) hex += hex_of(byte);
  return hex;
}

uint8_t checked(uint8_t pin) {
  if (pin < NUM_DIGITAL_PINS) return pin;
  fprintf(stderr, "pin %d is none\n", pin);
  abort();
}

}  // namespace

// What a sketch for such a board would say of it.
bool ardugate_pin_is_taken(uint8_t pin) { return pin == 1; }
uint8_t ardugate_memory_read(uint8_t at) { return fake.memory[at]; }
void ardugate_memory_write(uint8_t at, uint8_t value) { fake.memory[at] = value; }

unsigned long micros() {
  pass(1);
  return static_cast<uint32_t>(fake.us);
}
unsigned long millis() { return static_cast<uint32_t>(fake.us / 1000); }
void delay(unsigned long ms) {
  const uint64_t end = fake.us + ms * 1000;
  while (fake.us < end) {
    pass(kWaitUs);
    yield();
  }
}

void delayMicroseconds(unsigned int us) { pass(us); }

void pinMode(uint8_t pin, PinMode mode) {
  fake.modes[checked(pin)] = mode;
  if (mode != OUTPUT) fake.duties[pin] = -1;
}
PinStatus digitalRead(uint8_t pin) {
  const bool output = fake.modes[checked(pin)] == OUTPUT;
  return (output ? fake.latches[pin] : fake.levels[pin]) ? HIGH : LOW;
}
void digitalWrite(uint8_t pin, PinStatus status) {
  fake.latches[checked(pin)] = status == HIGH;
  fake.duties[pin] = -1;
}
int analogRead(uint8_t pin) {
  pass(kConversionUs);
  return fake.analog[checked(pin) - A0] << (fake.bits - 10);
}
void analogReadResolution(int bits) { fake.bits = bits; }
void analogWrite(uint8_t pin, int value) {
  fake.modes[checked(pin)] = OUTPUT;
  fake.duties[pin] = value;
}

size_t Print::write(const uint8_t* data, size_t size) {
  for (size_t i = 0; i < size; i++) write(data[i]);
  return size;
}
size_t Print::print(const char* text) { return write(reinterpret_cast<const uint8_t*>(text), strlen(text)); }
size_t Print::print(double value, int digits) {
  char text[32];
  snprintf(text, sizeof(text), "%.*f", digits, value);
  return print(text);
}
size_t Print::print(long value) { return print(std::to_string(value).c_str()); }
size_t Print::println(const char* text) { return print(text) + print("\r\n"); }
size_t Print::println(double value, int digits) { return print(value, digits) + println(); }
size_t Print::println(long value) { return print(value) + println(); }

FakeSerial SerialUSB;
void FakeSerial::begin(unsigned long) {}
int FakeSerial::available() { return fake.arrived.size(); }
int FakeSerial::read() {
  if (fake.arrived.empty()) return -1;
  const uint8_t byte = fake.arrived.front();
  fake.arrived.pop_front();
  return byte;
}
int FakeSerial::peek() { return fake.arrived.empty() ? -1 : fake.arrived.front(); }
size_t FakeSerial::write(uint8_t byte) {
  while (fake.sending.size() >= kRoom) pass(1);
  fake.sending.push_back(byte);
  return 1;
}
int FakeSerial::availableForWrite() { return kRoom - fake.sending.size(); }

static void run_sketch() {
  {
    std::unique_lock<std::mutex> lock(turns);
    turned.wait(lock, [] { return sketch_has_the_turn; });
  }
  setup();
  give_turn();
  for (;;) {
    pass(fake.loop_us);
    if (fake.loop) loop();
  }
}

static void start() {
  fake.until_us = UINT64_MAX;
  std::thread(run_sketch).detach();
  give_turn();
  fake.until_us = fake.us;
}

static std::string go(uint64_t us) {
  fake.until_us += us;
  if (fake.us < fake.until_us) give_turn();
  std::string said;
  said.swap(fake.said);
  return said.empty() ? "-" : said;
}

static std::string output(uint8_t pin) {
  if (fake.modes[pin] != OUTPUT) return "in";
  return fake.duties[pin] >= 0 ? "pwm " + std::to_string(fake.duties[pin]) : std::to_string(fake.latches[pin]);
}

static void reset(char** arguments) {
  setenv("MEMORY", memory().c_str(), 1);
  printf("ok\n");
  fflush(stdout);
  execv("/proc/self/exe", arguments);
}

int main(int, char** arguments) {
  const char* const kept = getenv("MEMORY");
  set_memory(kept != nullptr ? kept : "");
  for (int& duty : fake.duties) duty = -1;
  serve({
      {"start", does([](std::istream&) { start(); })},
      {"reset", does([=](std::istream&) { reset(arguments); })},
      {"send", does([](std::istream& in) {
         each_byte(next<std::string>(in), [](uint8_t byte) { fake.arriving.push_back(byte); });
       })},
      {"go", [](std::istream& in) { return go(next<uint32_t>(in)); }},
      {"memory", [](std::istream&) { return memory(); }},
      {"output", [](std::istream& in) { return output(below(NUM_DIGITAL_PINS, in)); }},
      {"input", sets(fake.levels)},
      {"analog", sets(fake.analog)},
      {"loop", does([](std::istream& in) { fake.loop = next<int>(in); })},
      {"loop_us", does([](std::istream& in) { fake.loop_us = next<uint32_t>(in); })},
      {"silent_line", does([](std::istream& in) { fake.silent_line = next<int>(in); })},
  });
  _Exit(0);  // the sketch's thread never ends
}
