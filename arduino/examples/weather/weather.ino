// A weather station: temperature and humidity of a Si7021, HTU21D or SHT21 module, how that feels, and what the module
// says of itself.
//
// Wiring: the module's VIN to 5 V (or 3.3 V, as it says), GND to GND, SDA to A4, SCL to A5; such modules have pull-up
// resistors of their own. Nothing here moves, so nothing needs a pull-down resistor. Never on D13, which bootloaders
// blink.
//
// The wires are read by hand: with this protocol the board gives the clock, so interrupts may come at any time. A
// protocol with a clock of its own (a DHT's) would need interrupts off for longer than the link can do without.
#include <Ardugate.h>

gate::Value temp("temp", "°C");
gate::Value humidity("humidity", "%");
gate::Enum air("air");
gate::Text sensor("sensor");  // what is the matter with it

const uint8_t kSda = A4;
const uint8_t kScl = A5;
const uint8_t kAddress = 0x40;
const uint8_t kMeasureTemp = 0xF3;
const uint8_t kMeasureHumidity = 0xF5;
const uint8_t kMeasuringMs = 60;
const uint16_t kEveryMs = 2000;

// A line is pulled LOW or let go of, never driven HIGH.
void line(uint8_t pin, bool high) {
  pinMode(pin, high ? INPUT : OUTPUT);
  delayMicroseconds(50);
}

void start() {
  line(kSda, false);
  line(kScl, false);
}

void stop() {
  line(kSda, false);
  line(kScl, true);
  line(kSda, true);
}

bool pulse(bool high) {
  line(kSda, high);
  line(kScl, true);
  const bool read = digitalRead(kSda);
  line(kScl, false);
  return read;
}

// True when the module has acknowledged it.
bool put(uint8_t value) {
  for (uint8_t i = 0; i < 8; i++, value <<= 1) pulse(value & 0x80);
  return !pulse(true);
}

uint8_t get(bool more) {
  uint8_t value = 0;
  for (uint8_t i = 0; i < 8; i++) value = value << 1 | pulse(true);
  pulse(!more);
  return value;
}

uint8_t checksum(uint8_t sum, uint8_t value) {
  sum ^= value;
  for (uint8_t i = 0; i < 8; i++) sum = sum & 0x80 ? sum << 1 ^ 0x31 : sum << 1;
  return sum;
}

// Asks for one measurement; false when there is none.
bool measure(uint8_t what, uint16_t& raw) {
  start();
  const bool heard = put(kAddress << 1) && put(what);
  stop();
  if (heard) delay(kMeasuringMs);  // the link goes on meanwhile
  start();
  const bool answers = heard && put(kAddress << 1 | 1);
  uint8_t bytes[3] = {0, 0, 0};
  for (uint8_t i = 0; i < 3 && answers; i++) bytes[i] = get(i < 2);
  stop();
  if (!answers) {
    sensor = F("does not answer");
    return false;
  }
  if (checksum(checksum(0, bytes[0]), bytes[1]) != bytes[2]) {
    sensor = F("wrong checksum");
    return false;
  }
  raw = (bytes[0] << 8 | bytes[1]) & ~3;  // the low bits say what it is
  sensor = F("ok");
  return true;
}

void setup() {
  air.labels(F("unknown,dry,fine,humid"));  // F(): they stay in flash
  sensor = F("not asked yet");
  Ardugate.begin(F("weather"));
}

void loop() {
  static uint32_t measured_ms = -kEveryMs;
  Ardugate.run();
  if (millis() - measured_ms < kEveryMs) return;
  measured_ms = millis();

  uint16_t raw;
  temp = measure(kMeasureTemp, raw) ? raw * (175.72f / 65536) - 46.85f : NAN;  // NAN: there is no value
  const float moist = measure(kMeasureHumidity, raw) ? raw * (125.0f / 65536) - 6 : NAN;
  humidity = moist;
  air = moist < 35 ? 1 : moist < 65 ? 2 : moist >= 65 ? 3 : 0;
}
