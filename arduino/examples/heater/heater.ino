// A heater with its cut-out on the board: what a page or a script sets is off when it is too hot, and when the sensor is
// broken or gone. It is also a thermostat.
//
// Wiring: a TMP36 to A0, with a resistor of 100 kOhm from A0 to GND, so that an open wire reads as 0 V (-50 °C). The
// heater's driver (a MOSFET or a solid-state relay) to D8, with a resistor of 10 kOhm from D8 to GND, because pins float
// from a reset until setup(). Never on D13, which bootloaders blink. The heater has a supply of its own, and a thermal
// fuse in it: a sketch is no safety device, and a relay can stick.
#include <Ardugate.h>

gate::Analog temp("temp", A0, "°C", -50, 450);
gate::Output heater("heater", 8);
gate::Value target("target", "°C");
gate::Enum state("state");

const float kHottest = 60;   // °C: off above it
const float kCool = 55;      // °C: and on again below this
const float kColdest = -20;  // °C: nobody heats there, so below it is a wire that is open
const float kBand = 0.5;     // °C around the target

// Lets the sketch hold a temperature; 0 lets it go. Answers how warm it is.
float hold(uint8_t celsius) {
  target = celsius;
  if (celsius == 0) heater = 0;
  return temp;
}

// The middle of a few readings, so that one that is disturbed does not count.
float middle() {
  const float a = temp, b = temp, c = temp;
  return max(min(a, b), min(max(a, b), c));
}

void setup() {
  state.labels(F("by hand,heating,warm,too hot,no sensor"));  // F(): they stay in flash
  target = 0;
  heater.safe(0).hold(5000).limit(600000);  // at most 10 minutes at a stretch
  Ardugate.command(F("hold(celsius [°C] 0..50) [°C]"), hold);
  Ardugate.begin(F("heater"));
}

void loop() {
  static bool hot;
  const float now = middle();
  hot = hot ? now > kCool : now > kHottest;
  const bool open = now < kColdest;
  heater.block(hot || open);
  if (hot || open) {
    state = open ? 4 : 3;
  } else if (target == 0) {
    state = 0;
  } else if (now < target - kBand) {
    heater = 1;
    state = 1;
  } else if (now > target + kBand) {
    heater = 0;
    state = 2;
  }
  Ardugate.run();
}
